"""The fixtures that kit gives to the tests of others."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TASKS = """
import kit

@kit.container_task(image="ghcr.io/acme/weigh:1.0", custom={"unit": UNIT})
def weigh(tt, grams: list[int]) -> float:
    "The mean weight."
    print("weighing", grams)
    return sum(grams) / len(grams) / {"kg": 1000, "g": 1}[tt.custom["unit"]]
"""
TESTS = """
from acme_weigh import weigh

def test_run(shim_run):
    assert shim_run(weigh, grams=[1000, 3000]).outputs.o0 == 2.0

def test_fresh(shim_run):
    run = shim_run(weigh, grams=[1000], runner="subprocess")
    assert run.outputs.o0 == 1.0

def test_fails(shim_run):
    shim_run(weigh, grams=[])

def test_template(template_snapshot):
    template_snapshot(weigh)
"""


@pytest.fixture
def project(pytester):
    """A project with a task and its tests."""
    pytester.makeini("[pytest]\naddopts = -p kit.pytest_plugin")
    pytester.makepyfile(acme_weigh=TASKS.replace("UNIT", '"kg"'), test_weigh=TESTS)
    return pytester


def test_runs_and_failures(project):
    """A run that fails shows its error and its log."""
    done = project.runpytest_subprocess("-k", "run or fresh or fails")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["*ZeroDivisionError*", "weighing []"])


def test_a_template_is_kept_and_compared(project):
    """It fails without one, passes with it, and tells what has changed."""
    missing = project.runpytest_subprocess("-k", "template")
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["*There is no *acme_weigh.weigh.yaml. Run pytest*"])
    project.runpytest_subprocess(
        "-k", "template", "--update-templates"
    ).assert_outcomes(passed=1)
    kept = project.path / "__templates__" / "acme_weigh.weigh.yaml"
    assert "unit: kg" in kept.read_text()
    project.runpytest_subprocess("-k", "template").assert_outcomes(passed=1)

    project.makepyfile(acme_weigh=TASKS.replace("UNIT", '"g"'))
    changed = project.runpytest_subprocess("-k", "template")
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(["*custom.unit*", "*is another template*"])


def test_another_release_of_kit_is_no_other_template(project):
    """What kit writes of itself is not the task's."""
    project.runpytest_subprocess("-k", "template", "--update-templates")
    kept = project.path / "__templates__" / "acme_weigh.weigh.yaml"
    text = kept.read_text()
    assert "version: 0." in text
    kept.write_text(text.replace("version: 0.", "version: 99."))
    project.runpytest_subprocess("-k", "template").assert_outcomes(passed=1)
