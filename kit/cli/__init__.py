"""The command ``kit``; its commands are loaded when they are called."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from enum import IntEnum
from types import FrameType
from typing import TYPE_CHECKING, cast

import click

import kit
from kit.errors import (
    CallError,
    ConversionError,
    DefinitionError,
    EngineError,
    KitError,
    StorageError,
    TemplateError,
    UnsupportedTypeError,
    nearest,
)

if TYPE_CHECKING:
    from kit.runners.outcome import Outcome

__all__ = [
    "EPILOG",
    "ExitStatus",
    "LoadError",
    "Terminated",
    "app",
    "main",
    "report",
    "run_app",
    "status_of",
]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, as :mod:`kit.cli` has it.

    Args:
        argv: Arguments without the program's name; None takes the process's.
    """
    try:
        return run_app(argv)
    except ModuleNotFoundError as error:  # of rich when something is to be shown
        return _say_what_is_missing(error)
    except KeyboardInterrupt:
        sys.stderr.write("Cancelled.\n")
        return 130


def _say_what_is_missing(error: ModuleNotFoundError) -> int:
    if error.name is None or error.name.partition(".")[0] not in ("click", "rich"):
        raise error
    sys.stderr.write(
        f"The command kit needs {error.name}, which is not installed. Install it with\n"
        "    pip install 'flyte-task-kit[cli]'\n"
    )
    return 2


class ExitStatus(IntEnum):
    """What ``kit`` tells the shell."""

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


class LoadError(KitError):
    """A task that could not be loaded; ``detail`` is a traceback of its own code."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def report(error: BaseException, status: ExitStatus, *, detail: str = "") -> ExitStatus:
    """Write an error to standard error and return the status to end with."""
    from kit.escape import bounded, visible

    if detail:
        click.echo(detail, err=True)
    label = click.style("Error:", fg="red", bold=True)
    click.echo(f"{label} {visible(bounded(str(error)))}", err=True)
    return status


_COMMANDS = {
    "demo": ("kit.cli.demo", "Run a SQL task on real data, step by step."),
    "show": ("kit.cli.show", "Show the template a task makes."),
    "run": ("kit.cli.run", "Run a task the way the cluster would."),
    "compare": ("kit.cli.compare", "Run a task in several places, and compare."),
    "check": ("kit.cli.check", "Tell what of a task will fail, and what to do."),
    "prove": ("kit.cli.prove", "Make sure that what ships is all that a task needs."),
    "diff": ("kit.cli.diff", "Tell what differs between two tasks."),
    "export": ("kit.cli.export", "Write tasks as a package, a module or an archive."),
    "image": ("kit.cli.image", "Build an image that a task runs in."),
    "completion": ("kit.cli.arguments", "Let a shell complete commands and tasks."),
    "check-env": ("kit.cli.check_env", "Say what this environment can do."),
}


class LazyGroup(click.Group):
    """Loads a command's module when the command is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order a newcomer needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or say which one is near."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(
                error.message + nearest(args[0], _COMMANDS), ctx
            ) from error

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EPILOG)
@click.version_option(kit.__version__, message="kit %(version)s")
def app() -> None:
    """Author Flyte's customized container tasks: see, run and check them here."""


def run_app(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
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


def _run(argv: Sequence[str] | None) -> int:
    arguments = None if argv is None else list(argv)
    try:
        status = app.main(arguments, prog_name="kit", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        return _cancelled()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return int(status or 0)


def _cancelled() -> ExitStatus:
    click.echo("Cancelled.", err=True)
    return ExitStatus.CANCELLED


def _status(error: KitError) -> ExitStatus:
    """Tell what an error is about, from what can have gone wrong in any command."""
    if isinstance(error, (CallError, ConversionError)):
        return ExitStatus.USAGE
    definition = (LoadError, DefinitionError, TemplateError, UnsupportedTypeError)
    if isinstance(error, definition):
        return ExitStatus.DEFINITION
    if isinstance(error, (EngineError, StorageError)):
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
