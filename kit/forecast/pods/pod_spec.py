"""The specification of a pod in a template: read as Kubernetes reads its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

Json = dict[str, Any]


def read_pod_spec(struct: Struct) -> Json:
    """Return a Struct as JSON, without what Kubernetes does not write.

    Whole numbers are integers; empty texts and lists, ``null`` and fields that
    Kubernetes does not know are gone.

    Raises:
        ValueError: It is of another shape, in Go's words.
    """
    spec = {key: _read(value) for key, value in struct.fields.items()}
    spec = {key: value for key, value in spec.items() if _is_written(value)}
    words = misread(spec)
    if words:
        raise ValueError(words)
    for part in ("containers", "initContainers"):
        for container in spec.get(part, ()):
            container.setdefault("name", "")
            for variable in container.get("env", ()):
                variable.setdefault("name", "")
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


@dataclass(frozen=True)
class _Kind:
    """What a field has to be.

    Attributes:
        go: The name of its type in Go.
        json: The kinds of JSON that can be read as one.
        fields: Those of a struct.
        item: What a list or a map is made of.
    """

    go: str
    json: tuple[str, ...] = ("object",)
    fields: Mapping[str, _Kind] = field(default_factory=dict)
    item: _Kind | None = None

    @property
    def name(self) -> str:
        """The name of the struct."""
        return self.go.removeprefix("v1.")


def _struct(name: str, /, **fields: _Kind) -> _Kind:
    return _Kind(f"v1.{name}", fields=fields)


def _list(item: _Kind) -> _Kind:
    return _Kind(f"[]{item.go}", ("array",), item=item)


_TEXT = _Kind("string", ("string",))
_INTEGER = _Kind("int32", ("number",))
_LONG = _Kind("int64", ("number",))
_FLAG = _Kind("bool", ("bool",))
_AMOUNT = _Kind("resource.Quantity", ("string", "number"))
_TEXTS = _list(_TEXT)
_MAP = _Kind("map[string]string", item=_TEXT)
_AMOUNTS = _Kind("v1.ResourceList", item=_AMOUNT)
_KEY = _struct("KeySelector", name=_TEXT, key=_TEXT)
_ITEMS = _list(_struct("KeyToPath", key=_TEXT, path=_TEXT, mode=_INTEGER))
_PROBE = _struct(
    "Probe",
    exec=_struct("ExecAction", command=_TEXTS),
    httpGet=_struct("HTTPGetAction", path=_TEXT, scheme=_TEXT),
    tcpSocket=_struct("TCPSocketAction"),
    grpc=_struct("GRPCAction"),
    successThreshold=_INTEGER,
)
_CONTAINER = _struct(
    "Container",
    name=_TEXT,
    image=_TEXT,
    command=_TEXTS,
    args=_TEXTS,
    workingDir=_TEXT,
    env=_list(
        _struct(
            "EnvVar",
            name=_TEXT,
            value=_TEXT,
            valueFrom=_struct(
                "EnvVarSource",
                fieldRef=_struct("ObjectFieldSelector"),
                resourceFieldRef=_struct("ResourceFieldSelector"),
                configMapKeyRef=_KEY,
                secretKeyRef=_KEY,
            ),
        )
    ),
    envFrom=_list(
        _struct(
            "EnvFromSource",
            prefix=_TEXT,
            configMapRef=_struct("ConfigMapEnvSource", name=_TEXT),
            secretRef=_struct("SecretEnvSource", name=_TEXT),
        )
    ),
    ports=_list(
        _struct(
            "ContainerPort",
            name=_TEXT,
            containerPort=_INTEGER,
            hostPort=_INTEGER,
            hostIP=_TEXT,
            protocol=_TEXT,
        )
    ),
    volumeMounts=_list(
        _struct(
            "VolumeMount", name=_TEXT, mountPath=_TEXT, subPath=_TEXT, readOnly=_FLAG
        )
    ),
    resources=_struct("ResourceRequirements", limits=_AMOUNTS, requests=_AMOUNTS),
    imagePullPolicy=_TEXT,
    restartPolicy=_TEXT,
    terminationMessagePolicy=_TEXT,
    terminationMessagePath=_TEXT,
    securityContext=_struct("SecurityContext", runAsUser=_LONG, runAsGroup=_LONG),
    livenessProbe=_PROBE,
    readinessProbe=_PROBE,
    startupProbe=_PROBE,
)
_EXPRESSION = _struct(
    "NodeSelectorRequirement", key=_TEXT, operator=_TEXT, values=_TEXTS
)
_TERMS = _struct(
    "NodeSelector",
    nodeSelectorTerms=_list(
        _struct("NodeSelectorTerm", matchExpressions=_list(_EXPRESSION))
    ),
)
_SPEC = _struct(
    "PodSpec",
    containers=_list(_CONTAINER),
    initContainers=_list(_CONTAINER),
    volumes=_list(
        _struct(
            "Volume",
            name=_TEXT,
            emptyDir=_struct("EmptyDirVolumeSource", medium=_TEXT, sizeLimit=_AMOUNT),
            hostPath=_struct("HostPathVolumeSource", path=_TEXT, type=_TEXT),
            secret=_struct(
                "SecretVolumeSource",
                secretName=_TEXT,
                items=_ITEMS,
                defaultMode=_INTEGER,
            ),
            configMap=_struct(
                "ConfigMapVolumeSource", name=_TEXT, items=_ITEMS, defaultMode=_INTEGER
            ),
            persistentVolumeClaim=_struct("PVCVolumeSource", claimName=_TEXT),
            projected=_struct("ProjectedVolumeSource", defaultMode=_INTEGER),
            downwardAPI=_struct("DownwardAPIVolumeSource", defaultMode=_INTEGER),
            csi=_struct("CSIVolumeSource", driver=_TEXT),
        )
    ),
    tolerations=_list(
        _struct(
            "Toleration",
            key=_TEXT,
            operator=_TEXT,
            value=_TEXT,
            effect=_TEXT,
            tolerationSeconds=_LONG,
        )
    ),
    affinity=_struct(
        "Affinity",
        nodeAffinity=_struct(
            "NodeAffinity", requiredDuringSchedulingIgnoredDuringExecution=_TERMS
        ),
    ),
    nodeSelector=_MAP,
    securityContext=_struct(
        "PodSecurityContext", runAsUser=_LONG, runAsGroup=_LONG, fsGroup=_LONG
    ),
    imagePullSecrets=_list(_struct("LocalObjectReference", name=_TEXT)),
    restartPolicy=_TEXT,
    dnsPolicy=_TEXT,
    schedulerName=_TEXT,
    serviceAccountName=_TEXT,
    nodeName=_TEXT,
    hostname=_TEXT,
    subdomain=_TEXT,
    priorityClassName=_TEXT,
    runtimeClassName=_TEXT,
    preemptionPolicy=_TEXT,
    activeDeadlineSeconds=_LONG,
    terminationGracePeriodSeconds=_LONG,
    hostNetwork=_FLAG,
)


def misread(spec: Mapping[str, Any]) -> str:
    """Return Go's words for a specification that is of another shape; or nothing.

    >>> misread({"containers": "x"})
    'json: cannot unmarshal string into Go struct field PodSpec.containers of type \
[]v1.Container'
    """
    return next(_misread(spec, _SPEC, "PodSpec", ()), "")


def _misread(
    value: Any, kind: _Kind, struct: str, path: tuple[str, ...]
) -> Iterator[str]:
    found = _json_kind(value)
    if value is None:
        return
    if found not in kind.json:
        where = f"Go struct field {struct}.{'.'.join(path)}" if path else "Go value"
        yield f"json: cannot unmarshal {found} into {where} of type {kind.go}"
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            inner = kind.fields.get(key, kind.item)
            if inner is not None:
                named = kind.name if kind.fields else struct
                yield from _misread(each, inner, named, (*path, key))
    elif isinstance(value, list) and kind.item is not None:
        for each in value:
            yield from _misread(each, kind.item, struct, path)


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    for type_, name in ((str, "string"), ((int, float), "number"), (list, "array")):
        if isinstance(value, type_):
            return name
    return "object"


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
