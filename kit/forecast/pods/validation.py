"""What an API server of Kubernetes 1.34 refuses of a pod, in its words.

A port of ``pkg/apis/core/validation`` as far as a pod of Flyte's engine can break it
and no cluster has to be asked. Go reads maps in no order: faults of several keys of
one map come sorted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kit.definition.resources import Quantity, parse_quantity
from kit.forecast.kubernetes import (
    invalid,
    is_dns_label,
    joined,
    label_value_faults,
    metadata_faults,
    qualified_name_faults,
    secret_faults,
    subdomain_faults,
    taken_mount,
    variable_faults,
)
from kit.template.macros import quoted_text

Json = dict[str, Any]
Faults = Iterator[str]

_LONGEST_LABEL = 63
_MOST_SECONDS = 2**31 - 1
_MOST_PORT = 2**16 - 1
_MOST_MODE = 0o777


def refusal_words(pod: Json, faults: Iterable[str]) -> str:
    """Return what an API server answers to a pod with these faults."""
    return f'Pod "{pod["metadata"]["name"]}" is invalid: {joined(list(faults))}'


def pod_faults(pod: Json) -> list[str]:
    """Return what an API server says against a pod, each fault once."""
    metadata, spec = pod["metadata"], pod["spec"]
    faults = metadata_faults(metadata["labels"], metadata["annotations"])
    faults.extend(_spec_faults(spec))
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part, ())):
            image = container.get("image", "")
            if image != image.strip():
                told = "must not have leading or trailing whitespace"
                faults.append(_invalid(f"spec.{part}[{index}].image", image, told))
    return list(dict.fromkeys(faults))


def _spec_faults(spec: Json) -> Faults:
    volumes: dict[str, Json] = {}
    for index, volume in enumerate(spec.get("volumes", ())):
        faults = list(_volume_faults(f"spec.volumes[{index}]", volume, volumes))
        yield from faults
        if not faults:
            volumes[volume["name"]] = volume
    yield from _containers(spec, volumes)
    yield from _init_containers(spec, volumes)
    yield from _choice("spec.restartPolicy", spec.get("restartPolicy"), _RESTARTS)
    yield from _choice("spec.dnsPolicy", spec.get("dnsPolicy"), _DNS)
    yield from _selector_faults(spec.get("nodeSelector", {}))
    yield from _user_faults("spec.securityContext", spec.get("securityContext", {}))
    yield from _affinity_faults(spec.get("affinity", {}))
    for part in ("serviceAccountName", "nodeName"):
        yield from _subdomain(f"spec.{part}", spec.get(part, ""))
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds <= _MOST_SECONDS:
        told = f"must be between 1 and {_MOST_SECONDS}, inclusive"
        yield _invalid("spec.activeDeadlineSeconds", seconds, told)
    for part in ("hostname", "subdomain"):
        yield from _label(f"spec.{part}", spec.get(part, "")) if spec.get(part) else ()
    yield from _toleration_faults(spec.get("tolerations", ()))
    for part in ("priorityClassName", "runtimeClassName"):
        yield from _subdomain(f"spec.{part}", spec.get(part, ""))
    policy = spec.get("preemptionPolicy")
    yield from _choice("spec.preemptionPolicy", policy, _PREEMPTIONS)


def _selector_faults(selector: Mapping[str, str]) -> Faults:
    for key, value in sorted(selector.items()):
        for fault in qualified_name_faults(key):
            yield _invalid("spec.nodeSelector", key, fault)
        for fault in label_value_faults(str(value)):
            yield _invalid("spec.nodeSelector", value, fault)


_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PULLS = ("Always", "IfNotPresent", "Never")
_MESSAGES = ("File", "FallbackToLogsOnError")
_PREEMPTIONS = ("PreemptLowerPriority", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def _containers(spec: Json, volumes: Mapping[str, Json]) -> Faults:
    if not spec["containers"]:
        yield "spec.containers: Required value"
    names: set[str] = set()
    for index, container in enumerate(spec["containers"]):
        path = f"spec.containers[{index}]"
        yield from _container_faults(path, container, volumes)
        yield from _duplicate(f"{path}.name", container["name"], names)
        yield from _probe_faults(path, container)
        if "restartPolicy" in container:
            told = "may not be set for non-init containers"
            yield f"{path}.restartPolicy: Forbidden: {told}"
    yield from _host_ports("spec.containers", spec["containers"])


_NOT_OF_INIT = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


def _init_containers(spec: Json, volumes: Mapping[str, Json]) -> Faults:
    names = {container["name"] for container in spec["containers"]}
    for index, container in enumerate(spec.get("initContainers", ())):
        path = f"spec.initContainers[{index}]"
        yield from _container_faults(path, container, volumes)
        policy = container.get("restartPolicy")
        if policy is not None:
            yield from _choice(f"{path}.restartPolicy", policy, ("Always",))
        yield from _duplicate(f"{path}.name", container["name"], names)
        yield from _host_ports("spec.initContainers", [container])
        if policy == "Always":
            yield from _probe_faults(path, container)
            continue
        for part in _NOT_OF_INIT:
            if part in container:
                told = "may not be set for init containers without restartPolicy=Always"
                yield f"{path}.{part}: Forbidden: {told}"


def _container_faults(
    path: str, container: Json, volumes: Mapping[str, Json]
) -> Faults:
    name = container["name"]
    yield from _label(f"{path}.name", name) if name != "…" else ()
    if not container.get("image", ""):
        yield f"{path}.image: Required value"
    policy = container.get("terminationMessagePolicy")
    yield from _choice(f"{path}.terminationMessagePolicy", policy, _MESSAGES)
    yield from _port_faults(f"{path}.ports", container.get("ports", ()))
    for index, variable in enumerate(container.get("env", ())):
        yield from _variable_faults(f"{path}.env[{index}]", variable)
    yield from _source_faults(f"{path}.envFrom", container.get("envFrom", ()))
    yield from _mount_faults(path, container.get("volumeMounts", ()), volumes)
    yield from _choice(
        f"{path}.imagePullPolicy", container.get("imagePullPolicy"), _PULLS
    )
    yield from _amount_faults(f"{path}.resources", container.get("resources", {}))
    context = container.get("securityContext", {})
    yield from _user_faults(f"{path}.securityContext", context)


def _port_faults(path: str, ports: Iterable[Json]) -> Faults:
    names: set[str] = set()
    for index, port in enumerate(ports):
        where = f"{path}[{index}]"
        name = port.get("name", "")
        if name:
            told = list(_port_name_faults(name))
            yield from (_invalid(f"{where}.name", name, fault) for fault in told)
            yield from () if told else _duplicate(f"{where}.name", name, names)
        number = port.get("containerPort", 0)
        if not number:
            yield f"{where}.containerPort: Required value"
        else:
            yield from _port_number(f"{where}.containerPort", number)
        if port.get("hostPort"):
            yield from _port_number(f"{where}.hostPort", port["hostPort"])
        yield from _choice(f"{where}.protocol", port.get("protocol"), _PROTOCOLS)


_MOST_PORT_NAME = 15


def _port_name_faults(name: str) -> Faults:
    if len(name) > _MOST_PORT_NAME:
        yield f"must be no more than {_MOST_PORT_NAME} characters"
    if not re.fullmatch("[-a-z0-9]+", name):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", name):
        yield "must contain at least one letter (a-z)"
    if "--" in name:
        yield "must not contain consecutive hyphens"
    if name.startswith("-") or name.endswith("-"):
        yield "must not begin or end with a hyphen"


def _port_number(path: str, number: Any) -> Faults:
    if not isinstance(number, int) or not 1 <= number <= _MOST_PORT:
        yield _invalid(path, number, f"must be between 1 and {_MOST_PORT}, inclusive")


def _host_ports(path: str, containers: Iterable[Json]) -> Faults:
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for place, port in enumerate(container.get("ports", ())):
            if not port.get("hostPort"):
                continue
            address = port.get("hostIP", "")
            text = f"{port.get('protocol', '')}/{address}/{port['hostPort']}"
            yield from _duplicate(
                f"{path}[{index}].ports[{place}].hostPort", text, taken
            )


_REFERENCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")


def _variable_faults(path: str, variable: Json) -> Faults:
    yield from variable_faults(path, variable["name"])
    if "valueFrom" not in variable:
        return
    where, sources = f"{path}.valueFrom", variable["valueFrom"]
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind in sources:
            named = sources[kind].get("name", ""), sources[kind].get("key", "")
            for fault in secret_faults(path, *named):
                yield fault.replace("secretKeyRef", kind, 1)
    given = [kind for kind in _REFERENCES if kind in sources]
    if not given:
        listed = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        yield _invalid(where, "", f"must specify one of: {listed}")
    elif variable.get("value"):
        yield _invalid(where, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        told = "may not have more than one field specified at a time"
        yield _invalid(where, "", told)


def _source_faults(path: str, sources: Iterable[Json]) -> Faults:
    for index, source in enumerate(sources):
        where = f"{path}[{index}]"
        prefix = source.get("prefix", "")
        for fault in variable_faults(where, prefix) if prefix else ():
            yield fault.replace(f"{where}.name", f"{where}.prefix", 1)
        given = [kind for kind in ("configMapRef", "secretRef") if kind in source]
        for kind in given:
            name = source[kind].get("name", "")
            if not name:
                yield f"{where}.{kind}.name: Required value"
            else:
                yield from _subdomain(f"{where}.{kind}.name", name)
        if not given:
            told = "must specify one of: `configMapRef` or `secretRef`"
            yield _invalid(path, "", told)
        elif len(given) > 1:
            told = "may not have more than one field specified at a time"
            yield _invalid(path, "", told)


def _mount_faults(
    path: str, mounts: Iterable[Json], volumes: Mapping[str, Json]
) -> Faults:
    taken: set[str] = set()
    for index, mount in enumerate(mounts):
        where = f"{path}.volumeMounts[{index}]"
        name, place = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield f"{where}.name: Required value"
        if name not in volumes:
            yield f"{where}.name: Not found: {quoted_text(name)}"
        if not place:
            yield f"{where}.mountPath: Required value"
        if place in taken:
            yield taken_mount(where, place)
        taken.add(place)
        below = mount.get("subPath", "")
        if below:  # Kubernetes forgets which of the mounts it is
            yield from _descending(f"{path}.volumeMounts.subPath", below)


def _descending(path: str, below: str) -> Faults:
    if below.startswith("/"):
        yield _invalid(path, below, "must be a relative path")
    if ".." in below.split("/"):
        yield _invalid(path, below, "must not contain '..'")


_STANDARD = frozenset(("cpu", "memory", "ephemeral-storage"))
_OTHER_STANDARD = frozenset(
    (
        *("storage", "pods", "services", "replicationcontrollers", "resourcequotas"),
        *("secrets", "configmaps", "persistentvolumeclaims", "services.nodeports"),
        *("services.loadbalancers", "requests.cpu", "requests.memory", "limits.cpu"),
        *("limits.memory", "requests.storage", "requests.ephemeral-storage"),
        "limits.ephemeral-storage",
    )
)


def _resource_name_faults(path: str, name: str) -> Faults:
    told = [_invalid(path, name, fault) for fault in qualified_name_faults(name)]
    yield from told
    if "/" in name:
        domain = name.partition("/")[0]
        native = "kubernetes.io/" in name
        if not native and (name.startswith("requests.") or not domain):
            told_ = "doesn't follow extended resource name standard"
            yield _invalid(path, name, told_)
        return
    if name in _STANDARD or name.startswith("hugepages-"):
        return
    if not told and name not in _OTHER_STANDARD:
        yield _invalid(
            path, name, "must be a standard resource type or fully qualified"
        )
    yield _invalid(path, name, "must be a standard resource for containers")


def _amount_faults(path: str, resources: Json) -> Faults:
    limits, requests = (
        _read(resources.get(part, {})) for part in ("limits", "requests")
    )
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name in sorted(amounts):
            where = f"{path}.{part}[{name}]"
            yield from _resource_name_faults(where, name)
            yield from _quantity_faults(where, name, amounts[name])
    for name in sorted(requests):
        yield from _over_limit(path, name, requests[name], limits)


def _quantity_faults(path: str, name: str, amount: Quantity) -> Faults:
    if amount.amount < 0:
        yield _invalid(path, amount.canonical, "must be greater than or equal to 0")
    if _is_extended(name) and amount.amount.denominator != 1:
        yield _invalid(path, amount.canonical, "must be an integer")


def _is_extended(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name


def _over_limit(
    path: str, name: str, request: Quantity, limits: dict[str, Quantity]
) -> Faults:
    limit, is_whole = limits.get(name), "/" in name
    if limit is None:
        if is_whole:
            told = "Limit must be set for non overcommitable resources"
            yield f"{path}.limits: Required value: {told}"
    elif is_whole and request.amount != limit.amount:
        told = f"must be equal to {name} limit of {limit.canonical}"
        yield _invalid(f"{path}.requests", request.canonical, told)
    elif not is_whole and request.amount > limit.amount:
        told = f"must be less than or equal to {name} limit of {limit.canonical}"
        yield _invalid(f"{path}.requests", request.canonical, told)


def _read(amounts: Json) -> dict[str, Quantity]:
    return {name: parse_quantity(str(text)) for name, text in amounts.items()}


def _user_faults(path: str, context: Json) -> Faults:
    for part in ("runAsUser", "runAsGroup", "fsGroup"):
        number = context.get(part)
        if isinstance(number, int) and not 0 <= number <= _MOST_SECONDS:
            told = f"must be between 0 and {_MOST_SECONDS}, inclusive"
            yield _invalid(f"{path}.{part}", number, told)


def _probe_faults(path: str, container: Json) -> Faults:
    for part in ("livenessProbe", "readinessProbe", "startupProbe"):
        if part not in container:
            continue
        probe, where = container[part], f"{path}.{part}"
        kinds = [k for k in ("exec", "httpGet", "tcpSocket", "grpc") if k in probe]
        for kind in kinds[1:]:
            told = "may not specify more than 1 handler type"
            yield f"{where}.{kind}: Forbidden: {told}"
        if not kinds:
            yield f"{where}: Required value: must specify a handler type"
        if part != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            threshold = probe["successThreshold"]
            yield _invalid(f"{where}.successThreshold", threshold, "must be 1")


_NOT_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
    "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
    "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def _label(path: str, name: Any) -> Faults:
    if not name:
        yield f"{path}: Required value"
    elif len(name) > _LONGEST_LABEL:
        most = f"must be no more than {_LONGEST_LABEL} characters"
        yield _invalid(path, name, most)
    elif not is_dns_label(name):
        yield _invalid(path, name, _NOT_LABEL)


def _subdomain(path: str, name: Any) -> Faults:
    for fault in subdomain_faults(name) if name else ():
        yield _invalid(path, name, fault)


_NAMED_SOURCES = {
    "hostPath": "path",
    "secret": "secretName",
    "configMap": "name",
    "persistentVolumeClaim": "claimName",
    "csi": "driver",
}
"""Kinds of volumes, in Kubernetes' order, and what each of them must say."""


