"""The container and the pod: image, command, variables, and refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.report import Repair, Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.images import check_image_reference
from kit.definition.resources import parse_quantity
from kit.definition.security import looks_secret
from kit.errors import ImageError, ResourcesError
from kit.forecast.kubernetes import is_dns_label, taken_mount, variable_faults
from kit.forecast.pods.attempt import PodLaunch
from kit.forecast.pods.pod import forecast_pod
from kit.forecast.registration import registration_words
from kit.template.macros import macro_spans
from kit.template.serialize import is_placeholder


@error("CT001", "registration", "missing image")
def image_is_set(subject: Subject) -> Iterator[Problem]:
    """A container has an image."""
    if subject.is_container and not subject.template.container.image:
        message = "Registration is refused: the container has no image."
        fix = "Give the task a container_image, or the settings a default one."
        yield Problem("container.image", message, fix)


@error("CT002", "run")
def image_has_no_spaces(subject: Subject) -> Iterator[Problem]:
    """The image's name begins and ends with something."""
    image = subject.template.container.image
    if image != image.strip():
        message = "The pod is refused: the image's name begins or ends with a space."
        repair = Repair("container_image", str.strip)
        yield Problem("container.image", message, "Take it out.", repair=repair)


@error("CT003", "run", "InvalidImageName")
def image_is_reference(subject: Subject) -> Iterator[Problem]:
    """The image's name is one that a cluster can pull."""
    image = subject.template.container.image.strip()
    if not image:
        return
    try:
        check_image_reference(image)
    except ImageError as cause:
        message = f"The task fails before it starts: {cause}"
        fix = "Write registry/repository:tag, in lower case."
        yield Problem("container.image", message, fix)


@warning("CT004", "silent")
def image_is_pinned(subject: Subject) -> Iterator[Problem]:
    """The image's name says which version of it is meant."""
    image = subject.template.container.image
    if not image or is_placeholder(image) or "@" in image:
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in {"", "latest"}:
        which = "has no tag" if not tag else "has the tag 'latest'"
        always = "" if subject.platform.image_pull_policy else ", at each start"
        message = f"The image {which}: another one may be pulled tomorrow{always}."
        fix = "Pin it with a tag of its own, or a digest."
        yield Problem("container.image", message, fix)


@error("CT005", "registration")
def has_command(subject: Subject) -> Iterator[Problem]:
    """A task with inputs or outputs has a command that reads or writes them."""
    has_variables = bool(subject.inputs or subject.outputs)
    if "container" in subject.failures:
        return  # the args are what could not be made
    if subject.is_container and has_variables and not subject.words:
        message = "Registration is refused: it has inputs or outputs, and no command."
        words = registration_words(subject.template)
        yield Problem("container.args", message, "Give the container args.", words)


@warning("TT014", "silent")
def parts_are_read(subject: Subject) -> Iterator[Problem]:
    """Flyte reads no ports, architecture and config of a container."""
    container = subject.template.container
    for part in ("ports", "architecture", "config"):
        if getattr(container, part):
            message = f"Flyte ignores the container's {part}."
            fix = "Say it in a PodTemplate of the cluster."
            yield Problem(f"container.{part}", message, fix)


@warning("CT012", "silent")
def data_config_replaces_args(subject: Subject) -> Iterator[Problem]:
    """Inputs come through args or through files of Flyte's copilot, not both."""
    container = subject.template.container
    if not (container.HasField("data_config") and container.data_config.enabled):
        return
    macros = ("input", "inputPrefix", "outputPrefix")
    for word in subject.words:
        for span in word.spans:
            if span.macro in macros:
                message = (
                    "With data_config, inputs are files in /var/flyte/inputs, and "
                    "outputs are read from /var/flyte/outputs, whatever the args say."
                )
                yield Problem(word.path, message, "Use one of both.")
                return


