"""A run panel in a real JupyterLab, used in a real browser."""

from __future__ import annotations

import re

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB
MOST_UPDATES = 10
MOST_MOVED = 40  # pixels
MOST_HIGH = 720


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the panel, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_panel.py", folder), "folder": folder}


def test_every_cell_runs(seen):
    """The task is defined and its panel is shown."""
    assert seen["ran"] == [True, True, True]


def test_what_is_wrong_is_told_beside_its_field(seen):
    """Before anything runs."""
    refused = seen["refused"]
    assert refused["needed"] == "Needed: a whole number."
    assert refused["wrong"] == "'many' is no whole number."
    assert refused["status"].strip() == "Not started: see steps."
    assert refused["cancel"]


def test_rows_come_and_go_and_variables_are_values(seen):
    """Those that stay keep what they have; a time is seen whole."""
    assert seen["nested"] == {
        "rows": "0.5",
        "start": "2026-01-02T00:00:00",
        "held": "wanted int 3",
    }


def test_a_log_grows_and_the_run_is_cancelled(seen):
    """It is filtered, paused and saved meanwhile, in the page."""
    cancelled = dict(seen["cancelled"])
    assert cancelled.pop("moved") <= MOST_MOVED
    assert cancelled == {
        "busy": True,
        "stderr": True,
        "filtered": True,
        "paused": True,
        "saved": ["walk.log", True],
    }


def test_the_browser_is_not_flooded(seen):
    """However fast the task writes."""
    assert 2 <= seen["updates"] <= MOST_UPDATES


def test_results_are_shown(seen):
    """Outputs, the log without secrets, decks and details; by keys alone."""
    succeeded = seen["succeeded"]
    assert "a\\nlong\\nwalk" in succeeded["outputs"]
    assert re.search(r"Succeeded\s+\d+\.\d s", succeeded["status"])
    assert "step 29" in succeeded["log"]
    assert "the token is [secret]" in succeeded["log"]
    assert succeeded["decks"]
    assert "Timings" in succeeded["details"]


def test_nothing_below_moves_during_a_run(seen):
    """The place of the results is there from the start."""
    assert seen["succeeded"]["moved"] <= MOST_MOVED


def test_an_interrupt_cancels_while_a_cell_blocks(seen):
    """And the panel says so before."""
    assert "Interrupt the kernel to cancel now" in seen["interrupted"]["told"]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_has_names(seen, theme, width):
    """No control without a label, no script, nothing beyond the edge."""
    look = dict(seen["pictured"][f"{theme}-{width}"])
    height = look.pop("height")
    assert width < 1400 or height <= MOST_HIGH
    assert look == {"unnamed": 0, "scripts": 0, "inline": 0, "overflow": 0, "axe": []}
    picture = seen["folder"] / f"panel-{theme.lower()}-{width}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nothing_of_a_task_acts(seen):
    """Though every text of it, its inputs and its log is made to."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}


def test_a_run_ends_in_notebook_7(tmp_path):
    """Everything that JupyterLab shows, to its end."""
    pytest.importorskip("notebook")
    seen = seen_by("drive_panel.py", tmp_path, "notebook")
    assert seen["ran"] == [True, True, True]
    assert "step 29" in seen["succeeded"]["log"]
