"""The container and its image, and the pod that may stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.checks.finding import Repair
from kit.checks.rule import Problem, error, note, warning
from kit.checks.subject import Subject
from kit.definition.image import check_image_reference
from kit.errors import ImageError
from kit.template.serialize import is_placeholder

__all__ = [
    "data_config_replaces_args",
    "has_command",
    "identity_is_read",
    "image_has_no_spaces",
    "image_has_runtime",
    "image_is_pinned",
    "image_is_reference",
    "image_is_set",
    "parts_are_read",
    "pod_containers_have_names",
    "pod_has_spec",
]

_COMPILE = (
    "task failed compilation with Collected Errors: 1\n\tError 0: Code: {code}, "
    "Node Id: {node}, Description: {text}.\n"
)
_DNS_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


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
        always = "" if subject.platform.image_pull_policy else ", at each start anew"
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
        text = "Value required [command]"
        words = _COMPILE.format(code="ValueRequired", node="container", text=text)
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
    yield Problem("container.image", message, fix)


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
