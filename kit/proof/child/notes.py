"""Notes of a proof's steps: a line of JSON when one is done, or when one fails.

Each line is written at once, because the next step may end the process.  Steps follow
one another, so the one that fails is the one after the last that was done.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from kit.proof.child.raised import chain, trace, unwrapped


class Notes:
    """Notes of the steps of one process.

    Args:
        path: The file they go to.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._since: float | None = None
        self.has_failed = False

    def done(self, step: str, **facts: Any) -> None:
        """Note that a step is done, with what it found."""
        self._write(step, "done", facts=facts)

    def failed(self, error: BaseException) -> None:
        """Note what ended the step that is not done; the first time counts."""
        if not self.has_failed:
            self.has_failed = True
            told = unwrapped(error)
            self._write("failure", "failed", raised=chain(told), traceback=trace(told))

    def _write(self, step: str, status: str, **more: Any) -> None:
        now = time.monotonic()
        seconds = None if self._since is None else now - self._since
        line = json.dumps({"step": step, "status": status, "seconds": seconds, **more})
        os.write(self._file, f"{line}\n".encode())
        self._since = now
