"""What is shown of a difference: what it means, and each change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.types_pb2 import LiteralType

from kit.definition.shipment import INLINE_KEY
from kit.difference.diff import Difference, value_json
from kit.difference.meaning import Change, Impact
from kit.display.summarizers import summarizes
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Item,
    Section,
    Severity,
    Summary,
)
from kit.display.text import Block, blocks_of, marked_lines
from kit.display.types import type_name
from kit.escape import shorten

DrawnChange = tuple[Change, Code]
"""A change, and what is shown of it."""
_INLINE = ("custom", INLINE_KEY)
_SOURCE = (*_INLINE, "source")
_MOST_CHANGES = 100
"""Of one kind; the others are counted."""


@summarizes(Difference)
def summarize_difference(difference: Difference) -> Summary:
    """Summarize a difference: what it means first, and then each change.

    Changes are grouped by their gravest impact; the name and hash of inline source are
    left to its own change.  Those beyond a hundred of a kind are
    counted, and lines beyond forty of a value too; ``Difference.to_json`` has them all.
    """
    groups = change_groups(drawn_changes(difference))
    return headed(difference, (meaning_section(difference), *groups))


def headed(difference: Difference, sections: tuple[Section, ...] = ()) -> Summary:
    """Return sections under the title of a difference."""
    count = len(difference.changes)
    status = f"{count:,} change{'s' if count > 1 else ''}" if count else "identical"
    return Summary("diff", difference.name, sections, status=status)


def meaning_section(difference: Difference) -> Section:
    """Tell what a difference means in all."""
    return Section("Meaning", tuple(_meaning(difference)))


def drawn_changes(difference: Difference) -> Iterator[DrawnChange]:
    """Yield the changes and what is shown of each."""
    for change in difference.changes:
        if not _follows(change, difference):
            caption = f"{change.path}: {change.why}"
            if change.steps == _SOURCE:
                caption += ", whose name and hash differ with it"
            yield change, Code(change_lines(change), "diff", caption)


def change_groups(drawn: Iterable[DrawnChange]) -> tuple[Section, ...]:
    """Group changes by their gravest impact, the gravest first."""
    groups: dict[Impact, list[Item]] = {impact: [] for impact in Impact}
    for change, code in drawn:
        groups[change.impact].append(code)
    return tuple(
        Section(impact.value.capitalize(), _bounded(items))
        for impact, items in groups.items()
    )


def _bounded(items: list[Item]) -> tuple[Item, ...]:
    more = len(items) - _MOST_CHANGES
    if more <= 0:
        return tuple(items)
    note = Finding("note", f"{more:,} more changes of this kind are not shown.")
    return (*items[:_MOST_CHANGES], note)


def _meaning(difference: Difference) -> Iterator[Item]:
    yield Facts((Fact("old", difference.old), Fact("new", difference.new)))
    if difference.breaks_callers:
        broken = (c.path for c in difference.changes if Impact.BREAK in c.impacts)
        places = _some(list(broken))
        yield Finding("error", f"Callers of the old one break: {places}.")
    yield from _cache(difference)
    yield _verdict(difference)


def _cache(difference: Difference) -> Iterator[Finding]:
    if difference.cache_parts:
        parts = ", ".join(difference.cache_parts)
        yield Finding(
            "warning", f"Cached results are missed: the key differs in {parts}."
        )
    elif difference.takes_old_results:
        yield Finding(
            "warning",
            "Results cached by the old one are taken, though what runs differs.",
            "Give the task another cache version.",
        )


def _verdict(difference: Difference) -> Finding:
    verdict = difference.verdict
    severity: Severity = "warning" if verdict.outcome == "refused" else "note"
    return Finding(severity, verdict.meaning, words=verdict.words)


def _some(names: list[str]) -> str:
    shown, more = names[:5], len(names) - 5
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _follows(change: Change, difference: Difference) -> bool:
    """Tell the name and hash of inline source, which its own change says enough of."""
    if change.steps[:2] != _INLINE or change.steps == _SOURCE:
        return False
    return any(other.steps == _SOURCE for other in difference.changes)


_MOST_LINES = 40
_LONGEST = 400
_JSON_PLACES = ("custom", "k8s_pod")
_ONE_VALUE = {
    "flyteidl.core.KeyValuePair": "value",
    "flyteidl.core.Resources.ResourceEntry": "value",
    "flyteidl.core.RetryStrategy": "retries",
}


def change_lines(change: Change) -> str:
    """Return what changes as the lines of a diff, within bounds."""
    lines = marked_lines(_blocks(change), _MOST_LINES)
    return "\n".join(shorten(line, _LONGEST) for line in lines)


def _blocks(change: Change) -> Iterator[Block]:
    before, after = change.before, change.after
    if _is_long(before) and _is_long(after):
        found = list(blocks_of(before.splitlines(), after.splitlines()))
        other_ends = Block(old=["(other line ends)"], new=["(other line ends)"])
        is_told = any(block.old or block.new for block in found)
        yield from found if is_told else [other_ends]
    else:
        old = [] if change.kind == "added" else _lines(change, before)
        new = [] if change.kind == "removed" else _lines(change, after)
        yield Block(old=old, new=new)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _lines(change: Change, value: Any) -> list[str]:
    return _text(change, value).splitlines() or [""]


def _text(change: Change, value: Any) -> str:
    other = change.before if value is change.after else change.after
    text = _readable(change, value)
    if other is not None and text == _readable(change, other):
        return _as_json(value)  # a name that hides what differs
    return text


def _readable(change: Change, value: Any) -> str:
    if isinstance(value, str):
        quoted = change.steps[:1] and change.steps[0] in _JSON_PLACES
        plain = _is_long(value) or (not quoted and value.strip() == value != "")
        return value if plain else _as_json(value)
    if isinstance(value, LiteralType):
        return type_name(value)
    if isinstance(value, Variable):
        return type_name(value.type)
    if change.kind == "reordered":
        return ", ".join(map(str, value))
    kind = value.DESCRIPTOR.full_name if hasattr(value, "DESCRIPTOR") else ""
    if kind in _ONE_VALUE:
        return str(getattr(value, _ONE_VALUE[kind]))
    return _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value_json(value), ensure_ascii=False)