def _volume_faults(path: str, volume: Json, others: Mapping[str, Json]) -> Faults:
    size = volume.get("emptyDir", {}).get("sizeLimit", "0")
    if parse_quantity(str(size)).amount < 0:
        told = "Forbidden: SizeLimit field must be a valid resource quantity"
        yield f"{path}.emptyDir.sizeLimit: {told}"
    kinds = [kind for kind in ("emptyDir", *_NAMED_SOURCES) if kind in volume]
    for kind in kinds[1:]:
        yield f"{path}.{kind}: Forbidden: may not specify more than 1 volume type"
    for kind in kinds[:1]:
        named = _NAMED_SOURCES.get(kind)
        if named is not None and not volume[kind].get(named):
            yield f"{path}.{kind}.{named}: Required value"
        yield from _item_faults(f"{path}.{kind}", volume[kind])
    yield from _label(f"{path}.name", volume.get("name", ""))
    if volume.get("name", "") in others:
        yield f"{path}.name: Duplicate value: {quoted_text(volume['name'])}"


def _item_faults(path: str, source: Json) -> Faults:
    mode = source.get("defaultMode", 0)
    if not 0 <= mode <= _MOST_MODE:
        told = "must be a number between 0 and 0777 (octal), both inclusive"
        yield _invalid(f"{path}.defaultMode", mode, told)
    for index, item in enumerate(source.get("items", ())):
        where = f"{path}.items[{index}]"
        for part in ("key", "path"):
            if not item.get(part):
                yield f"{where}.{part}: Required value"
        yield from _descending(f"{where}.path", item.get("path", ""))


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _affinity_faults(affinity: Json) -> Faults:
    required = affinity.get("nodeAffinity", {}).get(_REQUIRED)
    if required is None:
        return
    path = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    if not required.get("nodeSelectorTerms"):
        yield f"{path}: Required value: must have at least one node selector term"
    for number, term in enumerate(required.get("nodeSelectorTerms", ())):
        for index, each in enumerate(term.get("matchExpressions", ())):
            where = f"{path}[{number}].matchExpressions[{index}]"
            yield from _expression_faults(where, each)


