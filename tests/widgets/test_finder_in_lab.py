"""Search, fold and copy, and reports to filter, in a real JupyterLab and browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the views, and return what it saw."""
    return seen_by("drive_finder.py", tmp_path_factory.mktemp("finder"))


def test_search_goes_through_what_is_folded_too(seen):
    """It unfolds where a match is, counts, and leaves nothing marked at its end."""
    assert seen["ran"]
    assert seen["searched"] == {
        "folded": True,
        "first": "1 of 5",
        "last": "5 of 5",
        "unfolded": True,
        "highlights": {"kit-found-1": 5, "kit-found-1-now": 1},
        "before": "4 of 5",
        "cleared": "",
        "none": 0,
    }


def test_everything_folds_and_unfolds(seen):
    """With a button each."""
    assert seen["folded"] == {"all": True, "none": False}


def test_a_text_is_copied_as_it_is(seen):
    """What is drawn anew after an edit, too: the clipboard holds the JSON."""
    assert seen["copied"] == {"whole": "heaviest", "retries": 7}


def test_a_report_is_filtered_and_repaired(seen):
    """The error goes, and the code to keep that is there."""
    assert seen["reported"] == {
        "all": "4 of 4 findings",
        "errors": "1 of 4 findings",
        "fixed": "limits=kit.Resources(cpu='1100m'),",
    }


def test_a_difference_is_filtered(seen):
    """By what it means."""
    assert seen["compared"] == {
        "all": "13 of 13 changes",
        "resources": "3 of 13 changes",
        "sides": 3,
    }


def test_nobody_is_kept_out(seen):
    """No serious violation of the rules of accessibility, in both themes."""
    assert seen["judged"] == []
    violations = [v for k, v in seen["pictured"].items() if k.startswith("axe")]
    assert violations == [[]] * 6


def test_everything_fits_and_has_a_name(seen):
    """At every width, nothing lies beyond the edge."""
    views = [v for k, v in seen["pictured"].items() if not k.startswith("axe")]
    none = {"unnamed": 0, "scripts": 0, "inline": 0, "overflow": 0}
    assert views == [none] * 18


def test_nothing_of_a_task_acts(seen):
    """In a report and in a difference, filtered by a text that is made to act too."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
