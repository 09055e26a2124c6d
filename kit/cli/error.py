"""Errors of the command line, which end it with a status of their own."""

from __future__ import annotations

import click

from kit.cli.status import ExitStatus
from kit.errors import KitError

__all__ = ["LoadError", "report"]


class LoadError(KitError):
    """A task that could not be loaded; ``detail`` is a traceback of its own code."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def report(error: BaseException, status: ExitStatus, *, detail: str = "") -> ExitStatus:
    """Write an error to standard error and return the status to end with."""
    from kit.display.escape import bounded, visible

    if detail:
        click.echo(detail, err=True)
    label = click.style("Error:", fg="red", bold=True)
    click.echo(f"{label} {visible(bounded(str(error)))}", err=True)
    return status
