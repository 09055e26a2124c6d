"""What the executor of a proof read of ``tt.custom`` while it ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.authoring.proof.notes import Note
from kit.checks.contract.trace import Trace
from kit.definition.shipment import INLINE_KEY
from kit.errors import render_path
from kit.template.parse import parse_template
from kit.template.view import TaskTemplateView

__all__ = ["CustomUse", "custom_use"]

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class CustomUse:
    """Which keys of ``custom`` one run asked for; another run may ask for others.

    Attributes:
        read: Keys that it read, as paths such as ``tables[0].name``.
        unread: Keys that are there and that it did not read.
        missing: Keys that it read and that are not there: a KeyError each.
    """

    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def custom_use(template: bytes, notes: Mapping[str, Note]) -> CustomUse | None:
    """Return what was read, or None if the run was not traced.

    Args:
        template: The template that was run.
        notes: What the process noted; it may have been made to note anything.
    """
    if "custom" not in notes:
        return None
    trace = _trace(notes["custom"].facts)
    view = TaskTemplateView.from_flyte_idl(parse_template(template, "the template"))
    custom = {key: item for key, item in view.custom.items() if key != INLINE_KEY}
    return CustomUse(
        read=_drawn(path for path in trace.read if _is_in(path, custom)),
        unread=_drawn(_unread(custom, (), trace)),
        missing=_drawn(trace.missing),
    )


def _drawn(paths: Iterable[Steps]) -> tuple[str, ...]:
    return tuple(sorted(map(render_path, paths)))


def _trace(facts: Mapping[str, Any]) -> Trace:
    return Trace(*(_paths(facts.get(name)) for name in ("read", "missing", "iterated")))


def _paths(written: Any) -> set[Steps]:
    lists = written if isinstance(written, list) else []
    paths = (tuple(path) for path in lists if isinstance(path, list))
    return {path for path in paths if all(isinstance(s, str | int) for s in path)}


def _is_in(path: Steps, custom: Any) -> bool:
    for step in path:
        keys = range(len(custom)) if isinstance(custom, list) else custom
        if not isinstance(keys, dict | range) or step not in keys:
            return False
        custom = custom[step]
    return True


def _unread(value: Any, path: Steps, trace: Trace) -> Iterator[Steps]:
    """Yield the keys that were not asked for; not what is below them."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unread(item, (*path, index), trace)
    elif isinstance(value, dict):
        for key, item in value.items():
            below = (*path, key)
            if trace.has_read(below):
                yield from _unread(item, below, trace)
            else:
                yield below
