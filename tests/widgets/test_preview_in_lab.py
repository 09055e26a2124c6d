"""A preview in a real JupyterLab, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB
MOST_ROUND_TRIPS = 15


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the preview, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_lab.py", folder), "folder": folder}


def test_every_cell_runs(seen):
    """The task is defined and shown."""
    assert seen["ran"] == [True, True, True]


def test_an_edit_shows_in_its_place(seen):
    """The row of the CPU, the change, and the code that makes it permanent."""
    edited = seen["edited"]
    assert edited["marked"].split() == ["cpu", *("2", "was", "1") * 2]
    assert "requests=kit.Resources(cpu='2', mem='512Mi')" in edited["python"]
    assert "container.resources.requests.CPU.value" in edited["changes"]


def test_an_error_shows_beside_its_field(seen):
    """And the last good view stays; undo leads back to the definition."""
    edited = seen["edited"]
    assert "got '2x'" in edited["alert"]
    assert edited["kept"] == edited["marked"]
    assert edited["undone"] == "1"


def test_an_edit_is_shown_at_once(seen):
    """In the time of a few messages there and back, at the median."""
    assert seen["times a round trip"] <= MOST_ROUND_TRIPS


def test_the_preview_follows_its_cell(seen):
    """With what changed marked, and the way back through the definitions."""
    followed = seen["followed"]
    assert followed["ran"]
    assert followed["custom"] == 'table: "whales"'
    assert followed["cpu"] == "4"
    assert '"penguins"' in followed["past"]
    assert followed["disabled"]


def test_sections_fold_by_keyboard_and_stay_so(seen):
    """What is unfolded stays that when it is drawn again."""
    assert seen["folded"] == {"hidden": True, "marked": '      "retries": 4'}


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_has_names(seen, theme, width):
    """No control without a label, no script, nothing beyond the edge."""
    assert seen["pictured"][f"{theme}-{width}"] == {
        "unnamed": 0,
        "scripts": 0,
        "inline": 0,
        "overflow": 0,
    }
    picture = seen["folder"] / f"{theme.lower()}-{width}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nothing_of_a_task_acts(seen):
    """Though every text of it, and of the fields, is made to."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
