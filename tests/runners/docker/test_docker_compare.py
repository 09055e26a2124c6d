"""Runs here beside runs in real containers, which differ as images do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from container_tasks import IMAGE, container_task
from runner_tasks import LabExecutor

import kit
from kit.runners import Phase
from kit.shim.telemetry import REPORT_VARIABLE

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("slim")]

BIRDS = "VERSION = {version!r}\n__version__ = VERSION\n"


def birds(tt, count: int) -> dict[str, str]:
    """Ask a package for its version."""
    import birdlib

    return {"version": birdlib.VERSION, "count": str(count)}


def region(tt) -> str:
    """Read a variable of the user's shell."""
    import os

    return os.environ.get("BIRDS_REGION", "unknown")


def inline(function, image: str = IMAGE):
    """Make a task of a function, whose source travels in the template."""
    name = function.__name__
    return kit.container_task(image=image, name=name, ship="inline")(function)


@pytest.fixture
def birdlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package here, as version 2.0."""
    (tmp_path / "birdlib.py").write_text(BIRDS.format(version="2.0"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "birdlib", raising=False)


def test_all_three_agree():
    """The same executor in this process, a fresh one and a container."""
    task = container_task(LabExecutor, environment={"MODE": "task"})
    comparison = kit.compare_runs(task, mode="ok", n=4)
    assert repr(comparison) == (
        "RunComparison('lab.container': in-process, subprocess, docker agree)"
    )
    report = comparison.runs["docker"].report
    assert report.inputs == {"mode": "str", "n": "int"}
    assert report.outputs == {"double": "int", "text": "str"}
    assert report.packages["kit"] == kit.__version__
    assert "directory" not in [one.about for one in comparison.surroundings]


def test_a_report_out_of_a_container():
    """Its parts are told apart; the task and the command know nothing of it."""
    task = container_task()
    run = kit.run(task, mode="variables", n=1, runner="docker")
    timings = run.raise_for_error().timings
    parts = (timings.stage, timings.start, timings.load, timings.execute)
    assert all(part > 0 for part in parts)
    assert timings.start > timings.execute
    assert timings.start > timings.stage  # the engine's part is no staging
    assert REPORT_VARIABLE not in run.outputs.text
    assert REPORT_VARIABLE not in run.command
    assert 2**20 < run.report.peak_memory < 2**30


@pytest.mark.usefixtures("birdlib")
def test_another_version_in_the_image(tiny, slim):
    """What differs is told, and that the versions do."""
    module = BIRDS.format(version="1.5.3").encode()
    image = tiny({"opt/site/birdlib.py": module}, base=slim)
    comparison = kit.compare_runs(inline(birds, image), count=1)
    (output,) = comparison.disagreements
    assert output.message == (
        "outputs.o0.version is '2.0' in-process and in subprocess, '1.5.3' in docker."
    )
    messages = [one.message for one in comparison.surroundings]
    assert "birdlib is 2.0 in-process and in subprocess, 1.5.3 in docker." in messages


@pytest.mark.usefixtures("birdlib")
def test_a_package_that_the_image_lacks():
    """The phase differs, and the advice is about the image."""
    comparison = kit.compare_runs(inline(birds), count=1)
    phase = comparison.disagreements[0]
    assert phase.values["docker"] == "FAILED"
    assert "FAILED (ModuleNotFoundError) in docker" in phase.message
    assert "into the image" in phase.advice
    assert comparison.runs["docker"].phase is Phase.FAILED


def test_a_variable_that_only_processes_here_have(monkeypatch):
    """It is named, for the executor's code names it."""
    monkeypatch.setenv("BIRDS_REGION", "north")
    comparison = kit.compare_runs(inline(region), side_by_side=True)
    assert comparison.disagreements[0].values == {
        "in-process": "'north'",
        "subprocess": "'north'",
        "docker": "'unknown'",
    }
    assert comparison.surroundings[0].path == "variables.BIRDS_REGION"


def test_an_image_that_is_not_there():
    """Its column says how to get it."""
    comparison = kit.compare_runs(inline(region, "acme/nowhere:9"))
    assert list(comparison.runs) == ["in-process", "subprocess"]
    assert "no image 'acme/nowhere:9'" in comparison.unavailable["docker"]