@error("container.data_paths", "run")
def data_paths_differ(subject: Subject) -> Iterator[Problem]:
    """Inputs and outputs of Flyte's copilot are mounted at two paths."""
    data = subject.template.container.data_config
    paths = data.input_path or "/var/flyte/inputs", data.output_path
    if data.enabled and paths[0] == (paths[1] or "/var/flyte/outputs"):
        message = "The pod is refused: inputs and outputs are mounted at one path."
        words = taken_mount("spec.containers[0].volumeMounts[1]", paths[0])
        fix = "Give data_config two paths."
        yield Problem("container.data_config.output_path", message, fix, words)


@warning("TT013", "silent")
def identity_is_read(subject: Subject) -> Iterator[Problem]:
    """The service account is the execution's, not the task's."""
    context = subject.template.security_context
    if context.HasField("run_as") and context.run_as.ByteSize():
        message = "Flyte ignores who the task runs as: the execution says it."
        fix = "Set the service account or role where it is launched."
        yield Problem("security_context.run_as", message, fix)


@note("image.runtime", "run")
def image_has_runtime(subject: Subject) -> Iterator[Problem]:
    """The image's name does not speak against the program that it is to start."""
    image, runtime = subject.template.container.image.lower(), subject.runtime
    looks = _looks_like(image)
    if not runtime or not looks or looks == _OWN_IMAGE[runtime]:
        return
    program = subject.template.container.args[0]
    message = f"The container starts {program}, and {image!r:.200} looks like {looks}."
    fix = f"Install {_PACKAGES[runtime]} in it"
    other = next((name for name, own in _OWN_IMAGE.items() if own == looks), None)
    fix += f", or use runtime={other!r}." if other else "."
    severity = Severity.WARNING if looks in _OWN_IMAGE.values() else None
    yield Problem("container.image", message, fix, severity=severity)


_OWN_IMAGE = {"kit": "an image of kit's", "flytekit": "an image of flytekit's"}
_PACKAGES = {"kit": "flyte-task-kit", "flytekit": "flytekit"}
_BARE = {"python", "debian", "ubuntu", "alpine", "busybox", "miniconda3"}


def _looks_like(image: str) -> str:
    """Say what an image seems to be by its name; empty if that tells nothing."""
    if is_placeholder(image):
        return ""
    if "flyte-task-kit" in image:
        return _OWN_IMAGE["kit"]
    if "flytekit" in re.split(r"[^a-z0-9]+", image) or "flyteorg/" in image:
        return _OWN_IMAGE["flytekit"]
    bare = image.rpartition("/")[2].partition(":")[0] in _BARE
    return "a bare image" if bare else ""


ENGINE_VARIABLES = frozenset(
    (
        *("FLYTE_INTERNAL_EXECUTION_WORKFLOW", "FLYTE_INTERNAL_EXECUTION_ID"),
        *("FLYTE_INTERNAL_EXECUTION_PROJECT", "FLYTE_INTERNAL_EXECUTION_DOMAIN"),
        *("FLYTE_ATTEMPT_NUMBER", "FLYTE_EXECUTION_URL"),
        *("FLYTE_INTERNAL_TASK_PROJECT", "FLYTE_INTERNAL_TASK_DOMAIN"),
        *("FLYTE_INTERNAL_TASK_NAME", "FLYTE_INTERNAL_TASK_VERSION"),
        *("_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"),
    )
)
"""What the engine appends after the task's own, of which the last one wins."""

_STRICT_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\(([-._a-zA-Z0-9]+)\)")


