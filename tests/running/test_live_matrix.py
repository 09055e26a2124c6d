"""The matrix on a live Flyte: every row ends there as it does here."""

from __future__ import annotations

import os

import pytest
from live_flyte import VARIABLE, LiveFlyte
from matrix import ROWS, Row
from matrix_flows import FLOWS, Flow

import kit
from kit.definition.interface import is_optional
from kit.task.call import input_literals
from kit.types import default_engine

if VARIABLE not in os.environ:
    pytest.skip(
        f"{VARIABLE} names no live Flyte, such as 127.0.0.1:8089",
        allow_module_level=True,
    )

pytestmark = pytest.mark.timeout(600)
EVERY = int(os.environ.get("KIT_MATRIX_EVERY", "1"))
"""Of how many rows one is tried."""


@pytest.fixture(scope="module")
def live() -> LiveFlyte:
    """Give the live Flyte."""
    return LiveFlyte(os.environ[VARIABLE])


def ident(row: Row | Flow) -> str:
    """Name a row."""
    return row.name.encode("ascii", "replace").decode()


@pytest.mark.parametrize("row", ROWS[::EVERY], ids=ident)
def test_a_task_ends_there_as_here(live, row):
    """Its launch, phase, code, pods and literals."""
    literals = input_literals(
        row.task.name, row.task.python_interface, row.inputs, default_engine
    )
    there = live.run_task(row.task, literals)
    assert there.launch == row.launch
    if row.launch != "OK":
        return
    assert there.phase == row.phase.value
    assert (there.code, there.pods) == (row.code, row.pods)
    if there.phase == "SUCCEEDED" and "x" in row.inputs:
        here = kit.run(row.task, runner="in-process", inputs=row.inputs)
        assert there.literals == here.literals


@pytest.mark.parametrize("flow", FLOWS[::EVERY], ids=ident)
def test_a_workflow_ends_there_as_here(live, flow):
    """With the values that a call here returns."""
    interface = flow.flow.python_interface
    given = dict(flow.inputs)
    for name, (kind, default) in interface.inputs_with_defaults.items():
        if name not in given and (default is not None or is_optional(kind)):
            given[name] = default
    literals = input_literals(flow.flow.name, interface, given, default_engine)
    there = live.run_flow(flow.flow, literals)
    assert there.launch == "OK"
    assert (there.phase == "SUCCEEDED") is (flow.returned is not None)
    if flow.returned is not None:
        types = interface.outputs
        values = tuple(
            default_engine.to_python(there.literals.literals[name], kind)
            for name, kind in types.items()
        )
        assert values in (flow.returned, (flow.returned,))
