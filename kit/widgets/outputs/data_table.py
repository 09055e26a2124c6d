"""A table of any length: the page asks for the rows that it shows, and no others.

Libraries for tables in notebooks send the whole table, or its beginning; a million rows
need a kernel that is asked.  The page is a script of kit's own, by anywidget.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kit.display.outputs.rows import Order, Rows
from kit.widgets.looks import Looks
from kit.widgets.scripted import scripted

__all__ = ["data_table"]

_PAGE = 20
_MOST_ROWS = 500  # of a page


def data_table(
    name: str, rows: Rows, looks: Looks, mask: Callable[[str], str] = str
) -> Any:
    """Return a widget that shows rows page by page, in the order of any column.

    Args:
        name: What the table is.
        rows: Its rows.
        looks: What all widgets of the view share.
        mask: Keeps out of a text what is not to be shown.
    """
    pages = _Pages(rows, mask)
    columns = [dataclasses.asdict(column) for column in rows.columns]
    for column in columns:
        column["name"] = mask(column["name"])
    facts = {
        "title": name,
        "columns": columns,
        "count": rows.count,
        "first": pages.read(0, _PAGE, None),
    }
    return scripted("data_table", facts, looks.box, pages.answer)


class _Pages:
    """Answers what the page asks, in whatever thread that comes."""

    def __init__(self, rows: Rows, mask: Callable[[str], str]) -> None:
        self._rows, self._mask = rows, mask
        self._lock = threading.Lock()

    def read(self, start: int, count: int, order: Order | None) -> list[list[str]]:
        with self._lock:
            page = self._rows.page(start, start + count, order)
        return [[self._mask(cell) for cell in row] for row in page]

    def answer(self, asked: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Return a page, or why there is none."""
        number = asked.get("number") if isinstance(asked, Mapping) else None
        try:
            start, count, order = self._understood(asked)
            rows = self.read(start, count, order)
        except Exception as error:  # noqa: BLE001 - what a task's objects raise
            text = f"{type(error).__name__}: {error}"
            return {"number": number, "error": self._mask(text)}, []
        return {"number": number, "rows": rows}, []

    def _understood(self, asked: Any) -> tuple[int, int, Order | None]:
        start, count = int(asked["start"]), int(asked["count"])
        if not (0 <= start <= self._rows.count and 0 < count <= _MOST_ROWS):
            msg = f"There are no {count} rows from {start} on."
            raise ValueError(msg)
        column = asked["column"]
        if column is None:
            return start, count, None
        if not self._rows.columns[int(column)].is_sortable or int(column) < 0:
            msg = f"The table cannot be sorted by its column {column}."
            raise ValueError(msg)
        return start, count, Order(int(column), bool(asked["descending"]))
