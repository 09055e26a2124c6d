"""A run under way in a real terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

RUN = """
import sys
sys.path.insert(0, {folder!r})
from running_tasks import patient
import kit
print("outputs", dict(kit.run(patient, seconds=1.0{options}).outputs))
"""


def written(options: str = "") -> str:
    """Return what a script writes to its terminal, standard output and error."""
    folder = str(Path(__file__).parents[1] / "running")
    ours, theirs = pty.openpty()
    code = RUN.format(folder=folder, options=options)
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    data = b""
    try:
        while piece := os.read(ours, 65_536):
            data += piece
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    finally:
        os.close(ours)
    assert process.wait(30) == 0
    return data.decode()


def test_a_run_shows_where_it_stands_and_what_it_writes():
    """While it lasts; then the line is wiped away."""
    text = written()
    assert "patient  RUNNING  subprocess" in text
    assert "started" in text
    assert "\x1b[2K" in text  # the line was erased
    assert text.rstrip().endswith("outputs {'o0': 1}")


def test_who_takes_the_lines_shows_them():
    """Nothing comes between them."""
    text = written(", on_log=lambda line: print('got', line)")
    assert "RUNNING" not in text
    assert "got started" in text
