"""The containers of a pod: resources, the platform's defaults, copilot."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from flyteidl.core import tasks_pb2
from flyteidl.core.security_pb2 import Secret
from google.protobuf import text_format

from kit.definition.resources import Quantity, parse_quantity, quantity_text
from kit.errors import ResourcesError
from kit.forecast.kubernetes import encode_base32
from kit.forecast.platform import Platform
from kit.forecast.pods.api_server import fill_pod_spec
from kit.forecast.pods.attempt import Attempt
from kit.forecast.pods.propeller import Propeller
from kit.template.macros import quoted_text

Amounts: TypeAlias = dict[str, Quantity]
Requirements: TypeAlias = dict[str, Amounts]
"""``requests`` and ``limits``, by Kubernetes' names of resources."""

CPU, MEMORY, STORAGE = "cpu", "memory", "ephemeral-storage"
NVIDIA_GPU = "nvidia.com/gpu"
ZERO = parse_quantity("0")

_KUBERNETES_NAMES = {
    tasks_pb2.Resources.CPU: CPU,
    tasks_pb2.Resources.MEMORY: MEMORY,
    tasks_pb2.Resources.EPHEMERAL_STORAGE: STORAGE,
    tasks_pb2.Resources.GPU: NVIDIA_GPU,
}


def message_requirements(resources: tasks_pb2.Resources) -> Requirements:
    """Return the amounts of a template's or a node's resources that are not zero."""
    return {
        "requests": _message_amounts(resources.requests),
        "limits": _message_amounts(resources.limits),
    }


def _message_amounts(entries: Iterable[tasks_pb2.Resources.ResourceEntry]) -> Amounts:
    found = {}
    for entry in entries:
        amount = parse_quantity(entry.value)
        if entry.name in _KUBERNETES_NAMES and not amount.is_zero:
            found[_KUBERNETES_NAMES[entry.name]] = amount
    return found


def json_requirements(resources: Mapping[str, Any]) -> Requirements:
    """Return the amounts of a container as Kubernetes' JSON has them."""
    return {
        part: {name: _json_amount(v) for name, v in resources.get(part, {}).items()}
        for part in ("requests", "limits")
    }


def _json_amount(value: Any) -> Quantity:
    return parse_quantity(value if isinstance(value, str) else quantity_text(value))


def requirements_json(found: Requirements) -> dict[str, dict[str, str]]:
    """Return amounts as Kubernetes prints them."""
    return {
        part: {name: amount.canonical for name, amount in found[part].items()}
        for part in ("limits", "requests")
        if found[part]
    }


def platform_requirements(platform: Platform) -> Requirements:
    """Return the platform's defaults and limits; what it lacks is left out."""
    found: Requirements = {"requests": {}, "limits": {}}
    names = (CPU, MEMORY, STORAGE, NVIDIA_GPU)
    for name, (default, most) in zip(names, platform.amounts, strict=True):
        for part, text in (("requests", default), ("limits", most)):
            if text:
                found[part][name] = parse_quantity(text)
    return found


def rename_gpu(found: Requirements, gpu: str) -> None:
    """Take ``gpu`` for the platform's name of GPUs."""
    for amounts in found.values():
        if "gpu" in amounts:
            amounts[gpu] = amounts.pop("gpu")


def merge(found: Requirements, over: Requirements) -> None:
    """Write amounts over those that are there."""
    for part, amounts in over.items():
        found[part].update(amounts)


def merge_missing(found: Requirements, under: Requirements) -> None:
    """Write amounts where there are none."""
    for part, amounts in under.items():
        found[part] = {**amounts, **found[part]}


def settle_all(
    found: Requirements, platform: Requirements, gpu: str, *, assign: bool
) -> None:
    """Settle the amounts of a container.

    Args:
        found: The amounts, which are changed.
        platform: Its defaults and limits.
        gpu: The platform's name of GPUs.
        assign: Whether missing amounts are filled in from each other and from the
            platform's defaults; otherwise they become 0 where one of the two is there.
    """
    named = found["requests"].keys() | found["limits"].keys()
    for name in (CPU, MEMORY, *(n for n in (STORAGE, gpu) if n in named)):
        request, limit = (
            found[part].get(name, ZERO) for part in ("requests", "limits")
        )
        default = platform["requests"].get(name)
        if assign:
            request = limit if request.is_zero else request
            request = (default or ZERO) if request.is_zero else request
            limit = request if limit.is_zero else limit
        if assign and default is None and request.is_zero and name not in named:
            continue  # nobody knows
        most = platform["limits"].get(name, ZERO)
        request, limit = _cut(request, most), _cut(limit, most)
        found["requests"][name] = _cut(request, limit)
        found["limits"][name] = limit


