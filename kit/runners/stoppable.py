"""Something that runs, writes lines and can be stopped: a process, or a container.

It is stopped with SIGINT, which lets Python run ``finally`` blocks (as PID 1 it ignores
SIGTERM), and after a grace period with SIGKILL.  Waiting can be done from any thread.
"""

from __future__ import annotations

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from kit.runners.log_line import LogLine

__all__ = ["GRACE_SECONDS", "Exit", "StopReason", "Stoppable"]

StopReason = Literal["cancelled", "timed out"]

GRACE_SECONDS = 3.0
"""From SIGINT to SIGKILL."""

_DRAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Exit:
    """How a process ended.

    Attributes:
        status: Exit status, or minus the number of the signal that killed it.
        stopped: Why it was stopped from here, None if it ended by itself.
        seconds: Time from its start to its end.
    """

    status: int
    stopped: StopReason | None
    seconds: float

    @property
    def signal_name(self) -> str | None:
        """Name of the signal that killed it, as in ``SIGKILL``; None if none did."""
        if self.status >= 0:
            return None
        try:
            return signal.Signals(-self.status).name
        except ValueError:
            return f"signal {-self.status}"


class Stoppable(ABC):
    """The policy of stopping and waiting; a subclass sends the signals.

    A subclass calls :meth:`_emit` with each line, from one thread, and
    :meth:`_ended` once when all is over.

    Args:
        on_line: Called with each line as it is written.  If it raises, the process is
            stopped and :meth:`wait` raises that exception.
    """

    def __init__(self, on_line: Callable[[LogLine], None] | None) -> None:
        self._started = time.monotonic()
        self._on_line = on_line
        self._failure: BaseException | None = None
        self._stopped: StopReason | None = None
        self._killer: threading.Timer | None = None
        self._exit: Exit | None = None
        self._lock = threading.RLock()
        self._done = threading.Event()

    @abstractmethod
    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it; what has ended gets none."""

    def stop(self, reason: StopReason, *, grace: float = GRACE_SECONDS) -> None:
        """Ask it to end, and kill it after ``grace`` seconds.

        Returns at once, may be called from any thread, and does nothing the second
        time or when all has ended: the first reason stays.
        """
        with self._lock:
            if self._stopped is not None or self._done.is_set():
                return
            self._stopped = reason
            self._signal(signal.SIGINT)
            self._killer = threading.Timer(grace, self.kill)
            self._killer.daemon = True
            self._killer.start()

    def kill(self) -> None:
        """Kill all of it now."""
        self._signal(signal.SIGKILL)

    def wait(
        self, timeout: float | None = None, *, grace: float = GRACE_SECONDS
    ) -> Exit:
        """Wait for the end, stopping it if that takes ``timeout`` seconds.

        A KeyboardInterrupt while waiting cancels it, waits until it is gone (a second
        one kills it) and is raised again.
        """
        try:
            if not self._done.wait(timeout):
                self.stop("timed out", grace=grace)
                self._done.wait()
        except BaseException:
            self._abandon(grace)
            raise
        if self._failure is not None:
            raise self._failure
        return cast("Exit", self._exit)

    def __enter__(self) -> Stoppable:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing running, whatever happened to the one who would wait."""
        if not self._done.is_set():
            self._abandon()

    def _abandon(self, grace: float = GRACE_SECONDS) -> None:
        self.stop("cancelled", grace=grace)
        try:
            self._done.wait()
        except BaseException:
            self.kill()
            self._done.wait(_DRAIN_SECONDS)
            raise

    def _emit(self, line: LogLine) -> None:
        if self._on_line is None or self._failure is not None:
            return
        try:
            self._on_line(line)
        except BaseException as error:  # noqa: BLE001 - raised again where one waits
            self._failure = error
            self.stop("cancelled")

    def _note_exit(self, status: int) -> None:
        seconds = time.monotonic() - self._started
        self._exit = Exit(status, self._stopped, seconds)

    def _ended(self) -> None:
        if self._killer is not None:
            self._killer.cancel()
        self._done.set()
