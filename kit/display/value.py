"""Values of inputs and outputs, within bounds."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from kit.display.summary import Fact, Facts, Item, Table

__all__ = ["value_items", "value_text"]

_MAX_ROWS = 20
_MAX_COLUMNS = 12


class _BoundedRepr(reprlib.Repr):
    """``repr`` that looks at so much of a value and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 20
        self.maxdict = 20
        self.maxstring = self.maxother = 400
        self.maxlong = 100
        self.maxlevel = 5


_repr = _BoundedRepr()


def value_text(value: Any) -> str:
    """Write a value as Python would, shortened in the middle when it is long."""
    return _repr.repr(value)


def value_items(values: Mapping[str, Any]) -> tuple[Item, ...]:
    """Show values by name: rows of records as tables, all others as facts."""
    plain = {name: value for name, value in values.items() if not _is_table(value)}
    facts = tuple(Fact(name, value_text(value)) for name, value in plain.items())
    tables = (_table(name, values[name]) for name in values if name not in plain)
    return (*((Facts(facts),) if facts else ()), *tables)


def _is_table(value: Any) -> bool:
    """Tell rows of one shape, with plain cells."""
    if not isinstance(value, list) or not value:
        return False
    shown = value[:_MAX_ROWS]
    if not all(isinstance(row, dict) for row in shown):
        return False
    columns = list(shown[0])
    if not 0 < len(columns) <= _MAX_COLUMNS:
        return False
    return all(
        list(row) == columns and not any(map(_is_nested, row.values())) for row in shown
    )


def _is_nested(cell: Any) -> bool:
    return isinstance(cell, (dict, list, tuple, set))


def _table(name: str, rows: list[dict[Any, Any]]) -> Table:
    columns = tuple(map(str, rows[0]))
    cells = tuple(tuple(map(_cell, row.values())) for row in rows[:_MAX_ROWS])
    caption = f"{name}: {len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
    if len(rows) > _MAX_ROWS:
        caption += f", the first {_MAX_ROWS} of them"
    return Table(columns, cells, caption)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value)