@error("CT007", "run")
def names_are_valid(subject: Subject) -> Iterator[Problem]:
    """Kubernetes takes the names of the variables."""
    for index, pair in enumerate(subject.template.container.env):
        key = pair.key
        faults = variable_faults(f"spec.containers[0].env[{index}]", key)
        for words in faults:
            message = (
                f"The pod is refused: {key!r:.80} is not a valid name of a variable."
            )
            fix = "Use letters, digits and underscores."
            yield Problem(_path(index, key), message, fix, words)
        if faults:
            continue
        if not _STRICT_NAME.fullmatch(key) and _is_old(subject.platform.kubernetes):
            message = f"Kubernetes before 1.30 refuses a variable named {key!r:.80}."
            fix = "Use letters, digits, '-', '_' and '.', and no digit first."
            severity = None if subject.platform.kubernetes else Severity.WARNING
            yield Problem(_path(index, key), message, fix, severity=severity)


_STRICT_UNTIL = (1, 30)


def _is_old(version: str) -> bool:
    """Tell whether Kubernetes may be older than the release that allows more names."""
    numbers = version.lstrip("v").split(".")[:2]
    if len(numbers) < len(_STRICT_UNTIL) or not all(n[:9].isdecimal() for n in numbers):
        return True
    return tuple(int(number[:9]) for number in numbers) < _STRICT_UNTIL


@warning("env.secret", "silent")
def values_are_no_secrets(subject: Subject) -> Iterator[Problem]:
    """No secret is written into the template, which many can read."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.value and looks_secret(pair.key):
            message = (
                f"The value of {pair.key} is part of the template: whoever may see the "
                "task in Flyte can read it."
            )
            fix = "Ask for it with secret_requests=[kit.Secret(group=..., key=...)]."
            yield Problem(_path(index, pair.key), message, fix)


@warning("env.fail_on_error", "run", "RetriesExhausted|Interrupted")
def errors_are_read(subject: Subject) -> Iterator[Problem]:
    """A failed run ends with status 0, so that Flyte reads its error."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.key == "FLYTE_FAIL_ON_ERROR" and pair.value.lower() in _TRUE:
            message = (
                "A failed run ends with status 1, and Flyte reads no error of such a "
                "container: it starts four pods, and the error is lost."
            )
            yield Problem(_path(index, pair.key), message, "Leave it out.")


_TRUE = ("true", "1", "yes", "on", "t", "y")


@warning("CT008", "silent")
def engine_sets_variable(subject: Subject) -> Iterator[Problem]:
    """The task sets no variable that the engine sets after it."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.key in ENGINE_VARIABLES:
            message = f"The engine sets {pair.key} after the task, and its value wins."
            repair = Repair("environment", _Without(pair.key))
            path = _path(index, pair.key)
            yield Problem(path, message, "Use another name.", repair=repair)


def _path(index: int, key: str) -> str:
    return f"container.env[{key or index}]"


class _Without:
    """Leaves one variable out."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {k: v for k, v in environment.items() if k != self._name}


@note("CT009", "silent")
def platform_sets_variable(subject: Subject) -> Iterator[Problem]:
    """The task sets no variable that the platform sets after it."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.key in subject.platform.environment:
            message = f"The platform sets {pair.key} after it, and its value wins."
            yield Problem(_path(index, pair.key), message, "Use another name.")


@warning("CT010", "silent")
def values_have_no_macros(subject: Subject) -> Iterator[Problem]:
    """No variable waits for the engine to render it."""
    for index, pair in enumerate(subject.template.container.env):
        if any(span.macro for span in macro_spans(pair.value)):
            message = f"{pair.key} stays as it is: only command and args are rendered."
            fix = "Pass it as an arg, or read the inputs."
            yield Problem(_path(index, pair.key), message, fix)


@warning("CT011", "silent")
def references_are_meant(subject: Subject) -> Iterator[Problem]:
    """Kubernetes puts variables in the place of ``$(NAME)``."""
    for word in subject.words:
        found = _REFERENCE.search(word.text)
        if found is not None:
            message = (
                f"Kubernetes puts the variable {found[1]} in the place of "
                f"$({found[1]}), after Flyte has rendered its macros."
            )
            yield Problem(word.path, message, f"Write $$({found[1]}) to keep the text.")


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
            yield Problem(path, message, fix, registration_words(subject.template))


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
