"""The tasks of a session, each with its ladder."""

from __future__ import annotations

import pytest

import kit
from kit import evidence
from kit.display.console import plain_text
from kit.display.notebook import summarize
from kit.evidence import Evidence, Rung, State


@kit.container_task(image="acme/a:1", name="bench.double")
def double(tt, n: int) -> int:
    """Double it."""
    return 2 * n


@kit.container_task(image="acme/a:1", name="bench.broken", custom={"unit": "kg"})
def broken(tt, n: int) -> int:
    """Ask for what is not there."""
    return n * tt.custom["factor"]


@pytest.fixture(autouse=True)
def _no_evidence():
    evidence.session.clear()
    yield
    evidence.session.clear()


def test_tasks_stand_by_name_with_what_comes_next():
    """In text, at 80 columns."""
    bench = kit.workbench(double, broken)
    assert repr(bench) == "Workbench(bench.broken, bench.double)"
    text = plain_text(summarize(bench), width=80)
    assert "2 tasks" in text
    assert "Check failed" in text
    assert "kit.prove(double)" in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_is_recorded_is_shown_the_next_time():
    """It is asked anew."""
    bench = kit.workbench(double)
    assert bench.ladders[0]["proof"].state is State.NOT_TRIED
    template = kit.task_template(double)
    evidence.record(template, Evidence(Rung.PROOF, State.PASSED, "proven"))
    assert bench.ladders[0]["proof"].state is State.PASSED
    assert "Check, Proof" in plain_text(summarize(bench))


def test_outside_of_a_notebook_tasks_are_named():
    """There are no variables to look through."""
    with pytest.raises(kit.KitError, match=r"kit\.workbench\(load, clean\)"):
        kit.workbench()
    with pytest.raises(kit.KitError, match="takes"):
        kit.workbench(3)
