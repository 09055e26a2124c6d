"""Rows of lists: records of one shape, plain values, and lines with commas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from kit.display.outputs.rows import (
    Column,
    Order,
    SortedRows,
    cell_text,
    sorted_positions,
)
from kit.display.outputs.values import fields_of

_LOOKED_AT = 20
_MOST_COLUMNS = 200
_ABSENT = object()


class ObjectRows(SortedRows):
    """Rows of a list, whose cells are read one by one.

    Args:
        items: The rows.
        titles: Titles of the columns, by what finds their cells in a row.
        cell: Reads a row's cell of a column; the absent one is empty.
    """

    def __init__(
        self,
        items: Sequence[Any],
        titles: Mapping[Any, str],
        cell: Callable[[Any, Any], Any],
    ) -> None:
        self._items, self._cell = items, cell
        self._keys = tuple(titles)
        columns = (
            Column(title, is_number=self._is_number(key))
            for key, title in titles.items()
        )
        super().__init__(columns, len(items))

    def _sorted(self, order: Order) -> list[int]:
        key = self._keys[order.column]
        cells = [self._cell(item, key) for item in self._items]
        known = [None if cell is _ABSENT else cell for cell in cells]
        return sorted_positions(known, descending=order.descending)

    def _cells(self, positions: list[int]) -> list[tuple[str, ...]]:
        rows = (self._items[position] for position in positions)
        return [tuple(self._text(row, key) for key in self._keys) for row in rows]

    def _text(self, row: Any, key: Any) -> str:
        cell = self._cell(row, key)
        return "" if cell is _ABSENT else cell_text(cell)

    def _is_number(self, key: Any) -> bool:
        cells = [self._cell(item, key) for item in self._items[:_LOOKED_AT]]
        return bool(cells) and all(type(cell) in (int, float) for cell in cells)


def record_rows(items: Sequence[Any]) -> ObjectRows | None:
    """Return the rows of a list of records of one shape; None if it is none.

    Dictionaries may lack keys that others have.
    """
    shapes = [fields_of(item) for item in items[:_LOOKED_AT]]
    if not shapes or any(not shape for shape in shapes):
        return None
    if all(isinstance(item, Mapping) for item in items[:_LOOKED_AT]):
        if not all(isinstance(item, Mapping) for item in items):
            return None
        keys = dict.fromkeys(chain.from_iterable(items))
        texts = all(isinstance(key, str) for key in keys)
        if not texts or len(keys) > _MOST_COLUMNS or _is_ragged(shapes, len(keys)):
            return None
        titles = {key: key for key in keys}
        return ObjectRows(items, titles, lambda row, name: row.get(name, _ABSENT))
    if len({type(item) for item in items}) > 1:
        return None
    titles = {name: name for name in shapes[0]}
    return ObjectRows(items, titles, lambda row, name: getattr(row, name, _ABSENT))


def _is_ragged(shapes: Iterable[tuple[str, ...]], width: int) -> bool:
    """Tell records that have hardly a key in common."""
    widest = max(map(len, shapes))
    return width > 2 * widest


def value_rows(items: Sequence[Any]) -> ObjectRows:
    """Return a list's values as rows of one column, beside their positions."""
    titles = {0: "", 1: "value"}
    return ObjectRows(_Numbered(items), titles, lambda row, place: row[place])


class _Numbered(Sequence[Any]):
    """Items with their positions, made when they are asked for."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        return (index, self._items[index])


def csv_rows(text: str, delimiter: str) -> ObjectRows | None:
    """Return the rows of a text with commas or tabs; None if it is no table."""
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if not lines or not lines[0]:
        return None

    def cell(row: list[str], place: int) -> str:
        return row[place] if place < len(row) else ""

    return ObjectRows(lines[1:], dict(enumerate(lines[0])), cell)
