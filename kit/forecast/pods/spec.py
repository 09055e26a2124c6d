"""A template's pod specification as Kubernetes reads it from JSON."""

from __future__ import annotations

from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

Json = dict[str, Any]


def read_pod_spec(struct: Struct) -> Json:
    """Return a Struct as JSON, without what Kubernetes does not write.

    Whole numbers are integers; empty texts and lists, ``null`` and fields that
    Kubernetes does not know are gone.
    """
    spec = {key: _read(value) for key, value in struct.fields.items()}
    spec = {key: value for key, value in spec.items() if _is_written(value)}
    for part in ("containers", "initContainers"):
        for container in spec.get(part, ()):
            for key in set(container) - _CONTAINER_FIELDS:
                del container[key]
    spec.setdefault("containers", [])
    return {key: value for key, value in spec.items() if key in _POD_FIELDS}


def _read(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        found = {key: _read(each) for key, each in value.struct_value.fields.items()}
        return {key: each for key, each in found.items() if _is_written(each)}
    if kind == "list_value":
        return _items(value.list_value)
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, str(kind))


def _items(values: ListValue) -> list[Any]:
    return [_read(each) for each in values.values]


def _is_written(value: Any) -> bool:
    return value is not None and value not in ("", [])


_POD_FIELDS = frozenset(
    {
        *("activeDeadlineSeconds", "affinity", "automountServiceAccountToken"),
        *("containers", "dnsConfig", "dnsPolicy", "enableServiceLinks"),
        *("ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID"),
        *("hostUsers", "hostname", "imagePullSecrets", "initContainers", "nodeName"),
        *("nodeSelector", "os", "overhead", "preemptionPolicy", "priority"),
        *("priorityClassName", "readinessGates", "resourceClaims", "resources"),
        *("restartPolicy", "runtimeClassName", "schedulerName", "schedulingGates"),
        *("securityContext", "serviceAccount", "serviceAccountName"),
        *("setHostnameAsFQDN", "shareProcessNamespace", "subdomain"),
        *("terminationGracePeriodSeconds", "tolerations"),
        *("topologySpreadConstraints", "volumes"),
    }
)
_CONTAINER_FIELDS = frozenset(
    {
        *("args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle"),
        *("livenessProbe", "name", "ports", "readinessProbe", "resizePolicy"),
        *("resources", "restartPolicy", "securityContext", "startupProbe", "stdin"),
        *("stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty"),
        *("volumeDevices", "volumeMounts", "workingDir"),
    }
)
