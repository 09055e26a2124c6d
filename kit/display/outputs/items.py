"""What is shown of outputs: values in a list, and below it all that needs more room."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kit.display.escape import shorten
from kit.display.outputs.bounded_tree import bounded_tree
from kit.display.outputs.file_items import file_items, file_text
from kit.display.outputs.folder_items import folder_items, folder_text
from kit.display.outputs.frame_rows import (
    ArrayRows,
    ArrowRows,
    FrameRows,
    is_array,
    is_arrow,
    is_frame,
)
from kit.display.outputs.plain import plain_text
from kit.display.outputs.record_rows import fields_of, record_rows
from kit.display.outputs.rows import Rows
from kit.display.outputs.rows_table import rows_table
from kit.display.outputs.stored_rows import dataset_rows
from kit.display.outputs.text_code import text_code
from kit.display.summary import Fact, Facts, Item, Picture, Tree
from kit.renderers.image import image_type
from kit.storage import is_remote
from kit.storage.redaction import redacted
from kit.types.directories import FlyteDirectory
from kit.types.structured_dataset import StructuredDataset

__all__ = ["fact_of", "output_items", "parts_of", "rows_of"]

_LONGEST_LINE = 200
_SHORT = 60  # characters of a value that is as easy to read in a line as in a tree
_MANY = 20  # values whose number is told
_MOST_EMBEDDED = 1_000_000


def output_items(values: Mapping[str, Any]) -> tuple[Item, ...]:
    """Show values by name."""
    facts: list[Fact] = []
    others: list[Item] = []
    for name, value in values.items():
        fact, parts = fact_of(name, value), tuple(parts_of(name, value))
        if fact is not None:
            facts.append(fact)
        others.extend(parts)
    return (*((Facts(tuple(facts)),) if facts else ()), *others)


def fact_of(name: str, value: Any) -> Fact | None:
    """Return the line that tells of a value; None if a part below tells it all."""
    if isinstance(value, FlyteDirectory):
        return Fact(name, folder_text(value))
    if isinstance(value, os.PathLike):
        return Fact(name, file_text(value))
    if isinstance(value, StructuredDataset):
        return None if dataset_rows(value) else Fact(name, _dataset_text(value))
    if rows_of(value) is not None or _is_text(value) or _is_tree(value):
        return None
    if isinstance(value, bytes) and image_type(value) is not None:
        return Fact(name, f"{len(value):,} bytes, {image_type(value)}")
    text = plain_text(value)
    if isinstance(value, (list, tuple)) and len(value) > _MANY:
        text += f" ({len(value):,} values)"
    return Fact(name, text)


def parts_of(name: str, value: Any) -> Iterator[Item]:
    """Yield what does not go into a line."""
    if isinstance(value, FlyteDirectory):
        yield from folder_items(name, value)
    elif isinstance(value, os.PathLike):
        yield from file_items(name, value)
    elif (rows := rows_of(value)) is not None:
        yield rows_table(name, rows)
    elif _is_text(value):
        yield text_code(name, value, len(value))
    elif isinstance(value, bytes):
        image = image_type(value) if len(value) <= _MOST_EMBEDDED else None
        if image is not None:
            yield Picture(f"{name}: {image}", value, image)
    elif _is_tree(value):
        shown = bounded_tree(value)
        cut = "" if shown.is_whole else ": a part of it"
        yield Tree(shown.value, f"{name}{cut}")


def rows_of(value: Any) -> Rows | None:
    """Return the rows of a value that is a table; None if it is none."""
    for is_one, read in _READERS:
        if is_one(value):
            return read(value)
    return None


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Rows | None]], ...] = (
    (is_frame, FrameRows),
    (is_arrow, ArrowRows),
    (is_array, ArrayRows),
    (lambda value: isinstance(value, StructuredDataset), dataset_rows),
    (lambda value: isinstance(value, list), record_rows),
)


def _is_text(value: Any) -> bool:
    return type(value) is str and ("\n" in value or len(value) > _LONGEST_LINE)


def _is_tree(value: Any) -> bool:
    """Tell what has parts of its own and is too long for a line."""
    if isinstance(value, (list, tuple)) and not fields_of(value):
        nested = any(isinstance(item, (dict, list, tuple)) for item in value[:_MANY])
        return nested and len(plain_text(value)) > _SHORT
    return bool(fields_of(value)) and len(plain_text(value)) > _SHORT


def _dataset_text(dataset: StructuredDataset) -> str:
    """Say where a dataset is; folders of this machine are named at random."""
    stored = dataset.literal
    uri = str(dataset.uri if stored is None else stored.uri)
    file_format = stored and stored.metadata.structured_dataset_type.format
    named = f"a dataset, {file_format}" if file_format else "a dataset"
    return (
        shorten(f"{named} at {redacted(uri)}", _LONGEST_LINE)
        if is_remote(uri)
        else named
    )
