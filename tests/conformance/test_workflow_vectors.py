"""Workflows and launch plans are accepted or refused as by the live Flyte."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.interface_pb2 import TypedInterface

from conformance.vectors import recorded
from kit.forecast.workflow import (
    Answer,
    Interfaces,
    forecast_launch_plan,
    forecast_workflow,
    key_of,
)

Key = tuple[str, str, str, str]


def steps() -> Iterator[tuple[str, str, bytes, Answer, Interfaces, Interfaces]]:
    """Yield each step with its answer, and what was registered before it."""
    tasks: dict[Key, TypedInterface] = {}
    flows: dict[Key, TypedInterface] = {}
    for file in recorded("launch"):
        for step in (*file["tasks"], *file["workflow"]):
            data, rpc = base64.b64decode(step["request"]), step["rpc"]
            label = step.get("label", rpc)
            answer = Answer(step["code"], step.get("message", ""))
            again = step["code"] == "ALREADY_EXISTS" or "different structure" in (
                answer.words
            )
            if rpc in ("CreateWorkflow", "CreateLaunchPlan") and not again:
                yield label, rpc, data, answer, dict(tasks), dict(flows)
            if step["code"] == "OK" and rpc == "CreateTask":
                task = TaskCreateRequest.FromString(data)
                tasks[key_of(task.id)] = task.spec.template.interface
            if step["code"] == "OK" and rpc == "CreateWorkflow":
                flow = WorkflowCreateRequest.FromString(data)
                flows[key_of(flow.id)] = flow.spec.template.interface


STEPS = {step[0]: step[1:] for step in steps()}


def folded(words: str) -> str:
    """Fold blanks, which differ from build to build."""
    return re.sub(r"[ \u00a0]+", " ", words).strip()


@pytest.mark.parametrize("label", STEPS)
def test_a_registration_is_answered_as_recorded(label: str):
    """Code and words."""
    rpc, data, answer, tasks, flows = STEPS[label]
    made: Any
    if rpc == "CreateWorkflow":
        made = forecast_workflow(WorkflowCreateRequest.FromString(data), tasks)
    else:
        made = forecast_launch_plan(LaunchPlanCreateRequest.FromString(data), flows)
    assert (made.code, folded(made.words)) == (answer.code, folded(answer.words))


def test_there_are_steps_of_both():
    """Accepted and refused ones."""
    assert len(STEPS) >= 12
    assert {answer.accepted for _, _, answer, _, _ in STEPS.values()} == {True, False}
