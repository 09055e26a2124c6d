"""Let a process of its own use JupyterLab in a browser, and return what it saw."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_NEEDED = ("playwright", "jupyterlab", "axe_playwright_python")
IN_LAB = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path("/usr/bin/chromium").exists()
        or not all(map(importlib.util.find_spec, _NEEDED)),
        reason=f"needs Chromium, {', '.join(_NEEDED)}",
    ),
]


def seen_by(script: str, folder: Path, *words: str, **variables: str) -> dict:
    """Run a script of this folder with these variables, and read its JSON."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "display"), **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
