"""What changed of a template on its way into the container."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kit.difference.arriving import Arrival
from kit.display.summary import Fact, Facts, Finding, Item, Section, Table
from kit.escape import shorten

_MOST_ROWS = 200
_LONGEST = 80


def arrival_marks(arrival: Arrival) -> Section:
    """List the places where the arriving template differs from the registered one."""
    return Section("Changed on the way", tuple(_items(arrival)))


def _items(arrival: Arrival) -> Iterator[Item]:
    if arrival.platform.name:
        yield Facts((Fact("platform", arrival.platform.name),))
    if not arrival.marks:
        yield Finding("note", "The template arrives as it is registered.")
        return
    shown = arrival.marks[:_MOST_ROWS]
    rows = tuple((m.path, m.what, _text(m.before), _text(m.after)) for m in shown)
    yield Table(
        ("field", "change", "registered", "arrives"),
        rows,
        styles=("code", "text", "code", "code"),
        sources=tuple(mark.why for mark in shown),
    )
    rest = len(arrival.marks) - len(shown)
    if rest:
        yield Finding("note", f"{rest:,} more places differ: Arrival.marks has all.")
    for why in dict.fromkeys(mark.why for mark in arrival.marks):
        yield Finding("note", why)


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten(text, _LONGEST)
