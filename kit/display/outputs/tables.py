"""Rows of what can be a table: records, arrays, frames and stored datasets."""

from __future__ import annotations

import csv
import dataclasses
import io
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from kit.display.outputs.values import fields_of, plain_text
from kit.display.summary import Table
from kit.errors import KitError
from kit.escape import shorten
from kit.storage import is_remote, local_path
from kit.types.datasets import StructuredDataset
from kit.types.frames import PARQUET


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
_MOST_READ_COLUMNS = 200


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


_LOOKED_AT = 20
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
        if not texts or len(keys) > _MOST_READ_COLUMNS or _is_ragged(shapes, len(keys)):
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
        table = table.iloc[:, :_MOST_READ_COLUMNS]
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
        self._table = table.select(
            list(range(min(table.num_columns, _MOST_READ_COLUMNS)))
        )
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
        self._table = table[:, :_MOST_READ_COLUMNS]
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
