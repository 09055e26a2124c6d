"""The oracle's process, asked one case after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conformance.vectors import HERE


class Oracle:
    """The real flytekit in one long-lived process of its own."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._errors = log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "conformance.oracle"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
            text=True,
            encoding="utf-8",
        )

    def ask(self, case: dict[str, Any]) -> dict[str, Any]:
        """Return flytekit's answer to a case."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._log.read_text(encoding="utf-8")[-4000:]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._errors.close()
