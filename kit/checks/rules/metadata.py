"""What Flyte is told of a task besides what it computes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kit.checks.rule import Problem, error, warning
from kit.checks.subject import Subject

__all__ = [
    "annotations_are_valid",
    "has_metadata",
    "labels_are_valid",
    "pod_template_exists",
    "retries_are_said",
    "runtime_has_version",
    "timeout_reaches_node",
]

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
)
_ANNOTATION_BYTES = 256 * 1024


@error("TT003", "registration", "missing metadata")
def has_metadata(subject: Subject) -> Iterator[Problem]:
    """A template has metadata."""
    if subject.has_template and not subject.template.HasField("metadata"):
        message = "Registration is refused: the template has no metadata."
        yield Problem("metadata", message, "Make the template from a task.")


@error("TT004", "registration", "missing runtime version")
def runtime_has_version(subject: Subject) -> Iterator[Problem]:
    """What made the template says which version of it did."""
    metadata = subject.template.metadata
    if metadata.HasField("runtime") and not metadata.runtime.version:
        message = "Registration is refused: the runtime that is named has no version."
        yield Problem("metadata.runtime.version", message, "Set the runtime's version.")


@warning("TT011", "silent")
def timeout_reaches_node(subject: Subject) -> Iterator[Problem]:
    """Timeout and interruptible count in workflows only."""
    metadata = subject.template.metadata
    said = [n for n in ("timeout", "interruptible") if _says(metadata, n)]
    for name in said:
        message = (
            f"Flyte reads {name} from the node of a workflow: when the task is "
            "launched by itself, it has none."
        )
        fix = "Launch it within a workflow where that matters."
        yield Problem(f"metadata.{name}", message, fix)


def _says(metadata: object, name: str) -> bool:
    if name == "interruptible":
        return bool(getattr(metadata, name))
    return bool(getattr(metadata, name).ByteSize())


@warning("TT012", "silent")
def retries_are_said(subject: Subject) -> Iterator[Problem]:
    """A template says how often to try again, if only never."""
    metadata = subject.template.metadata
    if subject.template.HasField("metadata") and not metadata.HasField("retries"):
        message = (
            "Launched by itself, the task is tried again 3 times: it says nothing."
        )
        yield Problem("metadata.retries", message, "Set retries, to 0 for none.")


@warning("TT015", "run")
def pod_template_exists(subject: Subject) -> Iterator[Problem]:
    """The cluster has the PodTemplate to start from."""
    name = subject.template.metadata.pod_template_name
    known = subject.platform.pod_templates
    if not name or (known is not None and name in known):
        return
    words = f"PodTemplate '{name}' does not exist"
    message = f"The task fails where the cluster has no PodTemplate {name!r}."
    fix = "Make sure that its namespace, or Flyte's own, has it."
    if known is not None:
        fix = f"The platform has {', '.join(known) or 'none'}."
    yield Problem("metadata.pod_template_name", message, fix, words)


@error("TT016", "run")
def labels_are_valid(subject: Subject) -> Iterator[Problem]:
    """Labels are such as Kubernetes takes."""
    labels = subject.template.metadata.metadata.labels
    yield from _keys("labels", labels)
    for key, value in sorted(labels.items()):
        if value and not _NAME.fullmatch(value):
            message = f"The pod is refused: {value!r:.80} is no value of a label."
            fix = "Use up to 63 letters, digits, '-', '_' and '.'."
            yield Problem(f"metadata.metadata.labels[{key}]", message, fix)


@error("TT016", "run")
def annotations_are_valid(subject: Subject) -> Iterator[Problem]:
    """Annotations are such as Kubernetes takes."""
    annotations = subject.template.metadata.metadata.annotations
    yield from _keys("annotations", annotations)
    size = sum(len((key + value).encode()) for key, value in annotations.items())
    if size > _ANNOTATION_BYTES:
        message = f"The pod is refused: its annotations have {size:,} bytes."
        fix = f"Kubernetes takes {_ANNOTATION_BYTES:,} in total."
        yield Problem("metadata.metadata.annotations", message, fix)


def _keys(part: str, entries: Mapping[str, str]) -> Iterator[Problem]:
    for key in sorted(entries):
        prefix, slash, name = key.rpartition("/")
        is_valid = _NAME.fullmatch(name) and (not slash or _PREFIX.fullmatch(prefix))
        if not is_valid:
            message = f"The pod is refused: {key!r:.80} is no key of {part}."
            fix = "Use up to 63 letters, digits, '-', '_' and '.', after a 'domain/'."
            yield Problem(f"metadata.metadata.{part}[{key}]", message, fix)
