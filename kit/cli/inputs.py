"""Options of commands: runners, settings, and the inputs of a task."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from kit.cli.app import EPILOG, ExitStatus
from kit.cli.completion import TaskTarget, file_of, inputs_in
from kit.cli.output import prints_to_stderr
from kit.definition.interface import Interface, is_optional
from kit.definition.json_values import as_text
from kit.definition.parsing import Parser, parser_for
from kit.errors import nearest
from kit.escape import one_line, shorten
from kit.running.start import TrustedTemplate
from kit.targets import Task, load_task, parse_target, read_message
from kit.template.files import template_of

if TYPE_CHECKING:
    from kit.forecast.platform import Platform
    from kit.remote.client import Remote
    from kit.runners.runner import Runner


F = TypeVar("F", bound=Callable[..., Any])


def settings_flags(*, where: str) -> Callable[[F], F]:
    """Give a command ``--runtime``, ``--project``, ``--domain`` and ``--version``.

    Args:
        where: What the last three are for, after the name of each.
    """
    flags = [
        click.option(
            "--runtime",
            type=click.Choice(["kit", "flytekit"]),
            help="What runs in the container (default: the task's own choice, or kit).",
        ),
        *(
            click.option(f"--{name}", help=f"{name.capitalize()} {where}.")
            for name in ("project", "domain", "version")
        ),
    ]

    def decorate(command: F) -> F:
        for flag in reversed(flags):
            command = flag(command)
        return command

    return decorate


def given(flags: Mapping[str, str | None]) -> dict[str, str]:
    """Return the flags that were given."""
    return {name: value for name, value in flags.items() if value is not None}


def remote_flags() -> list[click.Option]:
    """Make the options that say which Flyte, and where in it."""
    known = {
        "endpoint": (
            "HOST:PORT",
            "The Flyte to talk to (default: the configured one).",
        ),
        "config": ("FILE", "The config file of flytectl or flytekit."),
        "project": ("NAME", "Project (default: the configured one, or flytesnacks)."),
        "domain": ("NAME", "Domain (default: the configured one, or development)."),
    }
    flags = [
        click.Option([f"--{name}", name], metavar=metavar, help=text)
        for name, (metavar, text) in known.items()
    ]
    insecure = click.Option(["--insecure", "insecure"], is_flag=True, help="No TLS.")
    return [flags[0], insecure, *flags[1:]]


@contextlib.contextmanager
def connected(flags: Mapping[str, Any]) -> Iterator[Remote]:
    """Make the remote of :func:`remote_flags`, and close it at the end.

    Raises:
        UsageError: A file and an endpoint are given.
        EndpointError: None is given and none configured, or it is none.
    """
    from kit.remote.client import Remote

    if flags.get("endpoint") and flags.get("config"):
        msg = "--endpoint and --config both say where Flyte is: leave one out."
        raise click.UsageError(msg)
    remote = Remote(
        flags.get("endpoint"),
        insecure=flags.get("insecure") or None,
        project=flags.get("project"),
        domain=flags.get("domain"),
        config=flags.get("config"),
    )
    with remote:
        yield remote


_NAMES = ("network", "pull", "platform")


def platform_flag(*, what: str = "") -> Callable[[F], F]:
    """Make ``--platform``, whose value :func:`chosen_platform` reads.

    Args:
        what: What the deployment is for, after its name in the help.
    """
    named = f"The Flyte deployment {what}".rstrip()
    return click.option(
        "--platform",
        "platform",
        metavar="sandbox|flyte-core|FILE",
        help=f"{named}: one of these, or a YAML file of kit.Platform.",
    )


def chosen_platform(name: str | None) -> Platform | None:
    """Return the platform that ``--platform`` names.

    Raises:
        UsageError: It is no preset, and no file.
        PlatformError: The file describes no platform.
    """
    from kit.forecast.platform import PRESETS, Platform

    if name is None:
        return None
    if name not in PRESETS and "://" not in name and not Path(name).exists():
        msg = (
            f"--platform: no file {name!r}: expected {', '.join(PRESETS)}, or a YAML "
            f"file of kit.Platform.{nearest(name, PRESETS)}"
        )
        raise click.UsageError(msg)
    return Platform.of(name)


def docker_flags() -> list[click.Option]:
    """Make ``--network``, ``--pull`` and ``--platform``."""
    return [
        click.Option(
            ["--network", "network"],
            metavar="NAME",
            help="With --runner docker: none (the default), bridge, host, or the name "
            "of a network.",
        ),
        click.Option(
            ["--pull", "pull"],
            type=click.Choice(["never", "missing", "always"]),
            help="With --runner docker: whether to pull the image (default: never).",
        ),
        click.Option(
            ["--platform", "platform"],
            metavar="OS/ARCH",
            help="With --runner docker: platform to use from a multi-platform image, "
            "such as linux/arm64.",
        ),
    ]


def chosen_runner(options: Mapping[str, Any]) -> str | Runner:
    """Return the runner that flags choose.

    Raises:
        UsageError: A flag of :func:`docker_flags` is given with another runner.
        CallError: The network has no name.
    """
    name = options.get("runner") or "subprocess"
    said = {key: options[key] for key in _NAMES if options.get(key) is not None}
    if not said:
        return str(name)
    if name != "docker":
        flags = ", ".join(f"--{key}" for key in said)
        msg = (
            f"Only containers take {flags}, and --runner is {name}: add --runner "
            "docker, or leave that out."
        )
        raise click.UsageError(msg)
    from kit.runners.docker import DockerRunner

    return DockerRunner(**said)


CarryOut = Callable[[Any, Mapping[str, Any], Mapping[str, Any]], ExitStatus]
"""Takes the task, its inputs by name and the options, and returns the exit status."""


class TaskGroup(click.Group):
    """Takes the task's name for a subcommand, with the task's inputs for options.

    Args:
        name: The command's name.
        carry_out: What it does.
        options: Makes its own options, which are taken before or after the task.
        takes_templates: Whether template files are taken, too; then the command gets
            the text that names one.
        requires_inputs: Whether inputs without a default must be given.
        epilog: What its help ends with: the exit statuses.
        help: The text of ``--help``; indented lines stay as they are.
    """

    def __init__(
        self,
        name: str,
        *,
        carry_out: CarryOut,
        options: Callable[[], list[click.Option]],
        takes_templates: bool = False,
        requires_inputs: bool = True,
        epilog: str = EPILOG,
        help: str,  # noqa: A002 - click's name for it
    ) -> None:
        super().__init__(
            name,
            help=help.replace(f"\n\n  kit {name}", f"\n\n\b\n  kit {name}", 1),
            epilog=epilog,
            params=list(options()),
            subcommand_metavar="TASK [--INPUT VALUE]...",
            no_args_is_help=True,
        )
        self._carry_out = carry_out
        self._options = options
        self._takes_templates = takes_templates
        self._requires_inputs = requires_inputs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List nothing: tasks are named, not known."""
        return []

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a task, or an option before it."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return TaskTarget(files=self._takes_templates).shell_complete(
            ctx, self.params[0], incomplete
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse the name of a task after a space, before anything is imported."""
        if len(args) > 1 and args[1].isidentifier() and ":" not in args[0]:
            msg = (
                f"Got unexpected extra argument ({args[1]}). Did you mean "
                f"'{args[0]}:{args[1]}'?"
            )
            raise click.UsageError(msg, ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Load the task and make its command."""
        if ctx.resilient_parsing:
            return self._unloaded_command(cmd_name)

        return self._task_command(cmd_name, self._subject(cmd_name), ctx.params)

    def _subject(self, target: str) -> Task | TrustedTemplate:
        if self._takes_templates and parse_target(target).is_read:
            return TrustedTemplate(template_of(read_message(target)))
        with prints_to_stderr():
            return load_task(target)

    def _unloaded_command(self, target: str) -> click.Command:
        """Make the command as far as a shell completes its words, and load nothing."""
        place, _, task = target.rpartition(":")
        options = self._options()
        names = inputs_in(file_of(place), task)
        flags = [
            click.Option([own_flags(name, names, options)[0], f"input_{index}"])
            for index, name in enumerate(names)
        ]
        return click.Command(target, params=[*flags, *options])

    def _task_command(
        self, target: str, task: Task | TrustedTemplate, outer: Mapping[str, Any]
    ) -> click.Command:
        options = self._options()
        flags = input_flags(task.python_interface, options)
        for flag in flags:
            flag.required = flag.required and self._requires_inputs

        thing = target if isinstance(task, TrustedTemplate) else task

        def callback(**values: Any) -> ExitStatus:
            context = click.get_current_context()
            names = (str(option.name) for option in options)
            chosen = {
                name: values[name]
                for name in names  # else a flag that is not here hides one before TASK
                if context.get_parameter_source(name) is not ParameterSource.DEFAULT
            }
            inputs = given_inputs(context, flags, values)
            return self._carry_out(thing, inputs, {**outer, **chosen})

        return click.Command(
            target,
            callback=callback,
            params=[*flags, *options],
            help=_task_help(task),
            epilog=f"{_VALUES}\n\n{self.epilog}",
        )


