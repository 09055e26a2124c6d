"""The command of a template's container, as a process on this machine runs it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import ExecutorError, TemplateError
from kit.runners.workspace import Workspace
from kit.template.macros import render_args

__all__ = [
    "LoaderCall",
    "container_command",
    "loader_call",
    "local_command",
    "refuse_main",
]

_ENTRYPOINTS = {
    "kit-execute": ("kit.entrypoint",),
    "pyflyte-execute": ("flytekit.bin.entrypoint", "pyflyte-execute"),
}


@dataclass(frozen=True)
class LoaderCall:
    """How a container's arguments say to load the task.

    Attributes:
        resolver: Dotted location of the resolver.
        arguments: Its loader arguments.
    """

    resolver: str
    arguments: tuple[str, ...]


def container_command(
    template: TaskTemplate, workspace: Workspace, inputs: LiteralMap
) -> list[str]:
    """Render a container's command and arguments for a run in this workspace.

    Raises:
        TemplateError: The template has no container, or one without a command.
        MacroError: A macro cannot be rendered.
    """
    container = template.container
    words = [*container.command, *container.args]
    if not words:
        msg = (
            f"The template of {template.id.name!r} has no container command to run: "
            "make it from a task, or give its container args."
        )
        raise TemplateError(msg)
    return render_args(words, workspace.render_context(), inputs)


def local_command(command: list[str]) -> list[str]:
    """Exchange an entrypoint for this interpreter running the same module.

    Whatever is installed in the environment of this interpreter is used then, not what
    comes first on the PATH.  Any other program stays as it is.
    """
    entrypoint = _ENTRYPOINTS.get(command[0])
    if entrypoint is None:
        return command
    return [sys.executable, "-m", *entrypoint, *command[1:]]


def loader_call(template_name: str, command: list[str]) -> LoaderCall:
    """Find the resolver and the loader arguments in a rendered command.

    Raises:
        TemplateError: The command does not name them as ``kit-execute`` takes them.
    """
    try:
        resolver = command[command.index("--resolver") + 1]
        arguments = command[command.index("--") + 1 :]
    except (ValueError, IndexError) as error:
        msg = (
            f"The command of {template_name!r} names no resolver with its arguments "
            f"('--resolver LOCATION -- ARGUMENTS'): {command!r}. Such a task "
            "cannot run in-process; take the subprocess runner."
        )
        raise TemplateError(msg) from error
    return LoaderCall(resolver, tuple(arguments))


def refuse_main(template_name: str, command: list[str]) -> None:
    """Refuse an executor that another process would look for in its own ``__main__``.

    Raises:
        ExecutorError: Saying what to do about it.
    """
    for word in command:
        if word.startswith("__main__."):
            msg = (
                f"The executor {word} of {template_name!r} lives in a notebook or "
                "script, which no other process can import. Move it to a module, or "
                "run it here with runner='in-process'."
            )
            raise ExecutorError(msg)
