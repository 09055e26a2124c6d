"""On a live Flyte that runs pods: launched, watched, ended, replayed."""

from __future__ import annotations

import flyte_tasks
import pytest

import kit
from kit.errors import CallError

PATIENCE = 240


def test_a_task_runs_there_as_here(engine):
    """The same outputs, and no disagreement."""
    execution = kit.launch(flyte_tasks.greet, remote=engine, inputs={"name": "a"})
    assert execution.wait(PATIENCE).is_done
    assert execution.outputs == {"greeting": "hello a! "}
    again = kit.execution(execution.name, remote=engine)
    assert again.outputs == {"greeting": "hello a! "}


def test_a_failure_is_told_and_replayed(engine):
    """With the traceback of the pod."""
    execution = kit.launch(flyte_tasks.behave, how="fails", remote=engine)
    assert execution.wait(PATIENCE).error.type == "ZeroDivisionError"
    assert execution.replay(wait=True).error.type == "ZeroDivisionError"


def test_retries_are_attempts(engine):
    """Three pods, of which the last one succeeds."""
    execution = kit.launch(flyte_tasks.behave, how="again", remote=engine)
    assert execution.wait(PATIENCE).succeeded
    assert len(execution.attempts) == 3


def test_an_execution_is_ended(engine):
    """While its pod runs."""
    execution = kit.launch(flyte_tasks.behave, how="sleeps", remote=engine)
    execution.wait(10)
    execution.cancel()
    assert execution.wait(PATIENCE).phase == "ABORTED"


def test_a_refusal_is_foretold(engine, version):
    """By the template that is registered."""
    kit.register(flyte_tasks.greet, version, remote=engine)
    other = flyte_tasks.GreetTask(
        "flyte_tasks.greet", interface=kit.Interface({"name": int}, {"o": str})
    )
    with pytest.raises(CallError, match="INVALID_ARGUMENT"):
        kit.launch(other, version, remote=engine, inputs={"name": 3})


def test_a_workflow_runs(engine, version):
    """By its launch plan's defaults."""
    kit.register(flyte_tasks.flow, version, remote=engine)
    execution = kit.launch(flyte_tasks.flow, version, remote=engine)
    assert execution.wait(PATIENCE).succeeded
