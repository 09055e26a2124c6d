"""Rows of tables in files, read where they are: only what a page needs."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kit.display.outputs.frame_rows import ArrowRows
from kit.display.outputs.record_rows import ObjectRows
from kit.display.outputs.rows import Order, Rows
from kit.errors import KitError
from kit.storage import is_remote, local_path
from kit.types.frames import PARQUET
from kit.types.structured_dataset import StructuredDataset

__all__ = ["ParquetRows", "csv_rows", "dataset_rows", "parquet_rows"]

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
