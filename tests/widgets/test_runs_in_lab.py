"""Runs and decks at the end of cells, in a real JupyterLab and a real browser."""

from __future__ import annotations

import re

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own follow runs, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_runs.py", folder), "folder": folder}


def test_a_run_is_followed_to_its_end(seen):
    """Its log and its phase; then its outputs, and nothing to cancel any more."""
    assert seen["ran"] == [True, True]
    followed = seen["followed"]
    assert followed["running"].split() == ["▸", "Running"]
    assert re.search(r"Succeeded\s+\d+\.\d s", followed["duration"])
    assert "{'steps': 60}" in followed["outputs"]
    assert followed["cancel"] == 0


def test_decks_are_seen_as_they_are_published(seen):
    """Before the run ends, each in one tab; what was chosen stays chosen."""
    assert seen["followed"]["early"]
    assert seen["followed"]["tabs"] == 1
    assert seen["followed"]["tab"]
    assert seen["followed"]["stays"] == "true"


def test_a_frame_is_as_high_as_its_deck(seen):
    """Also when it was drawn before anyone could hear it."""
    frame, box = seen["followed"]["heights"]
    assert frame == box >= 60 * 40
    assert 1400 <= seen["tall"] < 1500


def test_decks_follow_the_theme(seen):
    """When it changes under them."""
    assert {look[:4]: scheme for look, scheme in seen["schemes"].items()} == {
        "Ligh": "light",
        "Dark": "dark",
    }


def test_a_hostile_deck_gets_no_height_but_its_own(seen):
    """However many messages it sends, and whatever is in them."""
    assert 60 <= seen["evil"] <= 6000
    assert seen["others"]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_is_accessible(seen, theme, width):
    """In both themes and at every width."""
    look = seen["pictured"][f"{theme}-{width}"]
    assert look == {"unnamed": 0, "scripts": 0, "inline": 0, "overflow": 0, "axe": []}


def test_a_real_plot_is_drawn_and_reaches_nothing(seen):
    """Its library is in the deck, which can be saved with it."""
    plotted = seen["plotted"]
    assert plotted["ran"]
    assert plotted["bars"] == 3
    assert plotted["refused"] == "SecurityError"
    assert plotted["saved"] == ["plot.html", True]
