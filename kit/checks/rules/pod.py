"""Pods that take the place of a container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.compiler import registration_words
from kit.checks.rule import Problem, Subject, error
from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError
from kit.forecast.kubernetes import is_dns_label
from kit.forecast.pods.attempt import PodLaunch
from kit.forecast.pods.pod import forecast_pod

_LISTS = ("containers", "initContainers")
_PRIMARY = "primary_container_name"


def _containers(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in _LISTS:
        for index, container in enumerate(subject.pod_list(part)):
            yield f"k8s_pod.pod_spec.{part}[{index}]", container


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


@error("pod.shape", "registration")
def pod_has_lists(subject: Subject) -> Iterator[Problem]:
    """Lists of the specification are lists of objects."""
    for part in (*_LISTS, "volumes"):
        value = subject.pod_spec.get(part, [])
        is_list = isinstance(value, list)
        if not is_list or len(subject.pod_list(part)) < len(value):
            message = f"Registration fails: {part} of the pod is not a list of objects."
            words = "json: cannot unmarshal … into Go struct field PodSpec"
            path = f"k8s_pod.pod_spec.{part}"
            yield Problem(path, message, "Write it as Kubernetes reads it.", words)


@error("pod.container_name", "registration")
def pod_containers_have_names(subject: Subject) -> Iterator[Problem]:
    """Each container of a pod is called by a DNS label."""
    for index, container in enumerate(subject.pod_list("containers")):
        name = str(container.get("name", ""))
        if not is_dns_label(name):
            message = f"Registration is refused: {name!r:.80} names no container."
            path = f"k8s_pod.pod_spec.containers[{index}].name"
            fix = "Use up to 63 lower-case letters, digits and '-'."
            yield Problem(path, message, fix, registration_words(subject))


@error("pod.container_names", "run")
def pod_containers_differ(subject: Subject) -> Iterator[Problem]:
    """No two containers have one name."""
    seen = set()
    for path, container in _containers(subject):
        name = str(container.get("name", ""))
        if name in seen:
            message = f"The pod is refused: two containers are called {name!r:.80}."
            words = f'spec.containers[1].name: Duplicate value: "{name}"'
            yield Problem(f"{path}.name", message, "Rename one of them.", words)
        seen.add(name)


@error("pod.image", "run")
def pod_containers_have_images(subject: Subject) -> Iterator[Problem]:
    """Each container has an image."""
    for path, container in _containers(subject):
        if not container.get("image"):
            message = "The pod is refused: the container has no image."
            words = f"{path.removeprefix('k8s_pod.pod_')}.image: Required value"
            yield Problem(f"{path}.image", message, "Give it an image.", words)


@error("pod.primary", "run")
def pod_has_primary(subject: Subject) -> Iterator[Problem]:
    """The template's config names the container that the task is."""
    if not subject.template.k8s_pod.HasField("pod_spec"):
        return
    name = subject.template.config.get(_PRIMARY, "")
    names = [str(one.get("name", "")) for one in subject.pod_list("containers")]
    path = f"config.{_PRIMARY}"
    if not name:
        message = f"The task fails before it starts: config has no {_PRIMARY}."
        words = (
            "invalid TaskSpecification, config missing [primary_container_name] key "
            "in [map[]]"
        )
        yield Problem(path, message, f"The containers: {', '.join(names)}.", words)
    elif name not in names:
        message = f"The task fails before it starts: no container is {name!r:.80}."
        yield Problem(path, message, f"The containers: {', '.join(names)}.")


@error("pod.resources", "registration")
def pod_fits_platform(subject: Subject) -> Iterator[Problem]:
    """No container of a pod requests more than the platform allows."""
    limits = {"cpu": subject.platform.limits.cpu, "memory": subject.platform.limits.mem}
    for path, container in _containers(subject):
        requests = _amounts(container, "requests")
        for name, limit in limits.items():
            text, top = requests.get(name, ""), "" if limit is None else str(limit)
            if _is_more(text, top):
                told = "CPU" if name == "cpu" else "MEMORY"
                words = (
                    f"Requested {told} default [{text}] is greater than current limit "
                    f"set in the platform configuration [{top}]."
                )
                message = f"Registration is refused: {text} of {name} is too much."
                where = f"{path}.resources.requests.{name}"
                yield Problem(where, message, f"Ask for {top} at most.", words)


@error("pod.sidecar_limits", "run")
def sidecars_have_limits(subject: Subject) -> Iterator[Problem]:
    """A container that is not the primary one has limits for what it requests."""
    primary = subject.template.config.get(_PRIMARY, "")
    for index, container in enumerate(subject.pod_list("containers")):
        if container.get("name") == primary:
            continue
        limits, requests = (_amounts(container, p) for p in ("limits", "requests"))
        for name in limits:
            if "/" in name and name not in requests:
                path = f"k8s_pod.pod_spec.containers[{index}].resources.requests.{name}"
                message = f"The pod is refused: the limit of {name} has no request."
                words = f"must be equal to {name} limit of {limits[name]}"
                yield Problem(path, message, "Request the same number.", words)
        for name in requests:
            if name not in limits:
                path = f"k8s_pod.pod_spec.containers[{index}].resources.limits.{name}"
                message = (
                    f"The pod is refused: the request of {name} has no limit, and "
                    "Flyte writes 0 for it."
                )
                words = f"must be less than or equal to {name} limit of 0"
                yield Problem(path, message, "Set the limit, too.", words)


def _amounts(container: dict[str, Any], part: str) -> dict[str, str]:
    resources = container.get("resources")
    found = resources.get(part) if isinstance(resources, dict) else None
    if not isinstance(found, dict):
        return {}
    return {k: f"{v:g}" if isinstance(v, float) else str(v) for k, v in found.items()}


def _is_more(text: str, top: str) -> bool:
    try:
        most, asked = parse_quantity(top or "0"), parse_quantity(text or "0")
    except ResourcesError:
        return False
    return not most.is_zero and asked.value_ceil > most.value_ceil


@error("pod.refused", "run")
def pod_is_accepted(subject: Subject) -> Iterator[Problem]:
    """The pod that the engine makes of the task is one that Kubernetes accepts.

    Other rules say more: check leaves this one out where they find errors.
    """
    template, launch = subject.template, PodLaunch(execution="a")
    if template.WhichOneof("target") not in ("container", "k8s_pod"):
        return
    probe = TaskTemplate()
    probe.CopyFrom(template)
    if subject.is_container:
        del probe.container.command[:], probe.container.args[:]  # rules of their own
    probe.metadata.pod_template_name = ""  # a rule of its own
    probe.id.project, probe.id.domain, probe.id.version = "p", "d", "v"  # given later
    found = forecast_pod(probe, LiteralMap(), launch, subject.platform)
    if found.code in ("BadTaskFormat", "FailedToBuildResource"):
        message = "No pod is made of the task."
        if found.code == "BadTaskFormat":
            message = "The pod is refused."
        path = "container" if subject.is_container else "k8s_pod.pod_spec"
        fix = "Correct what the words name."
        yield Problem(path, message, fix, found.words)
