"""Registrations of kit's own workflows, and of launch plans of them."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.identifier_pb2 import ResourceType

import kit
from kit.forecast.workflow import (
    Interfaces,
    forecast_launch_plan,
    forecast_workflow,
    key_of,
)

SETTINGS = kit.SerializationSettings(project="p", domain="d", version="v")


@kit.container_task(image="i:1", name="double")
def double(tt, n: int) -> int:
    """Double."""
    return 2 * n


@kit.workflow
def twice(n: int, more: int = 1) -> int:
    """Call it twice."""
    return double(n=double(n=n))


def request_of(flow: Any) -> WorkflowCreateRequest:
    """Return the request that registers a workflow."""
    spec = kit.workflow_spec(flow, SETTINGS)
    return WorkflowCreateRequest(id=spec.template.id, spec=spec)


def registered(*tasks: Any) -> Interfaces:
    """Return the interfaces of tasks, as what is registered."""
    templates = [kit.task_template(task, SETTINGS) for task in tasks]
    return {key_of(each.id): each.interface for each in templates}


def plan_of(request: WorkflowCreateRequest) -> LaunchPlanCreateRequest:
    """Return the request for the default launch plan of a workflow."""
    plan = LaunchPlanCreateRequest()
    plan.id.CopyFrom(request.id)
    plan.id.resource_type = ResourceType.LAUNCH_PLAN
    plan.spec.workflow_id.CopyFrom(request.id)
    return plan


def test_a_workflow_is_accepted_when_its_tasks_are_registered():
    """And not before."""
    request = request_of(twice)
    assert forecast_workflow(request, registered(double)).accepted
    early = forecast_workflow(request, {})
    assert not early.accepted
    assert "missing entity of type TASK" in early.words


def test_a_name_beyond_ascii_cannot_be_bound():
    """As Flyte's compiler cannot parse it."""
    request = request_of(twice)
    node = request.spec.template.nodes[0].inputs[0].binding.promise
    node.var = "größe"
    answer = forecast_workflow(request, registered(double))
    assert "Failed to parse element [größe]." in answer.words
    assert "Parameter not bound [n]." in answer.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda request: None, ""),
        (
            lambda r: r.spec.template.nodes[1].inputs.pop(),
            "Parameter not bound [n].",
        ),
        (
            lambda r: setattr(
                r.spec.template.outputs[0].binding.promise, "node_id", "n7"
            ),
            "Referenced node [n7] not found.",
        ),
        (lambda r: r.id.ClearField("version"), "missing version"),
        (lambda r: setattr(r.id, "resource_type", 1), "expected workflow instead"),
    ],
)
def test_what_a_workflow_lacks_is_said(change, words):
    """In the words of the compiler or of the server."""
    request = request_of(twice)
    change(request)
    answer = forecast_workflow(request, registered(double))
    assert words in answer.words
    assert answer.accepted is not bool(words)


def test_a_launch_plan_has_the_inputs_of_its_workflow():
    """With defaults of their types."""
    request = request_of(twice)
    flows = {key_of(request.id): request.spec.template.interface}
    plan = plan_of(request)
    assert forecast_launch_plan(plan, flows).accepted
    assert forecast_launch_plan(plan, {}).code == "NOT_FOUND"
    parameter = plan.spec.default_inputs.parameters["more"]
    parameter.var.type.simple = 1
    assert "has neither default, nor is required" in (
        forecast_launch_plan(plan, flows).words
    )
    parameter.default.scalar.primitive.integer = 1
    assert forecast_launch_plan(plan, flows).accepted
    parameter.var.type.simple = 3
    parameter.default.scalar.primitive.string_value = "x"
    words = forecast_launch_plan(plan, flows).words
    assert words == (
        "invalid default_input wrong type more, expected simple:STRING, got "
        "simple:INTEGER instead"
    )
    plan.spec.default_inputs.Clear()
    plan.spec.fixed_inputs.literals["zz"].scalar.primitive.integer = 1
    assert forecast_launch_plan(plan, flows).words == "unexpected fixed_input zz"
