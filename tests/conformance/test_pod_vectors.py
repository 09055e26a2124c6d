"""Pods are made as by the live Flyte that was recorded."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import Node
from google.protobuf import json_format

from conformance.forecast_differs import PODS, reason
from conformance.platforms import pods
from kit.forecast.pods.attempt import PodLaunch
from kit.forecast.pods.pod import PodForecast, forecast_pod

Json = dict[str, Any]
CASES = {
    case["name"] + "@" + case["platform"]: (case, platform)
    for case, platform in pods()
    if "template_b64" in case
    and case.get("error", {}).get("stage") not in ("registration", "launch")
}


def launch_of(case: Json) -> PodLaunch:
    """Return what the launch of a case said; workflows are named in the pod alone."""
    said = case.get("launch", {})
    node = said_node(case)
    run_as = said.get("security_context", {}).get("run_as", {})
    data = said.get("raw_output_data_config", {})
    interruptible = said.get("interruptible")
    if isinstance(interruptible, dict):
        interruptible = interruptible.get("value", False)
    return PodLaunch(
        execution=case.get("execution", ""),
        attempt=recorded_attempt(case),
        node=node,
        workflow=recorded_workflow(case) if node else "",
        labels=said.get("labels", {}).get("values", said.get("labels", {})),
        annotations=said.get("annotations", {}).get(
            "values", said.get("annotations", {})
        ),
        environment=environment_of(said.get("envs", {})),
        interruptible=interruptible,
        service_account=run_as.get("k8s_service_account", ""),
        identity=run_as.get("execution_identity", ""),
        raw_prefix=data.get("output_location_prefix", ""),
    )


def environment_of(said: Any) -> dict[str, str]:
    """Read the variables of an execution."""
    listed = said.get("values", said) if isinstance(said, dict) else said
    if isinstance(listed, dict):
        return dict(listed)
    return {each["key"]: each.get("value", "") for each in listed}


def said_node(case: Json) -> Node | None:
    """Read the node of a workflow that the task was launched as."""
    if "workflow_node" not in case:
        return None
    return json_format.ParseDict(case["workflow_node"], Node())


def recorded_attempt(case: Json) -> int:
    """Return the attempt that a pod is named after; the first if its name is a hash."""
    name = case.get("pod", {}).get("metadata", {}).get("name", "")
    number = name.rpartition("-")[2]
    return int(number) if re.fullmatch("[0-9]", number) else 0


def recorded_variable(case: Json, name: str) -> str:
    """Return one of the engine's variables; empty if there was no pod."""
    containers = case.get("pod", {}).get("spec", {}).get("containers", [])
    for each in containers[0]["env"] if containers else ():
        if each["name"] == name:
            return str(each.get("value", ""))
    return ""


def recorded_workflow(case: Json) -> str:
    """Return the name of the workflow, without project and domain."""
    value = recorded_variable(case, "FLYTE_INTERNAL_EXECUTION_WORKFLOW")
    return value.partition(":")[2].partition(":")[2]


def comparable(pod: Json) -> Json:
    """Sort what comes in any order, and hide what the engine draws or reads."""
    pod = copy.deepcopy(pod)
    spec = pod["spec"]
    name_by_lot(pod)
    sort_by_lot(pod["metadata"])
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        container["env"] = by_text(map(hidden_value, container.get("env", ())))
        if "volumeMounts" in container:
            container["volumeMounts"] = by_text(container["volumeMounts"])
        container["args"] = list(with_interfaces(container.get("args", ())))
    for volume in spec.get("volumes", ()):
        if "secret" in volume:
            volume["secret"]["items"] = by_text(volume["secret"]["items"])
    if "volumes" in spec:
        spec["volumes"] = by_text(spec["volumes"])
    return pod


def name_by_lot(pod: Json) -> None:
    """Hide a name of four characters, which the engine draws."""
    first = pod["spec"]["containers"][0]
    name, annotations = first["name"], pod["metadata"]["annotations"]
    if name not in ("main", "side") and re.fullmatch("[a-z0-9]{4}|…", name):
        first["name"] = "…"
        if annotations.get("primary_container_name") == name:
            annotations["primary_container_name"] = "…"


def sort_by_lot(metadata: Json) -> None:
    """Group the annotations for Vault's agent, whose names the webhook draws."""
    groups: dict[str, Json] = {}
    kept = {}
    for key, value in metadata["annotations"].items():
        kind, found, lot = key.partition("-inject-")
        if found:
            part, _, lot = lot.partition("-")
            groups.setdefault(lot, {})[f"{kind}{part}"] = value
        else:
            kept[key] = value
    metadata["annotations"] = [kept, *by_text(groups.values())]


FROM_ENGINE = ("ACME_HOST", "ACME_UNSET")


def hidden_value(variable: Json) -> Json:
    """Hide the values that are those of the engine's own variables."""
    if variable["name"] in FROM_ENGINE:
        return {**variable, "value": "…"}
    return variable


def with_interfaces(words: list[str]) -> Iterator[Any]:
    """Read the interfaces among args: Go writes their maps in any order."""
    kinds = {"--interface": TypedInterface, "--input-interface": VariableMap}
    for before, word in zip(["", *words], words, strict=False):
        kind = kinds.get(before)
        if kind is None:
            yield word
        else:
            yield json_format.MessageToDict(kind.FromString(base64.b64decode(word)))


def by_text(items: Any) -> list[Any]:
    """Sort objects of JSON."""
    return sorted(items, key=lambda each: json.dumps(each, sort_keys=True))


def is_told(words: str, told: str) -> bool:
    """Compare words; ``…`` in them is what only the platform knows."""
    parts = (re.escape(part) for part in folded(told).split("…"))
    return re.fullmatch(".*".join(parts), folded(words), re.DOTALL) is not None


def folded(words: str) -> str:
    """Fold blanks, of which builds of Flyte write one or two."""
    return re.sub(r"[ \u00a0]+", " ", words)


def forecast_of(name: str) -> tuple[Json, PodForecast]:
    """Return a case and its forecast."""
    case, platform = CASES[name]
    template = TaskTemplate.FromString(base64.b64decode(case["template_b64"]))
    inputs = LiteralMap.FromString(base64.b64decode(case["inputs_b64"]))
    return case, forecast_pod(template, inputs, launch_of(case), platform)


@pytest.mark.parametrize("name", CASES)
def test_a_pod_is_made_as_recorded(name):
    """To the last field; or refused in the same words; or its reason is listed."""
    case, forecast = forecast_of(name)
    error = case.get("error", {})
    if "pod" in case:
        is_same = forecast.pod is not None and comparable(forecast.pod) == comparable(
            case["pod"]
        )
    else:
        is_same = forecast.pod is None and forecast.code == (error.get("code") or "")
        if forecast.code:
            is_same = is_same and is_told(error["message"], forecast.words)
    listed = reason(PODS, f"{name}: {error.get('message', '')}")
    if listed is None:
        assert is_same, forecast
    else:
        assert not is_same, "foretold now: take it off the list"
