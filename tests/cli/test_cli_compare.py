"""``kit compare``, called as the command line calls it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cli_tasks  # noqa: F401 - so that its folder is on the import path
import pytest

from kit.cli import main

BOTH = ["compare", "--runner", "in-process", "--runner", "subprocess"]
ECHO = ["cli_tasks:echo", "--min-rows", "2"]
PLACE = '''
import os, kit

@kit.container_task(image="acme/a:1", name="place", ship="inline")
def place(tt) -> str:
    """Tell where it is."""
    return "<blink>\\x1b[31m" + os.getcwd()
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a task that does another thing in another place."""
    (tmp_path / "place_tasks.py").write_text(PLACE)
    monkeypatch.delitem(sys.modules, "place_tasks", raising=False)
    monkeypatch.chdir(tmp_path)
    return "place_tasks.py:place"


def test_runs_that_agree(capsys):
    """The status is 0, and the table has a column for each."""
    assert main([*BOTH, *ECHO]) == 0
    out = capsys.readouterr().out
    assert "comparison cli.echo  agree" in out
    assert "outputs.twice" in out
    assert "peak memory" not in out


def test_runs_that_disagree(capsys, place):
    """The status is 1; what a task returned cannot act in a terminal."""
    assert main([*BOTH, place]) == 1
    out = capsys.readouterr().out
    assert "comparison place  1 disagreement" in out
    assert "\x1b[31m" not in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_a_page_and_data(capsys, place, tmp_path):
    """They tell the same, in their own form."""
    assert main([*BOTH, "-o", "comparison.html", place]) == 1
    page = (tmp_path / "comparison.html").read_text()
    assert "≠ outputs.o0" in page
    assert "&lt;blink&gt;" in page
    assert "<blink>" not in page
    assert main([*BOTH, place, "--format", "json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["agree"] is False
    assert facts["disagreements"][0]["path"] == "outputs.o0"
    assert facts["runs"]["subprocess"]["phase"] == "SUCCEEDED"
    assert facts["runs"]["subprocess"]["seconds"]["load"] > 0


def test_seconds_and_memory_are_shown_where_asked(capsys):
    """They are different each time."""
    assert main([*BOTH, "--measured", "--side-by-side", *ECHO]) == 0
    out = capsys.readouterr().out
    assert "peak memory" in out
    assert "total" in out


def test_a_place_that_is_not_available(capsys, monkeypatch, tmp_path):
    """The status is 2, so that nobody takes it for agreement."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    assert main(["compare", *ECHO]) == 2
    out = capsys.readouterr().out
    assert "docker: No container engine answers" in out
    assert "comparison cli.echo  2 of 3 agree" in out


def test_one_place_is_refused(capsys):
    """It takes two to compare."""
    assert main(["compare", "--runner", "docker", *ECHO]) == 2
    assert "two runners or more" in capsys.readouterr().err


def test_help_has_its_own_statuses(capsys):
    """Those of other commands mean something else."""
    assert main(["compare", "--help"]) == 0
    out = capsys.readouterr().out
    assert "1 they disagree" in out
    assert "the task failed" not in out
