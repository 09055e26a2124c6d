"""The first rows of a table, for a page that has no kernel to ask for more."""

from __future__ import annotations

from kit.display.outputs.rows import Rows
from kit.display.summary import Table

__all__ = ["rows_caption", "rows_table"]

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