def _cut(amount: Quantity, most: Quantity) -> Quantity:
    if amount.is_zero or most.is_zero:
        return amount
    return most if amount.amount > most.amount else amount


Json = dict[str, Any]


def find_template(name: str, namespace: str, platform: Platform) -> Json | None:
    """Return a PodTemplate as the API server keeps it, or ``None``.

    It is looked for in the namespace of the execution, then in the engine's.
    """
    found = [
        each
        for each in platform.objects
        if each.get("kind") == "PodTemplate" and each["metadata"]["name"] == name
    ]
    own = [each for each in found if each["metadata"].get("namespace") == namespace]
    for each in (*own, *found):
        template: Json = copy.deepcopy(dict(each["template"]))
        fill_pod_spec(template["spec"])
        return template
    return None


def container_resources(template: Json, name: str, *, init: bool) -> Json:
    """Return the resources that a PodTemplate has for a container."""
    part, ending = ("initContainers", "-init") if init else ("containers", "")
    for wanted in (name, f"primary{ending}", f"default{ending}"):
        for each in template["spec"].get(part, ()):
            if each["name"] == wanted:
                resources: Json = each.get("resources", {})
                return resources
    return {}


def merge_template(
    template: Json, metadata: Json, spec: Json, primary: str, primary_init: str
) -> tuple[Json, Json]:
    """Merge a pod over a PodTemplate; containers by the template's special names."""
    merged = overlay(template["spec"], spec)
    for part, ending, first in (
        ("containers", "", primary),
        ("initContainers", "-init", primary_init),
    ):
        named = {each["name"]: each for each in template["spec"].get(part, ())}
        containers = [
            _container(each, named, ending, is_primary=each["name"] == first)
            for each in spec.get(part, ())
        ]
        merged[part] = containers
    return overlay(template.get("metadata", {}), metadata), merged


def _container(
    own: Json, named: Mapping[str, Json], ending: str, *, is_primary: bool
) -> Json:
    special = (f"default{ending}", f"primary{ending}")
    bases = [named[special[0]]] if special[0] in named else []
    if is_primary and special[1] in named:
        bases.append(named[special[1]])
    if not is_primary and own["name"] in named and own["name"] not in special:
        bases.append(named[own["name"]])
    merged: Json = {}
    for each in (*bases, own):
        merged = overlay(merged, each)
    return merged


def overlay(base: Any, over: Any) -> Any:
    """Merge as Go's mergo does: maps by key, lists appended, empty values never."""
    if isinstance(base, dict) and isinstance(over, dict):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = overlay(base[key], value) if key in base else value
        return copy.deepcopy(merged)
    if isinstance(base, list) and isinstance(over, list):
        return copy.deepcopy([*base, *over])
    return copy.deepcopy(base if over in (None, "", 0, False) else over)


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


_MOUNTS = (Secret.ANY, Secret.ENV_VAR, Secret.FILE)


def unknown_mount(secrets: list[Secret]) -> Secret | None:
    """Return the first secret whose way of mounting the engine does not know."""
    return next((s for s in secrets if s.mount_requirement not in _MOUNTS), None)


def secret_annotations(secrets: list[Secret]) -> dict[str, str]:
    """Return the annotations of a pod, in the order of the template's secrets."""
    return {
        f"flyte.secrets/s{index}": encode_base32(_secret_text(each).encode())
        for index, each in enumerate(secrets)
    }


def _secret_text(secret: Secret) -> str:
    lines = [
        f"{name}: {quoted_text(getattr(secret, name))}\n"
        for name in ("group", "group_version", "key")
        if getattr(secret, name)
    ]
    if secret.mount_requirement:
        lines.append(f"mount_requirement: {_name(secret)}\n")
    if secret.env_var:
        lines.append(f"env_var: {quoted_text(secret.env_var)}\n")
    return "".join(lines)


def _name(secret: Secret) -> str:
    return (
        text_format.MessageToString(Secret(mount_requirement=secret.mount_requirement))
        .split(": ")[1]
        .strip()
    )
