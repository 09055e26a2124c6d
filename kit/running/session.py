"""The runs of this session, the newest last."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import overload

from kit.running.run import Run
from kit.shown import Shown

__all__ = ["Runs", "announced", "next_number", "note", "runs"]

_KEPT = 100
_GRACE_SECONDS = 10.0

_lock = threading.Lock()
_numbers = itertools.count(1)
_runs: deque[Run] = deque(maxlen=_KEPT)
_announcing: ContextVar[tuple[Callable[[Run], None], ...]] = ContextVar(
    "announcing", default=()
)


class Runs(Shown, Sequence[Run]):
    """Runs in the order of their start.

    Args:
        runs: The runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = tuple(runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Runs: ...

    def __getitem__(self, index: int | slice) -> Run | Runs:
        if isinstance(index, slice):
            return Runs(self._runs[index])
        return self._runs[index]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {run.number}  {run!r}" for run in self._runs)
        return f"Runs({len(self._runs)}){':' if lines else ''}{lines}"


def runs(task: str | None = None) -> Runs:
    """Return the last 100 runs of this session, the newest last.

    Args:
        task: Only those of the task of this name.
    """
    with _lock:
        found = tuple(_runs)
    return Runs([run for run in found if task in (None, run.task)])


def next_number() -> int:
    """Return the number of a run that is about to be made."""
    return next(_numbers)


def note(run: Run) -> None:
    """List a run, and tell those who wait for it in this thread."""
    with _lock:
        _runs.append(run)
    for callback in _announcing.get():
        callback(run)


@contextlib.contextmanager
def announced(callback: Callable[[Run], None]) -> Iterator[None]:
    """Call back with each run that this thread starts in the block, before it runs.

    :func:`kit.run` returns a run in this process when it has ended.
    """
    token = _announcing.set((*_announcing.get(), callback))
    try:
        yield
    finally:
        _announcing.reset(token)


@atexit.register
def _cancel_all() -> None:
    """Leave nothing running when the session ends."""
    unfinished = [run for run in runs() if not run.is_done]
    for run in unfinished:
        run.cancel()
    for run in unfinished:
        run._done.wait(_GRACE_SECONDS)  # noqa: SLF001 - not to raise what it raised
