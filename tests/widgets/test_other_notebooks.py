"""The preview in Notebook 7 and in Voilà, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


def test_notebook_7(tmp_path):
    """Edits, errors, undo, runs and the history work as in JupyterLab."""
    pytest.importorskip("notebook")
    seen = seen_by("drive_lab.py", tmp_path, "notebook")
    assert seen["ran"] == [True, True, True]
    assert seen["edited"]["undone"] == "1"
    assert seen["edited"]["alert"].startswith("'2x' is not valid here")
    assert ["passed" in rung.split() for rung in seen["run"]["ladder"]] == [True] * 3
    assert seen["followed"]["cpu"] == "4"
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
    assert seen["restarted"]["icons"] == 0
    assert seen["reopened"]["trusted"]["errors"] == 0


def test_voila(tmp_path):
    """A page without cells: the view is there, and edits show."""
    pytest.importorskip("voila")
    seen = seen_by("drive_voila.py", tmp_path)
    assert seen["marked"].split() == ["value:", "'2'", "was", "'1'"]
    assert seen["statics"] == 0
    assert "requests=kit.Resources(cpu='2', mem='512Mi')" in seen["python"]
    assert seen["found"].startswith("1 of ")
