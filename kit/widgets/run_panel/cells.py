"""Whether a cell occupies the kernel, and that one was interrupted.

While a cell runs, clicks wait for it on most kernels: a panel says so, and takes the
interrupt of a cell as the wish to stop what it runs.
"""

from __future__ import annotations

import time
import weakref
from typing import Any, Protocol

from kit.interactive import interactive_shell

__all__ = ["is_busy", "stop_when_interrupted"]

_LONG_SECONDS = 1.0


class _Stoppable(Protocol):
    def cancel(self) -> None: ...


_since: float | None = None
_stoppable: weakref.WeakSet[_Stoppable] = weakref.WeakSet()
_shells: weakref.WeakSet[Any] = weakref.WeakSet()


def stop_when_interrupted(thing: _Stoppable) -> None:
    """Cancel it whenever a cell of the shell that runs is interrupted."""
    _stoppable.add(thing)
    shell = interactive_shell()
    if shell is None or shell in _shells:
        return
    _shells.add(shell)
    shell.events.register("pre_run_cell", _before_cell)
    shell.events.register("post_run_cell", _after_cell)


def is_busy() -> bool:
    """Tell whether a cell has been running for some time."""
    return _since is not None and time.monotonic() - _since > _LONG_SECONDS


def _before_cell(_info: object = None) -> None:
    global _since  # noqa: PLW0603 - one kernel for each process
    _since = time.monotonic()


def _after_cell(result: Any = None) -> None:
    global _since  # noqa: PLW0603
    _since = None
    if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
        for thing in list(_stoppable):
            thing.cancel()
