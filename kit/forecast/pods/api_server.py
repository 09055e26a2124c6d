"""What an API server of Kubernetes 1.34 fills into a pod."""

from __future__ import annotations

from typing import Any

from kit.definition.resources import parse_quantity

Json = dict[str, Any]

_DEFAULT_MODE = 0o644


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
        if set(volume) <= {"name"}:
            volume["emptyDir"] = {}
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
