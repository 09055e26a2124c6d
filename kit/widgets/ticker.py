"""A thread that draws what changes, several times a second, for all views."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

PER_SECOND = 3
"""How often: with the log and the clock there may come a new phase, three buttons and
what is shown below, and all of it is to be at most ten messages in any second."""
Draw = Callable[[], bool]
_lock = threading.Lock()
_drawing: list[Draw] = []
_thread: threading.Thread | None = None


def draw_while(draw: Draw) -> None:
    """Call a function several times a second, as long as it says that this goes on.

    Args:
        draw: Draws what is new; returns whether there may be more.
    """
    global _thread  # noqa: PLW0603 - one for the process
    with _lock:
        _drawing.append(draw)
        if _thread is None:
            _thread = threading.Thread(target=_work, name="kit-ticker", daemon=True)
            _thread.start()


def _work() -> None:
    global _thread  # noqa: PLW0603
    while True:
        time.sleep(1 / PER_SECOND)
        for draw in list(_drawing):
            if not _goes_on(draw):
                with _lock:
                    _drawing.remove(draw)
        with _lock:
            if not _drawing:
                _thread = None
                return


def _goes_on(draw: Draw) -> bool:
    try:
        return draw()
    except Exception as error:  # noqa: BLE001 - the others are drawn all the same
        sys.stderr.write(f"kit could not draw a run: {error}\n")
        return False
