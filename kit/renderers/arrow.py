"""Arrow tables in decks."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import Any

from kit.renderers.expected import refusal
from kit.renderers.short import short_html
from kit.renderers.table import table

__all__ = ["ArrowRenderer"]


class ArrowRenderer:
    """Draws the first rows of a ``pyarrow.Table`` under its columns and their types.

    Args:
        max_rows: How many rows at most.
        max_cols: How many columns at most.
    """

    def __init__(self, max_rows: int = 10, max_cols: int = 100) -> None:
        self._max_rows = max_rows
        self._max_cols = max_cols

    def to_html(self, df: Any) -> str:
        """Return the table as HTML.

        Raises:
            DeckError: It is no Arrow table.
        """
        if not is_arrow_table(df):
            raise refusal(self, df, "a pyarrow.Table")
        columns = list(islice(df.schema, self._max_cols))
        top = df.slice(0, self._max_rows)
        cells = [top.column(index).to_pylist() for index in range(len(columns))]
        rows = [
            f"<tr>{''.join(map(_cell, row))}</tr>" for row in zip(*cells, strict=True)
        ]
        types = "".join(
            f"<td><i>{escape(str(column.type))}</i></td>" for column in columns
        )
        return table(
            [column.name for column in columns],
            [f"<tr>{types}</tr>", *rows],
            caption=f"{df.num_rows:,} rows, {df.num_columns:,} columns",
        )


def is_arrow_table(value: Any) -> bool:
    """Tell a ``pyarrow.Table``, without loading pyarrow for anything else."""
    kind = type(value)
    return kind.__name__ == "Table" and kind.__module__ == "pyarrow.lib"


def _cell(value: Any) -> str:
    return f"<td>{short_html(value)}</td>"
