"""What the engine adds to a pod: copilot's containers, accelerators, shared memory."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core import tasks_pb2

from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError
from kit.forecast.pods.attempt import Attempt
from kit.forecast.pods.propeller import Propeller

Json = dict[str, Any]


class BuildError(Exception):
    """The engine makes no pod, for a reason of the task's."""


def bad_specification(text: str) -> BuildError:
    """Return the error of a template from which no pod can be made."""
    return BuildError(f"[BadTaskSpecification] {text}")


def named(spec: Json, name: str) -> Json:
    """Return the container of a name that is there."""
    return next(each for each in spec["containers"] if each["name"] == name)


def extend(attempt: Attempt, spec: Json, primary: str) -> None:
    """Write accelerators and shared memory; a node's go before the template's."""
    extended = tasks_pb2.ExtendedResources()
    extended.CopyFrom(attempt.template.extended_resources)
    node = attempt.launch.node
    if node is not None:
        over = node.task_node.overrides.extended_resources
        for part in ("gpu_accelerator", "shared_memory"):
            if over.HasField(part):
                getattr(extended, part).CopyFrom(getattr(over, part))
    if extended.HasField("gpu_accelerator"):
        _select_gpu(attempt.engine, spec, extended.gpu_accelerator)
    if extended.HasField("shared_memory"):
        share_memory(spec, primary, extended.shared_memory)


def _select_gpu(engine: Propeller, spec: Json, gpu: tasks_pb2.GPUAccelerator) -> None:
    limits = [c.get("resources", {}).get("limits", {}) for c in spec["containers"]]
    if not any(engine.gpu_resource_name in each for each in limits):
        return
    if gpu.device:
        select(spec, engine.gpu_device_node_label, gpu.device)
    size = gpu.WhichOneof("partition_size_value")
    label = engine.gpu_partition_size_node_label
    if size == "partition_size":
        select(spec, label, gpu.partition_size)
    elif size == "unpartitioned" and gpu.unpartitioned:
        whole = engine.gpu_unpartitioned_node_selector_requirement
        require(spec, whole or {"key": label, "operator": "DoesNotExist"})
        if engine.gpu_unpartitioned_toleration:
            toleration = dict(engine.gpu_unpartitioned_toleration)
            spec.setdefault("tolerations", []).append(toleration)


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def require(spec: Json, requirement: Mapping[str, Any] | None) -> None:
    """Add a requirement to every term of the node affinity."""
    if requirement is None:
        return
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    terms = affinity.setdefault(_REQUIRED, {}).setdefault("nodeSelectorTerms", [])
    if not terms:
        terms.append({})
    for term in terms:
        term.setdefault("matchExpressions", []).append(copy.deepcopy(dict(requirement)))


def select(spec: Json, label: str, value: str) -> None:
    """Require a label of the node, and tolerate the taint of the same name."""
    require(spec, {"key": label, "operator": "In", "values": [value]})
    made = {"key": label, "operator": "Equal", "effect": "NoSchedule"}
    toleration = {**made, "value": value} if value else made
    spec.setdefault("tolerations", []).append(toleration)


def share_memory(spec: Json, primary: str, memory: tasks_pb2.SharedMemory) -> None:
    """Mount shared memory into the primary container.

    Raises:
        BuildError: It lacks a name or a path, one is taken, or its size is wrong.
    """
    name, path = memory.mount_name, memory.mount_path
    for part, value in (("name", name), ("path", path)):
        if not value:
            raise bad_specification(f"mount {part} is not set")
    own = named(spec, primary)
    if any(each["name"] == name for each in spec.get("volumes", ())):
        raise bad_specification(f"A volume is already named {name} in pod spec")
    for mount in own.get("volumeMounts", ()):
        if mount["name"] == name:
            raise bad_specification(f"A volume is already named {name} in container")
        if mount["mountPath"] == path:
            raise bad_specification(f"{path} is already mounted in container")
    try:
        size = parse_quantity(memory.size_limit or "0").canonical
    except ResourcesError as error:
        told = str(error).partition(", got ")[0].partition(" in '")[0]
        raise bad_specification(f"Unable to parse size limit: {told}") from error
    source = {"medium": "Memory", "sizeLimit": size}
    spec.setdefault("volumes", []).append({"name": name, "emptyDir": source})
    own.setdefault("volumeMounts", []).append({"name": name, "mountPath": path})


