"""The metadata: retries, cache, timeout, labels and the like."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.tasks_pb2 import TaskMetadata as Message

from kit.definition.metadata import TaskMetadata
from kit.display.sections.subject import Subject
from kit.display.summary import (
    Section,
    Table,
)

_PATHS = {
    "cache": "discoverable",
    "cache version": "discovery_version",
    "cache serialized": "cache_serializable",
    "cache ignores": "cache_ignore_input_vars",
    "retries": "retries.retries",
    "timeout": "timeout",
    "interruptible": "interruptible",
    "deck": "generates_deck.value",
    "pod template": "pod_template_name",
    "labels": "metadata.labels",
    "annotations": "metadata.annotations",
    "tags": "tags",
    "eager": "is_eager",
    "deprecated": "deprecated_error_message",
}


def metadata(subject: Subject) -> Section:
    """List every field: first those that are set, then the defaults."""
    message = subject.template.metadata
    if not message.ByteSize():
        return Section("Metadata", ())
    defaults = dict(_values(TaskMetadata().to_message("", "")))
    values = list(_values(message))
    values.sort(key=lambda pair: pair[1] == defaults[pair[0]])
    setter = "set" if subject.task is None else "you"
    rows = tuple(
        (name, value, "default" if value == defaults[name] else setter)
        for name, value in values
    )
    sources = tuple(subject.source(f"metadata.{_PATHS[name]}") for name, _, _ in rows)
    known = sources if any(sources) else ()
    columns = ("field", "value", "set by")
    table = Table(columns, rows, styles=("text", "code", "dim"), sources=known)
    return Section("Metadata", (table,))


def _values(message: Message) -> Iterator[tuple[str, str]]:
    yield "cache", _yes(message.discoverable)
    yield "cache version", message.discovery_version or "none"
    yield "cache serialized", _yes(message.cache_serializable)
    yield "cache ignores", ", ".join(message.cache_ignore_input_vars) or "nothing"
    yield "retries", str(message.retries.retries)
    yield "timeout", _timeout(message)
    known = message.WhichOneof("interruptible_value") is not None
    yield "interruptible", _yes(message.interruptible) if known else "not said"
    yield "deck", _yes(message.generates_deck.value)
    yield "pod template", message.pod_template_name or "none"
    yield "labels", _pairs(message.metadata.labels)
    yield "annotations", _pairs(message.metadata.annotations)
    yield "tags", _pairs(message.tags)
    yield "eager", _yes(message.is_eager)
    yield "deprecated", message.deprecated_error_message or "no"


def _timeout(message: Message) -> str:
    if not message.HasField("timeout"):
        return "none"
    try:
        return str(message.timeout.ToTimedelta())
    except (OverflowError, ValueError):  # longer than Python can count
        return f"{message.timeout.seconds} seconds"


def _pairs(entries: object) -> str:
    pairs: dict[str, str] = dict(entries)  # type: ignore[call-overload]
    return ", ".join(f"{key}={value}" for key, value in sorted(pairs.items())) or "none"


def _yes(value: bool) -> str:  # noqa: FBT001 - a field of the message
    return "yes" if value else "no"
