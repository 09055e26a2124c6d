"""The static page in a real browser: nothing acts, everything can be read."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from display_tasks import SETTINGS, full_task
from xss import PAYLOADS, everywhere

from kit.display.html import page
from kit.display.of_template import summarize_task

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
    """Write the pages and let a browser open them."""
    folder = tmp_path_factory.mktemp("pages")
    for index, payload in enumerate(PAYLOADS):
        path = folder / f"evil-{index:02}.html"
        path.write_text(page(everywhere(payload)), encoding="utf-8")
    usual = page(summarize_task(full_task(), SETTINGS))
    (folder / "usual.html").write_text(usual, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("browse.py")), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_payload_acts(report):
    """No script, no frame, no style, no other address; the page is as it should be."""
    assert len(report["evil"]) == len(PAYLOADS)
    for payload, found in zip(PAYLOADS, report["evil"], strict=True):
        assert found == {
            "acted": False,
            "frames": 0,
            "scripts": 0,
            "styles": 1,
            "shown": True,
            "sections": 2,
            "position": "MAIN",
            "address": True,
        }, payload


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_never_scrolls_sideways(report, scheme):
    """At 400, 900 and 1400 pixels, with everything unfolded."""
    overflow = report[scheme]["overflow"]
    assert overflow == {width: int(width) for width in ("400", "900", "1400")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_the_page(report, scheme):
    """At least the contrast that WCAG 2 asks for."""
    assert report[scheme]["contrast"] >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sections_fold_by_keyboard(report, scheme):
    """Tab reaches the first section, Enter opens it."""
    assert report[scheme]["keyboard"] == "SUMMARYtrue"
