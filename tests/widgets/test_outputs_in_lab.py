"""Outputs in a real JupyterLab, used in a real browser."""

from __future__ import annotations

import pytest
from lab_process import IN_LAB, seen_by

pytestmark = IN_LAB
MOST_MILLISECONDS = 3_000  # to sort a million rows, on a machine that has other work
MOST_BYTES = 400_000  # the stylesheet, static faces, and the pages that were looked at


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """Let a process of its own look at outputs, and return what it saw."""
    folder = tmp_path_factory.mktemp("lab")
    return {**seen_by("drive_outputs.py", folder), "folder": folder}


def test_every_kind_of_output_is_shown(seen):
    """Each as what it is."""
    assert seen["ran"] == [True, True]
    assert seen["images"] == 1
    for text in (
        "2026-01-02 00:00:00 UTC",
        "dot.png, under 1 kB, image/png",
        "report.pdf, under 1 kB, application/pdf",
        "birds: 1,000,000 rows",
        "text: 3,000 lines, 15,000 characters, the first 40 lines shown",
        "folder: 2 files, 5.1 MB; sizes in bytes",
    ):
        assert text in seen["text"]


def test_a_million_rows_are_sorted_and_paged(seen):
    """By the kernel; the page has what is seen of them."""
    paged = seen["paged"]
    assert paged["title"] == "birds: 1,000,000 rows"
    assert paged["sort"] == "ascending"
    assert paged["status"] == "999,981 to 1,000,000 of 1,000,000"
    assert paged["ends"]
    assert paged["rows"] == 100
    assert max(paged["sorted"], paged["last"]) < MOST_MILLISECONDS
    assert seen["bytes"] < MOST_BYTES


def test_outputs_are_taken_along(seen):
    """Byte by byte as the task wrote them."""
    taken = seen["taken"]
    assert taken["text"] == ["text.txt", 15_000, b"line\n".hex()]
    assert taken["file"] == ["a.bin", 5_120_000, bytes(range(5)).hex()]
    assert taken["chosen"] == "second"
    assert taken["pdf"] == "application/pdf"


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_it_fits_and_is_accessible(seen, theme, width):
    """In both themes and at every width."""
    look = seen["pictured"][f"{theme}-{width}"]
    assert look == {"unnamed": 0, "scripts": 0, "inline": 0, "overflow": 0, "axe": []}


def test_nothing_that_a_task_wrote_acts(seen):
    """Cells, titles of columns, names of files, and what is in them."""
    assert seen["attacked"] == {"ran": True, "acted": False, "added": 0}
