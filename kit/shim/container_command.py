"""What ``kit-execute`` does with its arguments; :mod:`kit.entrypoint` starts it."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.shim.container_run import KIT_RESOLVER, ContainerRun, Verdict, say
from kit.shim.recorder import REPORT_VARIABLE

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["run_command"]

_TERMINATED = 128 + signal.SIGTERM
_UNFILLED = ("", '""')  # how the engine writes that there is none


def run_command(argv: Sequence[str] | None = None) -> int:
    """Run one task in this process.

    Args:
        argv: The arguments, without the command's name; the process's own by default.

    Returns:
        The exit status, as :mod:`kit.entrypoint` has it.
    """
    arguments = _parse(sys.argv[1:] if argv is None else list(argv))
    run = _container_run(arguments)
    _see_working_directory()
    with _signals() as received:
        try:
            if arguments.test:
                return _test(run)
            verdict = run.execute()
        except BaseException:
            if received:  # while the verdict was written
                return _TERMINATED
            raise
    if received and verdict is not Verdict.SUCCEEDED:
        return _TERMINATED
    return _status(verdict)


def _parse(argv: list[str]) -> argparse.Namespace:
    """Read the arguments; what stands behind ``--`` is the resolver's, as it is."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = _parser()
    arguments = parser.parse_args(argv[:end])
    arguments.loader_args += argv[end + 1 :]
    if not arguments.loader_args:
        parser.error("the resolver's arguments are missing: write -- TEMPLATE EXECUTOR")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kit-execute",
        description="Run a Flyte task from its template, as its container does.",
        epilog="Example: kit-execute --inputs inputs.pb --output-prefix out "
        "--raw-output-data-prefix raw -- template.pb package.module.Executor",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--inputs", required=True, metavar="PATH", help="where inputs.pb is")
    add(
        "--output-prefix",
        required=True,
        metavar="FOLDER",
        help="where outputs.pb, error.pb and deck.html go",
    )
    add(
        "--raw-output-data-prefix",
        metavar="FOLDER",
        help="where files and datasets go (default: OUTPUT_PREFIX/raw)",
    )
    add("--checkpoint-path", metavar="FOLDER", help="where checkpoints are saved")
    add(
        "--prev-checkpoint",
        metavar="FOLDER",
        help="where an earlier attempt saved its own",
    )
    add("--test", action="store_true", help="load the resolver, then stop")
    add("--dynamic-addl-distro", metavar="URL", help="accepted and not used")
    add("--dynamic-dest-dir", metavar="FOLDER", help="accepted and not used")
    add("--resolver", default=KIT_RESOLVER, help="what loads the task (default: kit's)")
    add(
        "loader_args",
        nargs="*",
        metavar="-- TEMPLATE EXECUTOR",
        help="path of the task template, dotted name of the executor's class",
    )
    return parser


def _container_run(arguments: argparse.Namespace) -> ContainerRun:
    return ContainerRun(
        inputs=arguments.inputs,
        output_prefix=arguments.output_prefix,
        loader_args=arguments.loader_args,
        environ=os.environ,
        resolver=arguments.resolver,
        raw_output_prefix=_filled(arguments.raw_output_data_prefix),
        checkpoint_path=_filled(arguments.checkpoint_path),
        prev_checkpoint=_filled(arguments.prev_checkpoint),
        report=os.environ.pop(REPORT_VARIABLE, None),
    )


def _filled(value: str | None) -> str | None:
    """Return a path, or None where an engine left its macro as it was."""
    if value is None or value in _UNFILLED or value.startswith("{{"):
        return None
    return value


def _see_working_directory() -> None:
    """Let modules of the working directory be imported, after all others."""
    with contextlib.suppress(FileNotFoundError):  # a folder that is gone has no modules
        here = str(Path.cwd())
        if all(os.path.realpath(path) != here for path in sys.path):
            sys.path.append(here)
    if "_F_RUNTIME_PACKAGES" in os.environ:
        say("_F_RUNTIME_PACKAGES is ignored: put the packages into the image")


def _test(run: ContainerRun) -> int:
    resolver = run.load_resolver()
    say(f"test: {resolver!r} would load {list(run.loader_args)}")
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """End the run on SIGTERM, and show every thread's stack on SIGUSR1.

    Python as a container's first process would otherwise not see SIGTERM at all.  The
    second one ends the process at once.  SIGINT is heard even if the parent ignored it,
    as a Jupyter kernel does between cells.
    """
    received: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        from kit.shim.error_document import Terminated

        msg = "The run was stopped by SIGTERM."
        raise Terminated(msg)

    if threading.current_thread() is not threading.main_thread():
        yield received  # only the main thread may set handlers
        return
    _dump_stacks_on_request()
    before: Any = signal.signal(signal.SIGTERM, end)
    interrupt: Any = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)


def _dump_stacks_on_request() -> None:
    if hasattr(faulthandler, "register") and sys.__stderr__ is not None:
        faulthandler.register(signal.SIGUSR1, file=sys.__stderr__)


def _status(verdict: Verdict) -> int:
    if verdict is Verdict.UNWRITTEN:
        return 1
    fail = os.environ.get("FLYTE_FAIL_ON_ERROR", "").lower() in ("true", "t", "1")
    return 1 if fail and verdict is Verdict.FAILED else 0
