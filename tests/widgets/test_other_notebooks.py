"""The preview in Notebook 7 and in Voilà, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


def test_notebook_7(tmp_path):
    """Edits, errors, undo, folding and the history work as in JupyterLab."""
    pytest.importorskip("notebook")
    seen = seen_by("drive_lab.py", tmp_path, "notebook")
    assert seen["ran"] == [True, True, True]
    assert seen["edited"]["undone"] == "1"
    assert "got '2x'" in seen["edited"]["alert"]
    assert seen["followed"]["custom"] == 'table: "whales"'
    assert seen["folded"]["hidden"]
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}


def test_voila(tmp_path):
    """A page without cells: the view is there, and edits show."""
    pytest.importorskip("voila")
    seen = seen_by("drive_voila.py", tmp_path)
    assert seen["marked"].split() == ["cpu", *("2", "was", "1") * 2]
    assert "requests=kit.Resources(cpu='2', mem='512Mi')" in seen["python"]
    assert seen["found"] == "1 of 3"
