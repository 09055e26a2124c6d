"""A preview that follows its cell in a real JupyterLab, whatever the hash seed is.

The state of a widget travels in the order of a set, which depends on it.
"""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB


@pytest.fixture(scope="module", params=["0", "3"])
def seen(request, tmp_path_factory) -> dict:
    """Let a process of its own define the task again and again."""
    folder = tmp_path_factory.mktemp("lab")
    return seen_by("drive_follow.py", folder, PYTHONHASHSEED=request.param)


def test_the_preview_shows_the_last_definition(seen):
    """It can be edited, and nothing that the page answers leads to the past."""
    assert all(seen["ran"])
    for number, shown in enumerate(seen["followed"], 2):
        assert shown == {
            "cpu": str(number),
            "disabled": False,
            "status": f"definition {number} of this session",
        }


def test_the_history_leads_to_the_past_and_back(seen):
    """What its reader does with it counts."""
    assert seen["past"] == {
        "cpu": "",
        "disabled": True,
        "status": "definition 1 of 5",
    }
    assert seen["present"] == seen["followed"][-1]
