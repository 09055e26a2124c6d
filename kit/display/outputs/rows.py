"""Tables that are read page by page, and the table of their first rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.display.outputs.values import plain_text
from kit.display.summary import Table
from kit.escape import shorten


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its title.
        kind: What its cells are, in a word of its library: ``int64``, ``string``, …;
            empty where a cell may be anything.
        is_number: Whether its cells are numbers, which stand to the right.
        is_sortable: Whether rows can be put in the order of its cells.
    """

    name: str
    kind: str = ""
    is_number: bool = False
    is_sortable: bool = True


@dataclass(frozen=True)
class Order:
    """The column that rows are sorted by, and which way."""

    column: int
    descending: bool = False


class Rows(ABC):
    """A table that is read page by page.

    Attributes:
        columns: Its columns.
        count: How many rows it has.
    """

    columns: tuple[Column, ...]
    count: int

    @abstractmethod
    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text.

        Args:
            start: The first row, from 0.
            stop: The row behind the last one; there may be fewer.
            order: How all rows are sorted before; as they are by default. What is
                missing comes last either way.
        """


class SortedRows(Rows):
    """Rows whose order is kept until another one is asked for."""

    def __init__(self, columns: Iterable[Column], count: int) -> None:
        self.columns, self.count = tuple(columns), count
        self._order: Order | None = None
        self._positions: Any = range(count)

    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text: see :meth:`Rows.page`."""
        if order != self._order:
            everything = range(self.count)
            self._positions = everything if order is None else self._sorted(order)
            self._order = order
        return self._cells([int(at) for at in self._positions[start:stop]])

    @abstractmethod
    def _sorted(self, order: Order) -> Any:
        """Return the positions of all rows in an order."""

    @abstractmethod
    def _cells(self, positions: list[int]) -> list[tuple[str, ...]]:
        """Return the cells of the rows at these positions."""


def sorted_positions(values: Sequence[Any], *, descending: bool) -> list[int]:
    """Return where the sorted values are; values of any types have some order.

    >>> sorted_positions([3, None, 1, "a"], descending=True)
    [3, 0, 2, 1]
    """
    there = [n for n, value in enumerate(values) if not _is_missing(value)]
    gone = [n for n, value in enumerate(values) if _is_missing(value)]
    try:
        there.sort(key=values.__getitem__, reverse=descending)
    except TypeError:  # of several types, or of one that has no order
        there.sort(key=lambda n: _rank(values[n]), reverse=descending)
    return there + gone


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (bool, int, float)):
        return (0, float(value), "")
    return (1, 0.0, cell_text(value))


_LONGEST_CELL = 500


def cell_text(value: Any) -> str:
    """Write a cell; text stands for itself."""
    text = value if isinstance(value, str) else plain_text(value)
    return shorten(text, _LONGEST_CELL)


_MOST_ROWS = 20
_MOST_COLUMNS = 12


def rows_table(name: str, rows: Rows) -> Table:
    """Return a table of the first rows and columns; its caption tells of the others."""
    cells = tuple(row[:_MOST_COLUMNS] for row in rows.page(0, _MOST_ROWS))
    titles = tuple(column.name for column in rows.columns[:_MOST_COLUMNS])
    return Table(titles, cells, rows_caption(name, rows, len(cells)))


def rows_caption(name: str, rows: Rows, shown: int) -> str:
    """Say how large a table is, and how much of it is shown."""
    width = len(rows.columns)
    caption = f"{name}: {rows.count:,} {'row' if rows.count == 1 else 'rows'}"
    if width > _MOST_COLUMNS:
        caption += f" of {width:,} columns"
    parts = []
    if rows.count > shown:
        parts.append(f"the first {shown} rows")
    if width > _MOST_COLUMNS:
        parts.append(f"the first {_MOST_COLUMNS} columns")
    return f"{caption}, {' and '.join(parts)} of them" if parts else caption
