"""The project's scripts, with stand-ins for the tools that they call."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >>"{log}"
touch "$TMPDIR/left-behind"
case "$*" in {failing}) exit 7 ;; esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with the real script, and tools that only log their calls."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "temporary").mkdir()
    shutil.copy(ROOT / "scripts" / "test", tmp_path / "scripts")
    write_tools(tmp_path, failing="nothing")
    return tmp_path


def write_tools(project: Path, *, failing: str) -> None:
    """Write the tools; those whose arguments match fail with status 7."""
    text = TOOL.format(log=project / "calls", failing=failing)
    names = tuple(f"scripts/{n}" for n in ("setup", "packages", "python314", "docs"))
    tools = (f"venv/bin/{name}" for name in ("python", "ruff", "mypy"))
    for name in (*names, *tools):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run(
        [project / "scripts" / "test", *words],
        env={
            **os.environ,
            "KIT_VENV": str(project / "venv"),
            "TMPDIR": str(project / "temporary"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_tests_come_before_speed(project: Path):
    """And setting up before all."""
    done = run(project)
    assert done.returncode == 0, done.stderr
    calls = (project / "calls").read_text().splitlines()
    assert calls[0] == "setup dev"
    (tests,) = (n for n, call in enumerate(calls) if "-m pytest" in call)
    (speed,) = (n for n, call in enumerate(calls) if "benchmarks/run.py" in call)
    assert tests < speed


@pytest.mark.parametrize("failing", ["*benchmarks*", "check*", "*pytest*"])
def test_a_step_that_fails_hides_no_other(failing, project: Path):
    """All steps run; the failed ones are listed, and the status is 1."""
    run(project)
    calls = (project / "calls").read_text()
    (project / "calls").unlink()
    write_tools(project, failing=failing)
    done = run(project)
    assert done.returncode == 1
    assert (project / "calls").read_text() == calls
    assert "Failed:\n" in done.stderr


@pytest.mark.parametrize("words", [(), ("tests/types", "-k", "lists")])
@pytest.mark.parametrize("failing", ["nothing", "*pytest*"])
def test_nothing_stays_in_the_temporary_directory(words, failing, project: Path):
    """Whether the tests pass or not, all of them or some."""
    write_tools(project, failing=failing)
    done = run(project, *words)
    assert bool(done.returncode) is (failing == "*pytest*")
    assert "pytest" in (project / "calls").read_text()
    assert list((project / "temporary").iterdir()) == []
