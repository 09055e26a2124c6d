"""The flags of a command for how the task's own container is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kit.runners.request import Runner

__all__ = ["chosen_runner", "docker_flags"]

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
            help="With --runner docker: what to run of an image that is for several, "
            "such as linux/arm64.",
        ),
    ]


def chosen_runner(options: Mapping[str, Any]) -> str | Runner:
    """Return the runner that flags choose.

    Raises:
        UsageError: A flag of :func:`docker_flags` stands beside another runner.
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
