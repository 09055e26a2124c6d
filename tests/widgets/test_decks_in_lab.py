"""Decks in a real JupyterLab."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own look at decks, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return seen_by("drive_decks.py", folder)


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
