"""Rows of data frames, arrays, Arrow tables and Parquet files, by their libraries."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kit.display.outputs.rows import (
    Column,
    Order,
    Rows,
    SortedRows,
    cell_text,
    sorted_positions,
)
from kit.errors import KitError
from kit.storage import is_remote, local_path
from kit.types.datasets import StructuredDataset
from kit.types.frames import PARQUET

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


class FrameRows(SortedRows):
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
        columns = (
            Column(name, str(part.dtype), is_number=_is_number(part))
            for name, part in parts
        )
        super().__init__(columns, len(table))

    def _sorted(self, order: Order) -> Any:
        import pandas as pd

        column = pd.Series(self._parts[order.column]).reset_index(drop=True)
        try:
            made = column.sort_values(ascending=not order.descending, kind="stable")
        except TypeError:  # of several types, or of one that has no order
            return sorted_positions(column.tolist(), descending=order.descending)
        return made.index.to_numpy()

    def _cells(self, positions: list[int]) -> list[tuple[str, ...]]:
        cells = (map(_text, _taken(part, positions)) for part in self._parts)
        return list(zip(*cells, strict=True)) if self._parts else []


def _only_counts(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.name is None


def _is_number(part: Any) -> bool:
    kind = getattr(part.dtype, "kind", "O")
    return kind in "iufc"


def _taken(part: Any, positions: list[int]) -> Any:
    """Return cells by position as plain Python objects, where there are such."""
    taken = part.iloc[positions] if hasattr(part, "iloc") else part[positions]
    return taken.tolist()


def _text(cell: Any) -> str:
    import pandas as pd

    if cell is pd.NaT or cell is pd.NA:
        return str(cell)
    return cell_text(cell)


class ArrowRows(SortedRows):
    """Rows of an Arrow table."""

    def __init__(self, table: Any) -> None:
        self._table = table.select(list(range(min(table.num_columns, _MOST_COLUMNS))))
        super().__init__(map(_arrow_column, self._table.schema), table.num_rows)

    def _sorted(self, order: Order) -> Any:
        import pyarrow.compute

        found = pyarrow.compute.array_sort_indices(
            self._table.column(order.column).combine_chunks(),
            order="descending" if order.descending else "ascending",
            null_placement="at_end",
        )
        return found.to_numpy()

    def _cells(self, positions: list[int]) -> list[tuple[str, ...]]:
        import pyarrow as pa

        taken = self._table.take(pa.array(positions, pa.int64()))
        cells = (map(cell_text, column.to_pylist()) for column in taken.columns)
        return list(zip(*cells, strict=True)) if self.columns else []


def _arrow_column(field: Any) -> Column:
    from pyarrow import types

    number = (
        types.is_integer(field.type)
        or types.is_floating(field.type)
        or types.is_decimal(field.type)
    )
    sortable = not (types.is_nested(field.type) or types.is_dictionary(field.type))
    return Column(field.name, str(field.type), is_number=number, is_sortable=sortable)


class ArrayRows(SortedRows):
    """Rows of an array of one or two dimensions, beside their positions."""

    def __init__(self, array: Any) -> None:
        table = array.reshape(-1, 1) if array.ndim == 1 else array
        self._table = table[:, :_MOST_COLUMNS]
        kind = str(array.dtype)
        is_number = array.dtype.kind in "iufc"
        names = ["value"] if array.ndim == 1 else map(str, range(self._table.shape[1]))
        cells = (Column(name, kind, is_number=is_number) for name in names)
        super().__init__((Column("", is_number=True), *cells), len(table))

    def _sorted(self, order: Order) -> Any:
        if order.column == 0:
            return range(self.count)[:: -1 if order.descending else 1]
        column = self._table[:, order.column - 1]
        if column.dtype.kind not in "biufSUmM":
            return sorted_positions(column.tolist(), descending=order.descending)
        found = column.argsort(kind="stable")
        nan = int((column != column).sum())  # noqa: PLR0124 - which comes last
        there = self.count - nan
        if order.descending:
            found[:there] = found[:there][::-1].copy()
        return found

    def _cells(self, positions: list[int]) -> list[tuple[str, ...]]:
        rows = zip(positions, self._table[positions].tolist(), strict=True)
        return [(str(position), *map(cell_text, row)) for position, row in rows]


_MOST_SORTED = 10_000_000  # rows of a table that is read whole to sort it
_MOST_FILES = 1_000


def dataset_rows(dataset: StructuredDataset) -> Rows | None:
    """Return the rows of a dataset that is stored as Parquet on this machine."""
    stored = dataset.literal
    if stored is None or is_remote(stored.uri):
        return None
    if stored.metadata.structured_dataset_type.format.lower() not in ("", PARQUET):
        return None
    path = Path(local_path(stored.uri))
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError:
        return None
    return parquet_rows([f for f in files if not f.name.startswith((".", "_"))])


def parquet_rows(files: Sequence[Path]) -> Rows | None:
    """Return the rows of Parquet files of one schema; None if they cannot be read."""
    if find_spec("pyarrow") is None or not 0 < len(files) <= _MOST_FILES:
        return None
    import pyarrow as pa

    try:
        return ParquetRows(files)
    except (OSError, ValueError, pa.ArrowException, KitError):
        return None  # no Parquet after all: it is told as what it is, a file


class ParquetRows(Rows):
    """Rows of Parquet files; to sort them they are read whole."""

    def __init__(self, files: Sequence[Path]) -> None:
        import pyarrow.parquet as pq

        self._groups: list[tuple[Path, int, int]] = []
        self.count = 0
        for path in files:
            metadata = pq.read_metadata(path)
            for group in range(metadata.num_row_groups):
                rows = metadata.row_group(group).num_rows
                self._groups.append((path, group, rows))
                self.count += rows
        empty = pq.read_schema(files[0]).empty_table()
        self._schema = empty.schema
        self.columns = ArrowRows(empty).columns
        if self.count > _MOST_SORTED:
            self.columns = tuple(
                dataclasses.replace(column, is_sortable=False)
                for column in self.columns
            )
        self._whole: ArrowRows | None = None

    def page(
        self, start: int, stop: int, order: Order | None = None
    ) -> list[tuple[str, ...]]:
        """Return the cells of rows as text: see :meth:`Rows.page`."""
        if order is not None:
            if self._whole is None:
                self._whole = ArrowRows(self._read(0, self.count)[0])
            return self._whole.page(start, stop, order)
        table, skipped = self._read(start, stop)
        return ArrowRows(table).page(start - skipped, stop - skipped)

    def _read(self, start: int, stop: int) -> tuple[Any, int]:
        """Return the row groups that have these rows, and how many are before them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        tables, passed, skipped = [], 0, 0
        names = [column.name for column in self.columns]
        for path, group, rows in self._groups:
            if passed + rows <= start:
                skipped = passed + rows
            elif passed < stop:
                file = pq.ParquetFile(path)
                tables.append(file.read_row_group(group, columns=names))
            passed += rows
        if not tables:
            return self._schema.empty_table(), skipped
        return pa.concat_tables(tables, promote_options="permissive"), skipped
