"""A run panel in a real JupyterLab, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB
MOST_BOXES = 8
MOST_UPDATES = 10


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the panel, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_panel.py", folder), "folder": folder}


def test_every_cell_runs(seen):
    """The task is defined and its panel is shown."""
    assert seen["ran"] == [True, True, True]


def test_it_opens_at_once(seen):
    """In the time of a few plain boxes of twenty fields, from request to button."""
    assert seen["opened"] <= MOST_BOXES


def test_what_is_wrong_stands_beside_its_field(seen):
    """Before anything runs."""
    refused = seen["refused"]
    assert refused["needed"] == "Needed: a whole number."
    assert refused["wrong"] == "'many' is no whole number."
    assert refused["cancel"]


def test_rows_come_and_go(seen):
    """And those that stay keep what they have."""
    assert seen["nested"] == {"rows": "0.5"}


def test_a_log_grows_and_the_run_is_cancelled(seen):
    """It is searched, filtered and paused meanwhile."""
    assert seen["cancelled"] == {"busy": True, "paused": True}


def test_the_browser_is_not_flooded(seen):
    """However fast the task writes."""
    assert 2 <= seen["updates"] <= MOST_UPDATES


def test_results_are_shown(seen):
    """Outputs, the whole log without secrets, and the decks."""
    succeeded = seen["succeeded"]
    assert "a\\nlong\\nwalk" in succeeded["outputs"]
    assert "step 29" in succeeded["log"]
    assert "the token is [secret]" in succeeded["log"]
    assert succeeded["decks"]


def test_an_interrupt_cancels_while_a_cell_blocks(seen):
    """And the panel says so before."""
    assert "interrupt the kernel to cancel now" in seen["interrupted"]["told"]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_has_names(seen, theme, width):
    """No control without a label, no script, nothing beyond the edge."""
    assert seen["pictured"][f"{theme}-{width}"] == {
        "unnamed": 0,
        "scripts": 0,
        "inline": 0,
        "overflow": 0,
        "axe": [],
    }
    picture = seen["folder"] / f"panel-{theme.lower()}-{width}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nothing_of_a_task_acts(seen):
    """Though every text of it, its inputs and its log is made to."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
