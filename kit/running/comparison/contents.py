"""Compare what literals refer to: files, folders, and tables."""

from __future__ import annotations

import filecmp
import hashlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import StructuredDataset as DatasetLiteral

from kit.errors import KitError
from kit.paths import is_remote, local_path
from kit.running.comparison.differing import Differing, Steps
from kit.running.comparison.texts import short
from kit.types.structured_dataset import StructuredDataset

__all__ = ["differing_datasets", "differing_places"]

_ABSENT = "nothing"
_FRAMES = (("pyarrow", "Table"), ("pandas", "DataFrame"))


def differing_places(first: str, second: str, steps: Steps) -> Iterator[Differing]:
    """Compare two files or folders by content; remote ones by their names only."""
    if is_remote(first) or is_remote(second):
        if first != second:
            yield Differing(steps, first, second)
        return
    yield from _differing_paths(
        Path(local_path(first)), Path(local_path(second)), steps
    )


def _differing_paths(first: Path, second: Path, steps: Steps) -> Iterator[Differing]:
    if first.is_dir() and second.is_dir():
        names = {path.name for folder in (first, second) for path in folder.iterdir()}
        for name in sorted(names):
            yield from _differing_paths(first / name, second / name, (*steps, name))
    elif not _same_file(first, second):
        yield Differing(steps, _file_text(first), _file_text(second))


def _same_file(first: Path, second: Path) -> bool:
    if not (first.is_file() and second.is_file()):
        return first.exists() == second.exists() and first.is_dir() == second.is_dir()
    return filecmp.cmp(first, second, shallow=False)


def _file_text(path: Path) -> str:
    if not path.is_file():
        return "a folder" if path.is_dir() else _ABSENT
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return f"{path.stat().st_size:,} bytes, SHA-256 {digest.hexdigest()[:8]}…"


def differing_datasets(
    first: DatasetLiteral, second: DatasetLiteral, steps: Steps
) -> Iterator[Differing]:
    """Compare two tables by columns and rows; by their files if none reads them here.

    The files themselves differ with the version of what wrote them.
    """
    ours, theirs = _columns(first), _columns(second)
    if ours is None or theirs is None:
        yield from differing_places(first.uri, second.uri, steps)
        return
    for name in dict.fromkeys((*ours, *theirs)):
        place = (*steps, name)
        yield from _differing_columns(ours.get(name), theirs.get(name), place)


def _columns(literal: DatasetLiteral) -> dict[str, Any] | None:
    """Read a table's columns with what there is; None if nothing reads it."""
    for package, name in _FRAMES:
        try:
            kind = getattr(import_module(package), name)
            frame = StructuredDataset.from_literal(literal).open(kind).all()
        except (ImportError, KitError):
            continue
        names = getattr(frame, "column_names", None) or frame.columns
        return {str(name): frame[name] for name in names}
    return None


def _differing_columns(first: Any, second: Any, steps: Steps) -> Iterator[Differing]:
    if first is None or second is None:
        yield Differing(steps, _column_text(first), _column_text(second))
    elif _dtype(first) != _dtype(second):
        yield Differing(steps, _dtype(first), _dtype(second))
    elif len(first) != len(second):
        yield Differing(steps, f"{len(first):,} rows", f"{len(second):,} rows")
    elif not first.equals(second):
        yield from _first_differing_row(_listed(first), _listed(second), steps)


def _first_differing_row(
    first: list[Any], second: list[Any], steps: Steps
) -> Iterator[Differing]:
    """Find the first row that differs; none does where both are not a number."""
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        texts = repr(one), repr(other)
        if texts[0] != texts[1]:
            yield Differing((*steps, row), short(texts[0]), short(texts[1]))
            return


def _listed(column: Any) -> list[Any]:
    convert = getattr(column, "to_pylist", None) or column.tolist
    return list(convert())


def _dtype(column: Any) -> str:
    """Name the type of a column; which offsets Arrow has for it is no matter."""
    kind = column.dtype if hasattr(column, "dtype") else column.type
    return str(kind).replace("large_", "")


def _column_text(column: Any) -> str:
    return "no such column" if column is None else f"a column of {_dtype(column)}"
