"""Decks in a real browser: their scripts run, and reach nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_deck import ATTEMPTS

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path("/usr/bin/chromium").exists()
        or importlib.util.find_spec("playwright") is None,
        reason="needs Chromium and Playwright",
    ),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> dict:
    """Let a browser open the pages, in a process of its own."""
    folder = tmp_path_factory.mktemp("decks")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("browse_decks.py")), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_hostile_deck_reaches_nothing(report):
    """No page, storage, window or form; not the network, by any way it tried."""
    found = report["attacked"]["found"]
    later = ("fetch", "no-cors fetch", "import", "font", "image", "socket", "events")
    assert {name: found.get(name) for name in (*ATTEMPTS, *later)} == dict.fromkeys(
        (*ATTEMPTS, *later), "refused"
    )
    assert report["attacked"]["requests"] == []
    assert report["attacked"]["address"]
    assert report["attacked"]["pages"] == 2  # its own, and the one the test opened


def test_a_decks_own_scripts_and_styles_work_inside(report):
    """A canvas is drawn, code is made from text, and no rule of style leaks out."""
    assert report["attacked"]["found"]["drawn"] == "0,170,0,255"
    assert report["attacked"]["found"]["evaluated"] == 42
    before, after = report["attacked"]["background"]
    assert before == after


def test_a_tab_of_its_own_has_no_origin(report):
    """Opened there, the deck has the same walls: all of its requests are counted."""
    assert report["attacked"]["tab"].startswith("blob:null/")


def test_tabs_are_changed_by_keyboard(report):
    """An arrow key shows the next deck, Enter leads nowhere."""
    assert report["used"]["shown"] == [False, True]
    assert report["used"]["address"]


def test_links_lead_within_the_deck_only(report):
    """One to a place in it scrolls there, another leaves the deck as it is."""
    assert report["used"]["still there"]


def test_a_frame_has_the_height_of_its_deck(report):
    """As its own window asks; nobody else's message changes it."""
    assert 777 < report["used"]["heights"] < 900
    assert report["used"]["kept"] == report["used"]["heights"]


def test_a_saved_deck_keeps_its_walls(report):
    """The file has the deck in a frame of its own."""
    assert report["used"]["saved as"] == "two.html"
    assert report["used"]["saved frames"] == 2


def test_a_plots_library_is_loaded_only_if_let_in(report):
    """Without ``allowing`` nobody is asked for it."""
    assert report["closed"] == {"asked": [], "text": ""}
    assert report["open"] == {
        "asked": ["https://cdn.plot.ly/plot.js"],
        "text": "a plot",
    }


def test_light_and_dark(report):
    """A deck follows its reader, and the page that tells it a scheme."""
    black, white = "rgb(0, 0, 0)", "rgb(255, 255, 255)"
    assert report["schemes"] == {
        "light": black,
        "light made dark": white,
        "dark": white,
        "dark made dark": white,
    }


def test_large_decks_do_not_freeze_the_page(report):
    """Twenty megabytes are told by size and place; a plot with its library is shown."""
    assert report["large"]["times a small one"] < 10
    assert "Too large to be shown here." in report["large"]["text"]
    assert "deck.html" in report["large"]["text"]
    assert report["large"]["times the bare one"] < 20
