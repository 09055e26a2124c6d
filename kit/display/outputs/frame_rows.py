"""Rows of data frames and arrays, in the libraries that they come from."""

from __future__ import annotations

import sys
from typing import Any

from kit.display.outputs.rows import Column, Order, Rows, cell_text, sorted_positions

__all__ = ["ArrayRows", "ArrowRows", "FrameRows", "is_array", "is_arrow", "is_frame"]

_MOST_COLUMNS = 200
_MATRIX = 2  # dimensions


def is_frame(value: Any) -> bool:
    """Tell a pandas DataFrame or Series, without loading pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def is_arrow(value: Any) -> bool:
    """Tell an Arrow table, without loading pyarrow."""
    arrow = sys.modules.get("pyarrow")
    return arrow is not None and isinstance(value, arrow.Table)


def is_array(value: Any) -> bool:
    """Tell an array of NumPy that is a list or a table, without loading NumPy."""
    numpy = sys.modules.get("numpy")
    is_one = numpy is not None and isinstance(value, numpy.ndarray)
    return is_one and 1 <= value.ndim <= _MATRIX and value.dtype.names is None


class FrameRows(Rows):
    """Rows of a pandas DataFrame or Series; an index that only counts is left out."""

    def __init__(self, frame: Any) -> None:
        import pandas as pd  # type: ignore[import-untyped] # it has no stubs

        table = frame.to_frame() if isinstance(frame, pd.Series) else frame
        table = table.iloc[:, :_MOST_COLUMNS]
        index = table.index
        parts = [(str(name), table.iloc[:, n]) for n, name in enumerate(table.columns)]
        if not _only_counts(index):
            levels = range(index.nlevels)
            names = [str(name) if name is not None else "" for name in index.names]
            parts[:0] = [(names[n], index.get_level_values(n)) for n in levels]
        self._parts = [part for _, part in parts]
        self.count = len(table)
        self.columns = tuple(
            Column(name, str(part.dtype), is_number=_is_number(part))
            for name, part in parts
        )
        self._order: Order | None = None
        self._positions: Any = range(self.count)

    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text: see :meth:`Rows.page`."""
        if order != self._order:
            self._positions, self._order = self._sorted(order), order
        positions = self._positions[start:stop]
        cells = (map(_text, _taken(part, positions)) for part in self._parts)
        return list(zip(*cells, strict=True)) if self._parts else []

    def _sorted(self, order: Order | None) -> Any:
        import pandas as pd

        if order is None:
            return range(self.count)
        column = pd.Series(self._parts[order.column]).reset_index(drop=True)
        try:
            made = column.sort_values(ascending=not order.descending, kind="stable")
        except TypeError:  # of several types, or of one that has no order
            return sorted_positions(column.tolist(), descending=order.descending)
        return made.index.to_numpy()


def _only_counts(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.name is None


def _is_number(part: Any) -> bool:
    kind = getattr(part.dtype, "kind", "O")
    return kind in "iufc"


def _taken(part: Any, positions: Any) -> Any:
    """Return cells by position as plain Python objects, where there are such."""
    chosen = list(positions)
    taken = part.iloc[chosen] if hasattr(part, "iloc") else part[chosen]
    return taken.tolist()


def _text(cell: Any) -> str:
    import pandas as pd

    if cell is pd.NaT or cell is pd.NA:
        return str(cell)
    return cell_text(cell)


class ArrowRows(Rows):
    """Rows of an Arrow table."""

    def __init__(self, table: Any) -> None:
        self._table = table.select(list(range(min(table.num_columns, _MOST_COLUMNS))))
        self.count = table.num_rows
        self.columns = tuple(_arrow_column(field) for field in self._table.schema)
        self._order: Order | None = None
        self._positions: Any = None

    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text: see :meth:`Rows.page`."""
        if order != self._order:
            self._positions, self._order = self._sorted(order), order
        if self._positions is None:
            taken = self._table.slice(start, max(stop - start, 0))
        else:
            taken = self._table.take(self._positions[start:stop])
        cells = (map(cell_text, column.to_pylist()) for column in taken.columns)
        return list(zip(*cells, strict=True)) if self.columns else []

    def _sorted(self, order: Order | None) -> Any:
        import pyarrow.compute

        if order is None:
            return None
        return pyarrow.compute.array_sort_indices(
            self._table.column(order.column).combine_chunks(),
            order="descending" if order.descending else "ascending",
            null_placement="at_end",
        )


def _arrow_column(field: Any) -> Column:
    from pyarrow import types

    number = (
        types.is_integer(field.type)
        or types.is_floating(field.type)
        or types.is_decimal(field.type)
    )
    sortable = not (types.is_nested(field.type) or types.is_dictionary(field.type))
    return Column(field.name, str(field.type), is_number=number, is_sortable=sortable)


class ArrayRows(Rows):
    """Rows of an array of one or two dimensions, beside their positions."""

    def __init__(self, array: Any) -> None:
        table = array.reshape(-1, 1) if array.ndim == 1 else array
        self._table = table[:, :_MOST_COLUMNS]
        kind = str(array.dtype)
        is_number = array.dtype.kind in "iufc"
        names = ["value"] if array.ndim == 1 else map(str, range(self._table.shape[1]))
        cells = (Column(name, kind, is_number=is_number) for name in names)
        self.columns = (Column("", is_number=True), *cells)
        self.count = len(table)
        self._order: Order | None = None
        self._positions: Any = range(self.count)

    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text: see :meth:`Rows.page`."""
        if order != self._order:
            self._positions, self._order = self._sorted(order), order
        positions = [int(position) for position in self._positions[start:stop]]
        cells = self._table[positions].tolist()
        return [
            (str(position), *map(cell_text, row))
            for position, row in zip(positions, cells, strict=True)
        ]

    def _sorted(self, order: Order | None) -> Any:
        if order is None:
            return range(self.count)
        if order.column == 0:
            return range(self.count)[:: -1 if order.descending else 1]
        column = self._table[:, order.column - 1]
        if column.dtype.kind not in "biufSUmM":
            return sorted_positions(column.tolist(), descending=order.descending)
        found = column.argsort(kind="stable")
        there = self.count - int((column != column).sum())  # NaN comes last  # noqa: PLR0124
        if order.descending:
            found[:there] = found[:there][::-1].copy()
        return found