def _expression_faults(path: str, expression: Json) -> Faults:
    operator, values = expression.get("operator", ""), expression.get("values", ())
    if operator in ("In", "NotIn"):
        if not values:
            told = "must be specified when `operator` is 'In' or 'NotIn'"
            yield f"{path}.values: Required value: {told}"
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            told = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield f"{path}.values: Forbidden: {told}"
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            told = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield f"{path}.values: Required value: {told}"
    else:
        yield _invalid(f"{path}.operator", operator, "not a valid selector operator")
    key = expression.get("key", "")
    for fault in qualified_name_faults(key):
        yield _invalid(f"{path}.key", key, fault)
    for place, value in enumerate(values):
        for fault in label_value_faults(value):
            yield _invalid(f"{path}.values[{place}]", value, fault)


def _toleration_faults(tolerations: Iterable[Json]) -> Faults:
    for index, each in enumerate(tolerations):
        path = f"spec.tolerations[{index}]"
        key, operator = each.get("key", ""), each.get("operator", "")
        value, effect = each.get("value", ""), each.get("effect", "")
        for fault in qualified_name_faults(key) if key else ():
            yield _invalid(f"{path}.key", key, fault)
        if not key and operator != "Exists":
            told = "operator must be Exists when `key` is empty, which means "
            told += '"match all values and all keys"'
            yield _invalid(f"{path}.operator", operator, told)
        if "tolerationSeconds" in each and effect != "NoExecute":
            told = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield _invalid(f"{path}.effect", effect, told)
        if operator in ("", "Equal"):
            told = ";".join(label_value_faults(value))
            if told:
                yield _invalid(f"{path}.operator", value, told)
        elif operator != "Exists":
            yield from _choice(f"{path}.operator", operator, ("Equal", "Exists"))
        elif value:
            told = "value must be empty when `operator` is 'Exists'"
            yield _invalid(f"{path}.operator", value, told)
        yield from _choice(f"{path}.effect", effect, _EFFECTS) if effect else ()


def _choice(path: str, value: Any, known: tuple[str, ...]) -> Faults:
    if value in known:
        return
    if not value:
        yield f"{path}: Required value"
        return
    listed = ", ".join(quoted_text(one) for one in known)
    shown = quoted_text(str(value))
    yield f"{path}: Unsupported value: {shown}: supported values: {listed}"


def _duplicate(path: str, value: str, taken: set[str]) -> Faults:
    if value in taken:
        yield f"{path}: Duplicate value: {quoted_text(value)}"
    taken.add(value)


def _invalid(path: str, value: Any, fault: str) -> str:
    if isinstance(value, str):
        return invalid(path, value, fault)
    return f"{path}: Invalid value: {value}: {fault}"
