"""Pods that take the place of a container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.checks.rule import Problem, Subject, error

_COMPILE = (
    "task failed compilation with Collected Errors: 1\n\tError 0: Code: {code}, "
    "Node Id: {node}, Description: {text}.\n"
)
_DNS_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


@error(
    "pod.spec",
    "registration",
    "invalid TaskSpecification, pod tasks should specify their target as a K8sPod with "
    "a defined pod spec",
)
def pod_has_spec(subject: Subject) -> Iterator[Problem]:
    """A pod has a specification."""
    template = subject.template
    if template.HasField("k8s_pod") and not template.k8s_pod.HasField("pod_spec"):
        message = "Registration is refused: the pod has no specification."
        yield Problem("k8s_pod.pod_spec", message, "Give it a pod_spec.")


@error("pod.container_name", "registration")
def pod_containers_have_names(subject: Subject) -> Iterator[Problem]:
    """Each container of a pod is called by a DNS label."""
    fields = subject.template.k8s_pod.pod_spec.fields
    listed = fields["containers"].list_value.values if "containers" in fields else ()
    for index, value in enumerate(listed):
        facts = value.struct_value.fields
        name = facts["name"].string_value if "name" in facts else ""
        if not _DNS_LABEL.fullmatch(name):
            text = "Invalid value [k8s pod spec container name]"
            words = _COMPILE.format(code="InvalidValue", node="root", text=text)
            message = f"Registration is refused: {name!r:.80} names no container."
            path = f"k8s_pod.pod_spec.containers[{index}].name"
            fix = "Use up to 63 lower-case letters, digits and '-'."
            yield Problem(path, message, fix, words)
