"""Requests and limits, and how Kubernetes and Flyte read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flyteidl.core.tasks_pb2 import (
    Resources,
)

from kit.definition.resources import Quantity, parse_quantity
from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Fact,
    Facts,
    Item,
    Section,
    Table,
)
from kit.errors import (
    ResourcesError,
)
from kit.messages import enum_name

_PLACED = (Resources.CPU, Resources.GPU, Resources.MEMORY, Resources.EPHEMERAL_STORAGE)


def resources(subject: Subject) -> Section:
    """List requests and limits, and what becomes of them."""
    items = [
        *failure_items(subject, "resources"),
        *_amounts(subject.template.container.resources),
        *_extended(subject),
    ]
    return Section("Resources", tuple(items))


def _amounts(asked: Resources) -> Iterator[Item]:
    requests, limits = _by_name(asked.requests), _by_name(asked.limits)
    rows = tuple(
        _row(name, requests.get(name, ""), limits.get(name, ""))
        for name in sorted({*requests, *limits})
    )
    if rows:
        columns = ("resource", "request", "limit", "Kubernetes reads", "note")
        yield Table(columns, rows, styles=("text", "code", "code", "code", "text"))


def _by_name(entries: Iterable[Resources.ResourceEntry]) -> dict[int, str]:
    return {int(entry.name): entry.value for entry in entries}


def _row(name: int, request: str, limit: str) -> tuple[str, ...]:
    read = " / ".join(_canonical(text) for text in (request, limit) if text)
    title = enum_name(Resources.ResourceName, name).lower()
    return (
        title,
        request,
        limit,
        read,
        _note(name, _parsed(request), _parsed(limit)),
    )


def _note(name: int, request: Quantity | None, limit: Quantity | None) -> str:
    """Say what the backend does to it, in the words of its rules."""
    if name not in _PLACED:
        return "dropped at launch"
    notes = []
    if request is not None and limit is not None and request.amount > limit.amount:
        notes.append("the request is lowered to the limit")
    if request is None and limit is not None:
        notes.append("no request: clamped to the platform's limit at launch")
    if any(quantity is not None and quantity.is_zero for quantity in (request, limit)):
        notes.append("zero is dropped")
    rounded = [q for q in (request, limit) if q is not None and not q.is_whole_number]
    if rounded:
        whole = " and ".join(f"{quantity.value_ceil}" for quantity in rounded)
        notes.append(f"compared as {whole} at registration")
    return "; ".join(notes)


def _parsed(text: str) -> Quantity | None:
    try:
        return parse_quantity(text) if text else None
    except ResourcesError:
        return None


def _canonical(text: str) -> str:
    quantity = _parsed(text)
    return "nothing: no quantity" if quantity is None else quantity.canonical


def _extended(subject: Subject) -> Iterator[Item]:
    extended = subject.template.extended_resources
    facts = []
    if extended.gpu_accelerator.device:
        source = subject.source("extended_resources.gpu_accelerator.device")
        facts.append(Fact("accelerator", extended.gpu_accelerator.device, source))
    if extended.HasField("shared_memory"):
        size = extended.shared_memory.size_limit or "unlimited"
        source = subject.source("extended_resources.shared_memory.size_limit")
        facts.append(Fact("shared memory", size, source))
    if facts:
        yield Facts(tuple(facts))