def add_copilot(attempt: Attempt, spec: Json, primary: Json) -> str:
    """Add the containers that load inputs and store outputs, if asked for."""
    target = attempt.template.container
    if attempt.template.WhichOneof("target") == "k8s_pod":
        target = attempt.template.k8s_pod  # type: ignore[assignment] # both have data_config
    data, engine = target.data_config, attempt.engine.co_pilot
    if not data.enabled:
        return ""
    primary.setdefault("securityContext", {}).setdefault("capabilities", {})
    added, first = [], ""
    interface = attempt.template.interface
    if interface.inputs.variables:
        path = data.input_path or engine.default_input_path
        _mount(spec, primary, engine.input_vol_name, path)
        added.append(_downloader(attempt, path, _FORMATS.Name(data.format)))
        first = added[-1]["name"]
    if interface.outputs.variables:
        path = data.output_path or engine.default_output_path
        _mount(spec, primary, engine.output_vol_name, path)
        added.insert(0, _uploader(attempt, path))
        spec["terminationGracePeriodSeconds"] = _COPILOT_SECONDS
    uploader = added[:1] if interface.outputs.variables else []
    others = added[len(uploader) :]
    containers = [*uploader, *spec.get("initContainers", ()), *others]
    if containers:
        spec["initContainers"] = containers
    return first


def _downloader(attempt: Attempt, path: str, form: str) -> Json:
    wanted = attempt.template.interface.inputs.SerializeToString(deterministic=True)
    args = ["download", "--from-remote", attempt.context.input]
    args += ["--to-output-prefix", attempt.context.output_prefix]
    args += ["--to-local-dir", path, "--format", form]
    args += ["--input-interface", base64.b64encode(wanted).decode()]
    mount = {"name": attempt.engine.co_pilot.input_vol_name, "mountPath": path}
    return _copilot(attempt, "downloader", args, mount)


def _uploader(attempt: Attempt, path: str) -> Json:
    wanted = attempt.template.interface.SerializeToString(deterministic=True)
    args = ["sidecar", "--timeout", "1h0m0s"]
    args += ["--to-raw-output", attempt.context.raw_output_data_prefix]
    args += ["--to-output-prefix", attempt.context.output_prefix]
    args += ["--from-local-dir", path]
    args += ["--interface", base64.b64encode(wanted).decode()]
    mount = {"name": attempt.engine.co_pilot.output_vol_name, "mountPath": path}
    return {**_copilot(attempt, "uploader", args, mount), "restartPolicy": "Always"}


def _copilot(attempt: Attempt, name: str, args: list[str], mount: Json) -> Json:
    engine = attempt.engine.co_pilot
    amounts = {"cpu": engine.cpu, "memory": engine.memory}
    return {
        "name": f"{engine.name}{name}",
        "image": engine.image,
        "command": list(_copilot_command(attempt.engine.storage)),
        "args": args,
        "workingDir": "/",
        "resources": {"limits": dict(amounts), "requests": dict(amounts)},
        "volumeMounts": [mount],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "imagePullPolicy": "IfNotPresent",
    }


_COPILOT_SECONDS = 3600
_FORMATS = tasks_pb2.DataLoadingConfig.LiteralMapFormat


def _mount(spec: Json, primary: Json, name: str, path: str) -> None:
    spec.setdefault("volumes", []).append({"name": name, "emptyDir": {}})
    mount = {"name": name, "mountPath": path}
    primary.setdefault("volumeMounts", []).append(mount)


def _copilot_command(storage: Mapping[str, Any]) -> Iterator[str]:
    yield "/bin/flyte-copilot"
    yield "--storage.limits.maxDownloadMBs=0"
    yield "--logger.level=3"
    if storage.get("container"):
        yield f"--storage.container={storage['container']}"
    yield f"--storage.type={storage.get('type', 's3')}"
    connection = storage.get("connection", {})
    for key in ("secret-key", "access-key", "auth-type", "region", "endpoint"):
        yield f"--storage.connection.{key}={connection.get(key, '')}"
