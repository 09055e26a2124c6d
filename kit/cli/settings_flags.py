"""The flags of a command for the settings that a template is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

__all__ = ["given", "settings_flags"]

F = TypeVar("F", bound=Callable[..., Any])


def settings_flags(*, where: str) -> Callable[[F], F]:
    """Give a command ``--runtime``, ``--project``, ``--domain`` and ``--version``.

    Args:
        where: Behind the name of each of the last three: what it is for.
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
