"""``kit.replay``: run again what was run before, here or elsewhere."""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from kit.errors import CallError
from kit.interactive import interactive_shell
from kit.runners.in_process import InProcessRunner
from kit.runners.named import make_runner
from kit.runners.request import Runner, RunRequest
from kit.running.load import guessed_outputs, unpacked
from kit.running.run import Run
from kit.running.start import launch

__all__ = ["replay"]


def replay(
    run: Run | str | Path,
    /,
    *,
    runner: str | Runner = "subprocess",
    debug: bool = False,
    wait: bool | None = None,
    timeout: float | None = None,
    keep: bool = False,
) -> Run:
    """Run the template of a run again, with the inputs as they were.

    The task itself need not be here: its executor must be importable, or travel in the
    template.  A replay runs the code that the file names, so replay only files of
    people you trust.

    Args:
        run: A run, or the path of one that was saved.
        runner: Where to run it, as for :func:`kit.run`.
        debug: Whether to run it in this process, with what it prints and with
            ``breakpoint()`` as in a script, and to open the debugger where its executor
            raises.
        wait: Whether to return when it has ended, as for :func:`kit.run`.
        timeout: Seconds until it is stopped; those of the first run by default, but
            none in this process, where a run cannot be stopped.
        keep: Whether the files of the run stay also if it succeeds.

    Raises:
        CallError: It is neither a run nor a path, no runner has that name, or a
            debugger was asked for in another process.
        StorageError: The file cannot be read.
        SavedRunError: It is no saved run, or is damaged.
    """
    request = _request(run)
    place = _debugged(runner) if debug else make_runner(runner)
    here = isinstance(place, InProcessRunner)  # where the first run's is out of reach
    seconds = timeout if here else timeout or request.timeout
    made = launch(
        dataclasses.replace(request, timeout=seconds),
        place,
        finish=functools.partial(guessed_outputs, request.template),
        wait=True if debug else wait,
        keep=keep,
    )
    if debug and made.exception is not None:
        _debug(made.exception.__traceback__)
    return made


def _request(run: Any) -> RunRequest:
    if isinstance(run, Run):
        return run.request
    if isinstance(run, (str, os.PathLike)):
        return unpacked(Path(run)).request
    msg = f"kit.replay takes a run or the path of a saved one, got {run!r}."
    raise CallError(msg)


def _debugged(runner: str | Runner) -> Runner:
    if runner in ("subprocess", "in-process"):
        return InProcessRunner(captured=False)
    msg = f"A debugger works in this process only: leave runner={runner!r} out."
    raise CallError(msg)


def _debug(traceback: TracebackType | None) -> None:
    """Open a debugger at the end of a traceback: IPython's if it runs."""
    if interactive_shell() is None:
        import pdb  # noqa: T100 - it was asked for

        pdb.post_mortem(traceback)
        return
    debugger = sys.modules["IPython"].core.debugger.Pdb()
    debugger.reset()
    debugger.interaction(None, traceback)
