"""Reports and differences to filter, in a real JupyterLab and browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own use the views, and return what it saw."""
    return seen_by("drive_reports.py", tmp_path_factory.mktemp("reports"))


def test_a_report_is_filtered_and_repaired(seen):
    """The error goes, and the code to keep that is there."""
    assert seen["ran"]
    assert seen["reported"] == {
        "all": "5 findings",
        "errors": "1 of 5 findings",
        "fixed": "limits=kit.Resources(cpu='1100m'),",
    }


def test_a_difference_is_filtered(seen):
    """By what it means."""
    assert seen["compared"] == {
        "all": "12 changes",
        "resources": "3 of 12 changes",
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
    assert views == [none] * 12


def test_nothing_of_a_task_acts(seen):
    """In a report and in a difference, filtered by a text that is made to act too."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
