"""Decks in a real JupyterLab."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path("/usr/bin/chromium").exists()
        or not all(map(importlib.util.find_spec, ("playwright", "jupyterlab"))),
        reason="needs Chromium, Playwright and JupyterLab",
    ),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own look at decks, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    done = subprocess.run(
        [sys.executable, str(HERE / "drive_decks.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "display")},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_decks_show_themselves_at_the_end_of_a_cell(seen):
    """As tabs, of which an arrow key shows the next."""
    assert seen["ran"] == [True, True]
    assert seen["shown"] == [False, False, True]


def test_a_hostile_deck_reaches_nothing_of_the_notebook(seen):
    """Its scripts draw; the page, the storage and the network are refused."""
    found = seen["found"]
    assert (found.pop("drawn"), found.pop("evaluated")) == ("0,170,0,255", 42)
    assert len(found) > 15
    assert set(found.values()) == {"refused"}
    assert seen["requests"] == []
    assert seen["address"]
