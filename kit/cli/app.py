"""The command ``kit``: its group, exit statuses, errors and signals."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import io
import os
import pkgutil
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from enum import IntEnum
from types import FrameType
from typing import TYPE_CHECKING, cast

import click

import kit
from kit.cli import commands
from kit.errors import (
    CallError,
    ConversionError,
    DefinitionError,
    EngineError,
    KitError,
    RemoteError,
    StorageError,
    TargetError,
    TargetNotFoundError,
    TemplateError,
    UnsupportedTypeError,
    nearest,
)

if TYPE_CHECKING:
    from kit.runners.outcome import Outcome


class ExitStatus(IntEnum):
    """The exit statuses of ``kit``."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DEFINITION = 3
    TIMED_OUT = 124
    CANCELLED = 130
    TERMINATED = 143


class Terminated(BaseException):
    """The command was asked to end by SIGTERM; no ``except`` for errors stops it."""


EPILOG = (
    "Exit status: 0 it worked; 1 the task failed, or a file could not be read or "
    "written; 2 wrong command line; 3 the task could not be loaded or defined; "
    "124 timeout; 130 Ctrl-C; 143 SIGTERM."
)


def status_of(run: Outcome) -> ExitStatus:
    """Return the exit status for a run that has ended."""
    named = {
        "SUCCEEDED": ExitStatus.OK,
        "TIMED_OUT": ExitStatus.TIMED_OUT,
        "ABORTED": ExitStatus.CANCELLED,
    }
    return named.get(run.phase.value, ExitStatus.FAILED)


def report(error: BaseException, status: ExitStatus, *, detail: str = "") -> ExitStatus:
    """Write an error to standard error and return the status to end with."""
    from kit.escape import bounded, visible

    if detail:
        click.echo(detail, err=True)
    label = click.style("Error:", fg="red", bold=True)
    click.echo(f"{label} {visible(bounded(str(error)))}", err=True)
    return status


_FIRST = (
    *("demo", "show", "ready", "run", "compare", "check", "prove", "diff", "pod"),
    *("export", "image", "register", "launch"),
)
"""The order in which a newcomer needs them; commands that are not here follow."""


class CommandGroup(click.Group):
    """Finds commands as modules of :mod:`kit.cli.commands`; loads only the one called.

    The list of commands shows the first line of each module's docstring, which is
    "``kit NAME``: what it does", without importing the module.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order a newcomer needs them."""
        modules = pkgutil.iter_modules(commands.__path__)
        names = {module.name.replace("_", "-") for module in modules}
        first = [name for name in _FIRST if name in names]
        return [*first, *sorted(names.difference(first))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(_module_of(cmd_name))
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or suggest the nearest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = nearest(args[0], self.list_commands(ctx))
            raise click.UsageError(error.message + near, ctx) from error

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        rows = [(name, summary_of(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def summary_of(command: str) -> str:
    """Return what a command does, from its module's docstring."""
    spec = importlib.util.find_spec(_module_of(command))
    loader = cast("importlib.abc.InspectLoader", spec and spec.loader)
    first, _, _ = (loader.get_source(_module_of(command)) or "").partition("\n")
    summary = first.strip('"').removeprefix(f"``kit {command}``: ")
    return summary[:1].upper() + summary[1:]


def _module_of(command: str) -> str:
    return f"{commands.__name__}.{command.replace('-', '_')}"


@click.group(cls=CommandGroup, epilog=EPILOG)
@click.version_option(kit.__version__, message="kit %(version)s")
def app() -> None:
    """Author Flyte's customized container tasks: see, run and check them here."""


def run_app(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    _replace_what_cannot_be_written()
    with _ending_on_sigterm():
        try:
            return _run(argv)
        except KeyboardInterrupt:  # between two of click's own nets
            return _cancelled()
        except Terminated:
            return ExitStatus.TERMINATED
        except BrokenPipeError:
            return _reader_is_gone()
        except KitError as error:
            return report(error, _status(error), detail=getattr(error, "detail", ""))


def _replace_what_cannot_be_written() -> None:
    """Write question marks for the characters that an encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run(argv: Sequence[str] | None) -> int:
    arguments = None if argv is None else list(argv)
    try:
        status = app.main(arguments, prog_name="kit", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        return _cancelled()
    except click.ClickException as error:
        _advised(error).show()
        return error.exit_code
    return int(status or 0)


def _advised(error: click.ClickException) -> click.ClickException:
    """Suggest TASK:NAME where the name was written after a space."""
    extra = re.fullmatch(r"Got unexpected extra argument \((\w+)\)", error.message)
    context = getattr(error, "ctx", None)
    target = context.params.get("target") if context is not None else None
    if extra is None or not isinstance(target, str) or ":" in target:
        return error
    msg = f"{error.message}. Did you mean '{target}:{extra[1]}'?"
    return click.UsageError(msg, context)


def _cancelled() -> ExitStatus:
    click.echo("Cancelled.", err=True)
    return ExitStatus.CANCELLED


def _status(error: KitError) -> ExitStatus:
    """Return the status for an error that any command can raise."""
    if isinstance(error, (CallError, ConversionError, TargetNotFoundError)):
        return ExitStatus.USAGE
    definition = (TargetError, DefinitionError, TemplateError, UnsupportedTypeError)
    if isinstance(error, definition):
        return ExitStatus.DEFINITION
    if isinstance(error, (EngineError, RemoteError, StorageError)):
        return ExitStatus.FAILED
    return ExitStatus.DEFINITION


def _reader_is_gone() -> ExitStatus:
    """End quietly when the reader of a pipe has what it wanted, as ``head`` does."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # or Python complains when it flushes
    return ExitStatus.FAILED


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Unwind on SIGTERM, so that a running task is stopped and not left behind."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
