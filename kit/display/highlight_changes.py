"""Highlight in a summary what is new, or other than in an earlier one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from kit.display.summary import Code, Fact, Facts, Item, Section, Summary, Table, Tree

Place = tuple[str | int, ...]


def highlight_changes(summary: Summary, before: Summary) -> Summary:
    """Return a summary that tells what is new or other than before.

    Rows are compared by what stands in their first cell, trees by keys, code by lines.
    What is gone is not in the summary: the difference of both things tells it.
    """
    sections = tuple(
        _section(section, before.section(section.title)) for section in summary.sections
    )
    return dataclasses.replace(summary, sections=sections)


def _section(section: Section, before: Section | None) -> Section:
    """Pair the items of a section with those of their kind, in order."""
    earlier = list(before.items) if before is not None else []
    items = []
    for item in section.items:
        partner = next((old for old in earlier if _is_partner(item, old)), None)
        if partner is not None:
            earlier.remove(partner)
        items.append(_item(item, partner))
    return dataclasses.replace(section, items=tuple(items))


def _is_partner(item: Item, old: Item) -> bool:
    if isinstance(item, Code | Table | Tree):
        return type(old) is type(item) and old.caption == item.caption
    return type(old) is type(item)


def _item(item: Item, old: Any) -> Item:
    if isinstance(item, Facts):
        return _facts(item, old or Facts(()))
    if isinstance(item, Table):
        return _table(item, old or Table(item.columns, ()))
    if isinstance(item, Code):
        return dataclasses.replace(item, before="" if old is None else old.text)
    if isinstance(item, Tree):
        places = frozenset(_changed(item.value, {} if old is None else old.value, ()))
        return dataclasses.replace(item, changed=places)
    return item


def _facts(facts: Facts, old: Facts) -> Facts:
    known = {fact.name: fact.value for fact in old.rows}
    return Facts(tuple(_fact(fact, known.get(fact.name, "")) for fact in facts.rows))


def _fact(fact: Fact, before: str) -> Fact:
    return fact if fact.value == before else dataclasses.replace(fact, before=before)


def _table(table: Table, old: Table) -> Table:
    if table.columns != old.columns:
        return table
    known = {row[0]: row for row in old.rows}
    before = (known.get(row[0], ()) for row in table.rows)
    return dataclasses.replace(
        table,
        before=tuple(
            None if row == earlier else earlier
            for row, earlier in zip(table.rows, before, strict=True)
        ),
    )


def _changed(value: Any, before: Any, place: Place) -> Iterator[Place]:
    """Yield the deepest places of a JSON value that are new or other than before."""
    if isinstance(value, dict) and isinstance(before, dict):
        for key, item in value.items():
            if key not in before:
                yield (*place, key)
            else:
                yield from _changed(item, before[key], (*place, key))
    elif isinstance(value, list) and isinstance(before, list):
        for index, item in enumerate(value):
            if index >= len(before):
                yield (*place, index)
            else:
                yield from _changed(item, before[index], (*place, index))
    elif type(value) is not type(before) or value != before:
        yield place
