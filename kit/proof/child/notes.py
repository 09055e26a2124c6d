"""What is written down of the steps: a line of JSON when one begins, and when it ends.

Each line is written at once, for the next step may end the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from kit.proof.child.raised import chain, trace


class Notes:
    """Notes of the steps of one process.

    Args:
        path: The file they go to.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._open: dict[str, float] = {}

    def begin(self, step: str) -> None:
        """Note that a step begins; one that is open goes on."""
        if step not in self._open:
            self._open[step] = time.monotonic()
            self._write(step, "begun")

    def end(self, step: str, **facts: Any) -> None:
        """Note that a step is done, with what is to be known of it."""
        started = self._open.pop(step, None)
        self._write(step, "done", seconds=_since(started), facts=facts)

    def end_open(self) -> None:
        """Note that everything that has begun is done."""
        for step in list(self._open):
            self.end(step)

    @contextlib.contextmanager
    def step(self, step: str) -> Iterator[None]:
        """Begin a step; what is raised ends it, or the one that began since."""
        self.begin(step)
        try:
            yield
        except BaseException as error:
            if self._open:
                last, started = self._open.popitem()
                raised = {"raised": chain(error), "traceback": trace(error)}
                self._write(last, "failed", seconds=_since(started), **raised)
            raise

    def _write(self, step: str, status: str, **more: Any) -> None:
        line = json.dumps({"step": step, "status": status, **more})
        os.write(self._file, f"{line}\n".encode())


def _since(started: float | None) -> float | None:
    return None if started is None else time.monotonic() - started
