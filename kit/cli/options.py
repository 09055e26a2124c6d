"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
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


_NAMES = ("network", "pull", "platform")


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
