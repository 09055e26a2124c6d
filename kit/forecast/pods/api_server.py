"""What an API server of Kubernetes 1.34 fills into a pod, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.definition.resources import Quantity, parse_quantity
from kit.forecast.kubernetes import (
    invalid,
    is_dns_label,
    joined,
    label_value_faults,
    metadata_faults,
    secret_faults,
    subdomain_faults,
    taken_mount,
    variable_faults,
)
from kit.template.macros import quoted_text

Json = dict[str, Any]

_DEFAULT_MODE = 0o644
_LONGEST_LABEL = 63


def fill_pod(pod: Json) -> None:
    """Write the defaults of a pod that is created."""
    spec = pod["spec"]
    fill_pod_spec(spec)
    spec.setdefault("priority", 0)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        _request_limits(container)
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    _tolerate(spec)


def fill_pod_spec(spec: Json) -> None:
    """Write the defaults that the specification of a pod has anywhere."""
    prune(spec)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        _fill_container(container, on_host=spec.get("hostNetwork", False))
    for volume in spec.get("volumes", ()):
        for kind in ("secret", "configMap", "projected", "downwardAPI"):
            if kind in volume:
                volume[kind].setdefault("defaultMode", _DEFAULT_MODE)
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")


_WRITTEN_IF_TRUE = frozenset(
    {"hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly"}
)


def prune(value: Any) -> None:
    """Take out what Kubernetes does not write: empty texts, empty lists, ``false``."""
    if isinstance(value, list):
        for each in value:
            prune(each)
    if not isinstance(value, dict):
        return
    for key, each in list(value.items()):
        prune(each)
        is_no = each is False and key in _WRITTEN_IF_TRUE
        if each is None or is_no or (key != "name" and each in ("", [])):
            del value[key]


def _fill_container(container: Json, *, on_host: bool) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))
    for port in container.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if on_host:
            port.setdefault("hostPort", port["containerPort"])
    for variable in container.get("env", ()):
        reference = variable.get("valueFrom", {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            _fill_probe(container[probe])


def _fill_probe(probe: Json) -> None:
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)
    if "httpGet" in probe:
        probe["httpGet"].setdefault("scheme", "HTTP")
        probe["httpGet"].setdefault("path", "/")


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    tag = name.partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _request_limits(container: Json) -> None:
    """A limit without a request is a request too; CPU is counted in thousandths."""
    resources = container["resources"]
    limits, requests = (resources.get(part, {}) for part in ("limits", "requests"))
    missing = {name: limits[name] for name in limits if name not in requests}
    if missing:
        resources["requests"] = {**requests, **missing}
    for amounts in resources.values():
        if isinstance(amounts, dict) and "cpu" in amounts:
            amounts["cpu"] = _thousandths(amounts["cpu"])


def _thousandths(text: str) -> str:
    cpu = parse_quantity(text)
    finer = cpu.amount * 1000 != cpu.milli
    return parse_quantity(f"{cpu.milli}m").canonical if finer else text


_WAIT = 300


def _tolerate(spec: Json) -> None:
    tolerations = spec.setdefault("tolerations", [])
    for key in ("not-ready", "unreachable"):
        taint = f"node.kubernetes.io/{key}"
        if not any(_tolerates(each, taint) for each in tolerations):
            made = {"key": taint, "operator": "Exists", "effect": "NoExecute"}
            tolerations.append({**made, "tolerationSeconds": _WAIT})


def _tolerates(toleration: Json, taint: str) -> bool:
    return toleration.get("key", "") in ("", taint) and toleration.get(
        "effect", ""
    ) in ("", "NoExecute")


def refusal(pod: Json) -> str:
    """Return what an API server says if it refuses a pod; empty if it does not."""
    metadata, spec = pod["metadata"], pod["spec"]
    faults = metadata_faults(metadata["labels"], metadata["annotations"])
    faults += list(_spec_faults(spec))
    if not faults:
        return ""
    return f'Pod "{metadata["name"]}" is invalid: {joined(faults)}'


def _spec_faults(spec: Json) -> Iterator[str]:
    volumes = set()
    for index, volume in enumerate(spec.get("volumes", ())):
        told = list(_volume_faults(f"spec.volumes[{index}]", volume))
        yield from told
        if not told:
            volumes.add(volume["name"])
    names: set[str] = set()
    for index, container in enumerate(spec["containers"]):
        path = f"spec.containers[{index}]"
        yield from _container_faults(path, container, volumes)
        if container["name"] in names:
            shown = quoted_text(container["name"])
            yield f"{path}.name: Duplicate value: {shown}"
        names.add(container["name"])
    account = spec.get("serviceAccountName", "")
    for fault in subdomain_faults(account) if account else ():
        yield invalid("spec.serviceAccountName", account, fault)
    yield from _affinity_faults(spec.get("affinity", {}))
    for index, each in enumerate(spec.get("tolerations", ())):
        for fault in label_value_faults(each.get("value", "")):
            yield invalid(f"spec.tolerations[{index}].operator", each["value"], fault)


_NOT_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
    "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
    "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def _volume_faults(path: str, volume: Json) -> Iterator[str]:
    name = volume["name"]
    if len(name) > _LONGEST_LABEL:
        most = f"must be no more than {_LONGEST_LABEL} characters"
        yield invalid(f"{path}.name", name, most)
    elif not is_dns_label(name):
        yield invalid(f"{path}.name", name, _NOT_LABEL)
    size = volume.get("emptyDir", {}).get("sizeLimit", "0")
    if parse_quantity(size).amount < 0:
        told = "Forbidden: SizeLimit field must be a valid resource quantity"
        yield f"{path}.emptyDir.sizeLimit: {told}"


def _container_faults(path: str, container: Json, volumes: set[str]) -> Iterator[str]:
    image = container.get("image", "")
    if not image:
        yield f"{path}.image: Required value"
    elif image != image.strip():
        told = "must not have leading or trailing whitespace"
        yield invalid(f"{path}.image", image, told)
    for index, variable in enumerate(container.get("env", ())):
        place = f"{path}.env[{index}]"
        yield from variable_faults(place, variable["name"])
        secret = variable.get("valueFrom", {}).get("secretKeyRef")
        if secret is not None:
            yield from secret_faults(place, secret["name"], secret["key"])
    yield from _mount_faults(path, container.get("volumeMounts", ()), volumes)
    yield from _amount_faults(f"{path}.resources", container.get("resources", {}))


def _mount_faults(path: str, mounts: list[Json], volumes: set[str]) -> Iterator[str]:
    taken: set[str] = set()
    for index, mount in enumerate(mounts):
        where = f"{path}.volumeMounts[{index}]"
        if mount["name"] not in volumes:
            yield f"{where}.name: Not found: {quoted_text(mount['name'])}"
        if mount["mountPath"] in taken:
            yield taken_mount(where, mount["mountPath"])
        taken.add(mount["mountPath"])


def _amount_faults(path: str, resources: Json) -> Iterator[str]:
    limits, requests = (
        _read(resources.get(part, {})) for part in ("limits", "requests")
    )
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name in sorted(amounts):
            if amounts[name].amount < 0:
                told = "must be greater than or equal to 0"
                where = f"{path}.{part}[{name}]"
                yield invalid(where, amounts[name].canonical, told)
    for name in sorted(requests):
        yield from _over_limit(f"{path}.requests", name, requests[name], limits)


def _over_limit(
    path: str, name: str, request: Quantity, limits: dict[str, Quantity]
) -> Iterator[str]:
    limit = limits.get(name)
    if limit is None:
        return
    if "/" in name and request.amount != limit.amount:
        told = f"must be equal to {name} limit of {limit.canonical}"
        yield invalid(path, request.canonical, told)
    elif "/" not in name and request.amount > limit.amount:
        told = f"must be less than or equal to {name} limit of {limit.canonical}"
        yield invalid(path, request.canonical, told)


def _read(amounts: Json) -> dict[str, Quantity]:
    return {name: parse_quantity(text) for name, text in amounts.items()}


def _affinity_faults(affinity: Json) -> Iterator[str]:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = affinity.get("nodeAffinity", {}).get(required, {})
    for number, term in enumerate(terms.get("nodeSelectorTerms", ())):
        for index, each in enumerate(term.get("matchExpressions", ())):
            for place, value in enumerate(each.get("values", ())):
                path = (
                    f"spec.affinity.nodeAffinity.{required}.nodeSelectorTerms[{number}]"
                    f".matchExpressions[{index}].values[{place}]"
                )
                for fault in label_value_faults(value):
                    yield invalid(path, value, fault)
