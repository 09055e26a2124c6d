"""The same in process, in a fresh process, and as foretold for Flyte.

Containers are compared in ``tests/runners/docker/test_docker_matrix.py``, and a live
Flyte, where there is one, in ``test_live_matrix.py``.
"""

from __future__ import annotations

import os

import pytest
from matrix import ENDING_ROWS, IN_THIS_PROCESS, LAUNCH_ROWS, ROWS, VALUE_ROWS, Row
from matrix_flows import FLOWS, Flow

import kit
from kit.runners import Phase
from kit.running.on_flyte import launch_refusals

SAMPLE = int(os.environ.get("KIT_MATRIX_SAMPLE", "15"))
"""Of how many rows of values one is run in a fresh process too."""


def ident(row: Row) -> str:
    """Name a row."""
    return row.name.encode("ascii", "replace").decode()


def test_the_matrix_has_enough_rows():
    """Of values in shapes, of endings and of launches, and workflows."""
    assert len(ROWS) >= 400
    assert len(FLOWS) >= 40


def test_values_arrive_as_themselves_in_process():
    """Each equals what was sent, and its literals are those that were sent."""
    wrong = []
    for row in VALUE_ROWS:
        run = kit.run(row.task, runner="in-process", inputs=row.inputs)
        sent = run.inputs.literals["x"]
        if not run.succeeded or run.outputs.same != row.inputs["x"]:
            wrong.append((row.name, str(run.error)))
        elif run.literals.literals["same"] != sent:
            wrong.append((row.name, "another literal"))
        elif run.outputs.type != type(row.inputs["x"]).__name__:
            wrong.append((row.name, run.outputs.type))
        elif not run.on_flyte.end.succeeded:
            wrong.append((row.name, repr(run.on_flyte)))
    assert wrong == []


@pytest.mark.parametrize("row", VALUE_ROWS[::SAMPLE], ids=ident)
def test_a_fresh_process_gives_the_same_values(row):
    """Phase, literals and the type that the executor receives."""
    here = kit.run(row.task, runner="in-process", inputs=row.inputs)
    there = kit.run(row.task, inputs=row.inputs)
    assert there.succeeded, there.error
    assert there.literals == here.literals
    assert there.on_flyte == here.on_flyte


@pytest.mark.parametrize("row", ENDING_ROWS, ids=ident)
def test_a_run_ends_as_it_does_on_flyte(row):
    """Here with its phase, and on Flyte with its code and its number of pods."""
    run = kit.run(row.task, inputs=row.inputs)
    assert run.phase is row.phase, run.error
    end = run.on_flyte.end
    assert (end.code, end.pods) == (row.code, row.pods)
    assert end.succeeded is (row.phase is Phase.SUCCEEDED)


@pytest.mark.parametrize(
    "row",
    [row for row in ENDING_ROWS if row.inputs["how"].split()[0] in IN_THIS_PROCESS],
    ids=ident,
)
def test_a_run_in_this_process_ends_the_same(row):
    """As long as the process itself does not end."""
    run = kit.run(row.task, runner="in-process", inputs=row.inputs)
    assert run.phase is row.phase, run.error
    assert (run.on_flyte.end.code, run.on_flyte.end.pods) == (row.code, row.pods)


@pytest.mark.parametrize("row", LAUNCH_ROWS, ids=ident)
def test_a_launch_is_answered_as_by_flyte(row):
    """Values that Flyte takes for other types, that are too large, and odd names."""
    refusals = launch_refusals(row.task, row.inputs)
    codes = {found[0].code for found in refusals.values()} or {"OK"}
    assert codes == {row.launch}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_workflow_returns_what_it_does_on_flyte(flow: Flow):
    """Whatever is bound to its nodes."""
    if flow.returned is None:
        with pytest.raises(ValueError, match="told to fail with 1"):
            flow.flow(**flow.inputs)
    else:
        assert flow.flow(**flow.inputs) == flow.returned


@pytest.mark.nightly
@pytest.mark.parametrize("row", [*VALUE_ROWS, *ENDING_ROWS], ids=ident)
def test_a_fresh_process_for_every_row(row):
    """The long form of the samples above."""
    run = kit.run(row.task, inputs=row.inputs)
    assert run.phase is row.phase, run.error
    if row.phase is Phase.SUCCEEDED and "x" in row.inputs:
        assert run.outputs.same == row.inputs["x"]
