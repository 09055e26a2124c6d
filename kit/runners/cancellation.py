"""A switch that stops a run from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Cancellation"]


class Cancellation:
    """Given to a run when it starts, thrown by whoever wants it to stop.

    >>> switch = Cancellation()
    >>> switch.on_cancel(lambda: print("stopping"))
    >>> switch.cancel()
    stopping
    >>> switch.is_cancelled
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the switch has been thrown."""
        return self._cancelled

    def cancel(self) -> None:
        """Throw the switch; the second time does nothing."""
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
            self._cancelled = True
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back once when the switch is thrown, at once if it already is."""
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def __repr__(self) -> str:
        return f"Cancellation({'cancelled' if self._cancelled else 'open'})"
