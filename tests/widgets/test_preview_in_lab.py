"""A preview in a real JupyterLab, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB
MOST_ROUND_TRIPS = 15
RUNGS = ["Check", "Proof", "Run", "Image", "Container", "Flyte"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the preview, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_lab.py", folder), "folder": folder}


def test_every_cell_runs(seen):
    """The task is defined and shown."""
    assert seen["ran"] == [True, True, True]


def test_all_is_on_one_screen(seen):
    """The message is in sight, beside its facts; the static face is not."""
    opened = seen["opened"]
    assert opened["width"] <= 1_160
    assert opened["height"] <= 720
    assert opened["message below the top"] <= 200
    assert opened["message is visible"]
    assert opened["beside the facts"]
    assert opened["static is hidden"]
    assert opened["primary"] == ["Run ▸"]
    assert opened["ladder"] == RUNGS
    assert opened["placeholders"] == 0


def test_an_edit_shows_in_its_place(seen):
    """The line of the message, the change, and code that can be pasted."""
    edited = seen["edited"]
    assert edited["marked"].split() == ["value:", "'2'", "was", "'1'"]
    assert edited["foot"] == "edited: CPU 1 → 2"
    assert "requests=kit.Resources(cpu='2', mem='512Mi')" in edited["python"]
    assert 'print(tt.custom["table"])' in edited["python"]
    assert "container.resources.requests.CPU.value" in edited["changes"]


def test_an_error_shows_beside_its_field(seen):
    """In a short sentence; the last good view stays, and nothing moves."""
    edited = seen["edited"]
    assert edited["alert"].startswith("'2x' is not valid here; an example: 1Gi.")
    assert edited["kept"] == edited["marked"]
    assert edited["grown"] == 0
    assert edited["undone"] == "1"


def test_nothing_that_is_typed_is_lost(seen):
    """Nor does the focus move when an answer comes meanwhile."""
    assert seen["typed on"] == {"typed": "57Mi", "focus": True}


def test_a_line_leads_to_its_field_and_back(seen):
    """And says where its value comes from."""
    lit = [text.strip() for text in seen["provenance"]["lit"]]
    assert lit == ["env:", "- key: TZ", "value: UTC"]
    assert seen["provenance"]["source"] == "task argument retries"
    assert seen["provenance"]["field"]
    assert seen["provenance"]["in sight"]


def test_the_message_has_states_and_forms(seen):
    """What does not arrive is marked; what is copied is the message."""
    assert "description" in seen["stages"]["dropped"]
    assert seen["stages"]["pod"] == 1
    assert seen["stages"]["copied"] == "heaviest"


def test_search_goes_through_all_tabs(seen):
    """By keyboard; it shows the tab of a match, and Escape ends it."""
    assert seen["searched"] == {
        "folded": False,
        "unfolded": True,
        "focus": True,
        "found": "1 of 1",
        "shown": True,
        "cleared": ["", ""],
    }


def test_all_of_it_works_by_keyboard(seen):
    """Tabs and lines by the arrow keys, menus by Enter and Escape."""
    assert seen["keyed"] == {
        "right": True,
        "lines": True,
        "menu": True,
        "closed": True,
    }


def test_it_is_one_widget_among_others(seen):
    """In a box of ipywidgets."""
    assert seen["composed"] == 1


def test_an_edit_is_shown_at_once(seen):
    """In the time of a few messages there and back, at the median."""
    assert seen["times a round trip"] <= MOST_ROUND_TRIPS


def test_a_run_and_a_proof_climb_the_ladder(seen):
    """By Ctrl+Enter and by a click; what is below stays where it is."""
    assert ["passed" in rung.split() for rung in seen["run"]["ladder"]] == [True] * 3
    assert seen["run"]["moved"] <= 40


def test_the_preview_follows_its_cell(seen):
    """With what changed marked, what is stale, and the way back."""
    followed = seen["followed"]
    assert followed["ran"]
    assert followed["custom"].split() == ["table:", "whales", "was", "penguins"]
    assert followed["cpu"] == "4"
    assert followed["position"] == "2 of 2"
    assert followed["past"].startswith("Definition 1 of 2: an earlier one")
    assert followed["fields"] == 0
    assert followed["stale"].split()[1:3] == ["Run", "stale"]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_has_names(seen, theme, width):
    """No control without a label, no script, nothing beyond the edge, no barrier."""
    assert seen["pictured"][f"{theme}-{width}"] == {
        "unnamed": 0,
        "scripts": 0,
        "inline": 0,
        "overflow": 0,
    }
    assert seen["pictured"][f"axe-{theme}-{width}"] == []
    picture = seen["folder"] / f"{theme.lower()}-{width}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nothing_of_a_task_acts(seen):
    """Though every text of it, and of the fields, is made to."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}


def test_a_kernel_that_restarts_leaves_the_view_calm(seen):
    """One banner in each, fields that cannot be used, no broken icons."""
    restarted = seen["restarted"]
    assert restarted["banners"] == restarted["views"]
    assert restarted["disabled"]
    assert restarted["message"]
    assert restarted["icons"] == 0


@pytest.mark.parametrize("trust", ["trusted", "untrusted"])
def test_a_notebook_without_its_kernel_shows_the_static_face(seen, trust):
    """And never that a widget could not be displayed."""
    told = seen["reopened"][trust]
    assert told["faces"] >= 2
    assert (told["live"], told["named"], told["errors"]) == (0, True, 0)