_VALUES = (
    "Values: lists, dicts and dataclasses are JSON; null is None; @FILE is the content "
    "of a file, @- that of standard input, and @@ a value that begins with @."
)


def _task_help(task: Task | TrustedTemplate) -> str:
    from kit.escape import visible

    docstring = task.python_interface.docstring
    described = docstring.short_description if docstring else None
    return visible(described or f"Run the task {task.name}.")


_SHOWN = 200  # characters of a default or description


class _InputType(click.ParamType):  # type: ignore[type-arg]  # not generic before 8.4
    """Reads the flag of one input."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.name = parser.metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        del param, ctx
        return self._parser.metavar

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parser.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class InputFlag(click.Option):
    """The option of one input."""

    def __init__(
        self, index: int, name: str, interface: Interface, flags: list[str]
    ) -> None:
        self.input_name = name
        python_type = interface.inputs[name]
        parser = parser_for(python_type)
        if python_type is bool:
            flags = ["/".join((flag, f"--no-{flag[2:]}")) for flag in flags]
        super().__init__(
            [*flags, f"input_{index}"],  # so that no input is taken for an option
            type=None if python_type is bool else _InputType(parser),
            is_flag=True if python_type is bool else None,
            required=_is_required(interface, name),
            help=_help(interface, name) + _note(name, flags),
            metavar=None if python_type is bool else parser.metavar,
        )


def input_flags(
    interface: Interface, options: Iterable[click.Option]
) -> list[InputFlag]:
    """Make a flag for each input, in the interface's order.

    Args:
        interface: The task's.
        options: Those of the command, whose names no input gets.
    """
    names = list(interface.inputs)
    return [
        InputFlag(index, name, interface, own_flags(name, names, options))
        for index, name in enumerate(names)
    ]


def own_flags(
    name: str, names: Iterable[str], options: Iterable[click.Option]
) -> list[str]:
    """Return the flags of an input: ``--input-NAME`` where an option has its name.

    Args:
        name: The input's name.
        names: Those of all inputs, whose flags are taken, too.
        options: Those of the command.
    """
    taken = {"--help", *(flag for option in options for flag in option.opts)}
    others = {flag for other in names if other != name for flag in _flags(other)}
    flags = _flags(name)
    while taken.intersection(flags):
        flags = [f"--input-{flag.removeprefix('--')}" for flag in flags]
        taken |= others
    return flags


def _flags(name: str) -> list[str]:
    flags = [f"--{name}"]
    if "_" in name.strip("_"):
        flags.insert(0, f"--{name.replace('_', '-')}")
    return flags


def given_inputs(
    context: click.Context, flags: Iterable[InputFlag], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the inputs that the command line gives, by their own names."""
    return {
        flag.input_name: values[str(flag.name)]
        for flag in flags
        if context.get_parameter_source(str(flag.name)) is ParameterSource.COMMANDLINE
    }


def _is_required(interface: Interface, name: str) -> bool:
    return not (interface.has_default(name) or is_optional(interface.inputs[name]))


def _note(name: str, flags: list[str]) -> str:
    """Name the input whose flag is another one."""
    return "" if flags[-1].startswith(f"--{name}") else f"  [the input {name}]"


def _help(interface: Interface, name: str) -> str:
    """Return what is written about an input, and its default."""
    docstring = interface.docstring
    described = docstring.input_descriptions.get(name) if docstring else None
    parts = (
        [shorten(one_line(" ".join(described.split())), _SHOWN)] if described else []
    )
    if interface.has_default(name):
        default = as_text(interface.inputs_with_defaults[name][1])
        parts.append(f"[default: {shorten(one_line(default), _SHOWN)}]")
    if is_optional(interface.inputs[name]):
        parts.append("[null: None]")
    return "  ".join(parts)
