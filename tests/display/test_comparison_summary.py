"""What is shown of the same task in several places."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import kit
from kit.display.console import plain_text
from kit.display.html import page
from kit.display.notebook import summarize
from kit.display.of_runs import summarize_comparison, summarize_measured

BOTH = ("in-process", "subprocess")
TASKS = """
import os, kit

@kit.container_task(image="acme/a:1", name="shown", ship="inline", enable_deck=True)
def shown(tt, n: int) -> tuple[list[int], str]:
    if n < 0:
        raise ValueError("<script>alert(1)</script>")
    return [n, int("SHOWN_LAB" in os.environ)], "<script>alert(1)</script>"
"""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Give a task whose second element depends on a variable."""
    (tmp_path / "shown_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shown_tasks", raising=False)
    from shown_tasks import shown

    return shown


def test_what_is_shown_of_runs_that_agree(shown):
    """A table; and the same comparison looks the same again."""
    texts = {
        plain_text(summarize(kit.compare_runs(shown, runners=BOTH, n=1)))
        for _ in range(2)
    }
    (text,) = texts
    assert text.startswith("comparison shown  agree")
    assert re.search(r"outputs.o0 +2 elements +equal\n", text)
    assert re.search(r"… returned as +list\[int\] +list\[int\]\n", text)
    assert re.search(r"decks +[\w, ]+", text)
    assert "Disagreements" not in text


def test_what_is_shown_of_runs_that_disagree(shown, monkeypatch, tmp_path):
    """Sentences first, with advice; then the table, in which they are marked."""
    monkeypatch.setenv("SHOWN_LAB", "1")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    runners = ("in-process", kit.SubprocessRunner(isolated=True), "docker")
    summary = summarize_comparison(kit.compare_runs(shown, runners=runners, n=1))
    titles = [section.title for section in summary.sections if section.items]
    assert titles == [
        "Not available",
        "Disagreements",
        "Side by side",
        "Around the runs",
    ]
    text = plain_text(summary)
    assert "outputs.o0[1] is 1 in-process, 0 in subprocess." in text
    assert re.search(r"≠ outputs.o0 +2 elements +differs at \[1\] +not run\n", text)
    assert "The variable SHOWN_LAB" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    html = page(summary)
    assert "<script>alert" not in html
    for fact in ("≠ outputs.o0", "differs at [1]", "The variable SHOWN_LAB", "not run"):
        assert fact in html


def test_errors_are_shown_in_a_line(shown):
    """With what the engine makes of them."""
    comparison = kit.compare_runs(shown, runners=BOTH, n=-1)
    html = page(summarize_comparison(comparison))
    assert "USER NON_RECOVERABLE USER:ValueError" in html
    assert "<script>alert" not in html


def test_what_was_measured(shown):
    """Parts that any run tells, in all, and the memory."""
    comparison = kit.compare_runs(shown, runners=BOTH, n=1)
    text = plain_text(summarize_measured(comparison.measured))
    for part in ("serialize", "start", "load", "execute", "decks", "total"):
        assert re.search(rf"{part} +\d+\.\d{{3}} s +\d+\.\d{{3}} s\n", text)
    assert re.search(r"peak memory +[\d,]+ MiB +[\d,]+ MiB\n", text)
    assert "text/html" in comparison.measured._repr_mimebundle_()
