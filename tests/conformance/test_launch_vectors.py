"""Launches are accepted or refused as by the live Flyte that was recorded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from conformance.forecast_differs import LAUNCHES, OTHER_ANSWERS, reason
from conformance.platforms import pods
from conformance.vectors import recorded
from kit.forecast.launch import LaunchForecast
from kit.forecast.launch_request import expected_inputs, forecast_request

LAB = kit.Platform(
    projects=("flytesnacks", "flytetester", "resting"),
    domains=("development", "staging", "production"),
)


def key_of(task: Identifier) -> tuple[str, ...]:
    """Return what tells registered tasks apart."""
    return (task.project, task.domain, task.name, task.version)


def registered(file: dict[str, Any]) -> dict[tuple[str, ...], TaskTemplate]:
    """Return the tasks that were registered before the launches of a file."""
    found = {}
    for step in (*file["tasks"], *file["workflow"]):
        if step["rpc"] == "CreateTask" and step["code"] == "OK":
            request = TaskCreateRequest.FromString(base64.b64decode(step["request"]))
            template = request.spec.template
            template.id.CopyFrom(request.id)
            found[key_of(request.id)] = template
    return found


def planned(file: dict[str, Any]) -> dict[tuple[str, ...], ParameterMap]:
    """Return what the launch plans expect that were made before the launches."""
    interfaces: dict[tuple[str, ...], TypedInterface] = {}
    found = {}
    for step in file["workflow"]:
        data = base64.b64decode(step["request"])
        if step["code"] != "OK":
            continue
        if step["rpc"] == "CreateWorkflow":
            flow = WorkflowCreateRequest.FromString(data)
            interfaces[key_of(flow.id)] = flow.spec.template.interface
        if step["rpc"] == "CreateLaunchPlan":
            plan = LaunchPlanCreateRequest.FromString(data)
            interface = interfaces[key_of(plan.spec.workflow_id)]
            found[key_of(plan.id)] = expected_inputs(interface, plan.spec)
    return found


def launches() -> Iterator[tuple[str, Any, Any]]:
    """Yield each case with the last request that was kept, and what can be launched."""
    for file in recorded("launch"):
        known = {
            ResourceType.TASK: registered(file),
            ResourceType.LAUNCH_PLAN: planned(file),
        }
        for case in file["cases"]:
            if "request" in case["steps"][-1]:
                yield case["id"], case["steps"][-1], known


CASES = {name: (step, known) for name, step, known in launches()}


def folded(words: str) -> str:
    """Fold blanks, and a size that the server measured."""
    words = re.sub(r"\(\d+ vs\.", "(N vs.", words)
    return re.sub(r"[ \u00a0]+", " ", words)


def answers(forecast: LaunchForecast) -> set[tuple[str, str]]:
    """Return the answers of which the server gives one."""
    told = {(each.code, folded(each.words)) for each in forecast.refusals}
    return told or {("OK", "")}


def is_foreseeable(step: dict[str, Any], request: ExecutionCreateRequest) -> bool:
    """Whether the answer to a request is none of those on the list."""
    names_role = request.spec.security_context.run_as.iam_role
    names_role = names_role or request.spec.auth_role.assumable_iam_role
    told = reason(LAUNCHES, step["message"])
    return told is None or ("roleNameKey" in told and not names_role)


@pytest.mark.parametrize("name", CASES)
def test_a_launch_is_answered_as_recorded(name):
    """Code and words, also those that came at another time; or it is on the list."""
    step, known = CASES[name]
    request = ExecutionCreateRequest.FromString(base64.b64decode(step["request"]))
    named = request.spec.launch_plan
    target = known.get(named.resource_type, {}).get(key_of(named))
    told = answers(forecast_request(request, target, LAB))
    is_foretold = (step["code"], folded(step["message"])) in told
    assert is_foretold == is_foreseeable(step, request)
    others = {(code, folded(words)) for code, words in step.get("or", ())}
    assert (others <= told) != (name in OTHER_ANSWERS)


POD_CASES = {
    case["name"]: (case, platform)
    for case, platform in pods()
    if "template_b64" in case
    and "workflow_node" not in case
    and case.get("error", {}).get("stage") != "registration"
}


def is_told(words: str, told: str) -> bool:
    """Compare words; ``…`` in them is what only the server knows."""
    parts = (re.escape(part) for part in folded(told).split("…"))
    return re.fullmatch(".*".join(parts), folded(words), re.DOTALL) is not None


@pytest.mark.parametrize("name", POD_CASES)
def test_what_came_to_a_pod_is_accepted(name):
    """And what was refused before is refused, in the same words."""
    case, platform = POD_CASES[name]
    template = TaskTemplate.FromString(base64.b64decode(case["template_b64"]))
    inputs = LiteralMap.FromString(base64.b64decode(case["inputs_b64"]))
    request = ExecutionCreateRequest(inputs=inputs, name=case.get("execution", ""))
    request.project, request.domain = template.id.project, template.id.domain
    request.spec.launch_plan.CopyFrom(template.id)
    for kind in ("labels", "annotations"):
        given = case.get("launch", {}).get(kind, {})
        getattr(request.spec, kind).values.update(given.get("values", given))
    identity = case.get("launch", {}).get("security_context", {}).get("run_as", {})
    request.spec.security_context.run_as.iam_role = identity.get("iam_role", "")
    forecast = forecast_request(request, template, platform)
    error = case.get("error", {})
    step = {"code": error.get("code", ""), "message": error.get("message", "")}
    if not is_foreseeable(step, request):
        assert forecast.accepted, "foretold now: take it off the list"
    elif error.get("stage") == "launch":
        assert forecast.code == error["code"]
        assert any(is_told(error["message"], e.words) for e in forecast.refusals)
    else:
        assert forecast.accepted
