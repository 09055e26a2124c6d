"""What tasks put out, by what it is: values, tables, files, folders."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType

from kit.display.outputs.files import (
    file_items,
    file_text,
    folder_items,
    folder_text,
    text_code,
)
from kit.display.outputs.tables import (
    ArrayRows,
    ArrowRows,
    FrameRows,
    Rows,
    dataset_rows,
    is_array,
    is_arrow,
    is_frame,
    record_rows,
    rows_table,
)
from kit.display.outputs.values import bounded_tree, fields_of, plain_text
from kit.display.summary import Fact, Facts, Item, Picture, Table, Tree
from kit.display.types import (
    cluster_type,
    python_type_name,
    received_type,
    wire_type_name,
)
from kit.errors import KitError
from kit.escape import shorten
from kit.renderers.html import image_type
from kit.running.compare_literals import kind_of, literal_text
from kit.storage import is_remote
from kit.storage.urls import redacted
from kit.types import default_engine
from kit.types.datasets import StructuredDataset
from kit.types.directories import FlyteDirectory

_LONGEST_LINE = 200
_SHORT = 60  # characters of a value that is as easy to read in a line as in a tree
_MANY = 20  # values whose number is told
_MOST_EMBEDDED = 1_000_000


def output_items(values: Mapping[str, Any]) -> tuple[Item, ...]:
    """Show values by name, in their order."""
    items: list[Item] = []
    facts: list[Fact] = []

    def close() -> None:
        if facts:
            items.append(Facts(tuple(facts)))
            facts.clear()

    for name, value in values.items():
        fact, parts = fact_of(name, value), tuple(parts_of(name, value))
        if fact is not None:
            facts.append(fact)
        if parts:
            close()
            items.extend(parts)
    close()
    return tuple(items)


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


_COLUMNS = ("output", "in Python", "literal", "read back without its type", "lost")
_LONGEST = 80  # characters of a cell
_MOST_BYTES = 65_536  # of a literal that is converted to be shown
_MOST_ROWS = 100
_STORED = ("blob", "structured_dataset", "schema")


def wire_table(
    values: Mapping[str, Any], literals: LiteralMap, declared: Mapping[str, Any]
) -> Table:
    """Return a row for each output.

    Args:
        values: The outputs.
        literals: The same on the wire.
        declared: Their Python types, where they are known.
    """
    names = [name for name in values if name in literals.literals][:_MOST_ROWS]
    rows = tuple(
        (name, *_row(values[name], literals.literals[name], declared.get(name)))
        for name in names
    )
    return Table(_COLUMNS, rows, styles=("text", "code", "code", "code", "text"))


def _row(value: Any, literal: Literal, declared: Any) -> tuple[str, ...]:
    stored = kind_of(literal) in _STORED
    told = python_type_name(type(value)) if stored else _typed(value)
    if declared is None:
        return (told, _literal_text(literal, ""), "", "")
    literal_type = default_engine.literal_type(declared)
    wire = _literal_text(literal, wire_type_name(literal_type))
    back = _read_back(literal, literal_type)
    if back is None:
        guess = received_type(literal_type, declared)
        return (told, wire, guess.name, guess.loss)
    loss = "; ".join(_losses(value, back[0], literal_type, declared))
    return (told, wire, _typed(back[0]), loss)


def _literal_text(literal: Literal, wire_type: str) -> str:
    kind = kind_of(literal)
    text = "" if kind in _STORED else f" {literal_text(literal)}"
    return shorten(f"{wire_type or kind}{text}", _LONGEST)


def _read_back(literal: Literal, literal_type: LiteralType) -> tuple[Any] | None:
    """Return what is read by the Flyte type that a cluster keeps; None for no value."""
    if kind_of(literal) in _STORED or literal.ByteSize() > _MOST_BYTES:
        return None
    try:
        guessed = default_engine.guess_type(cluster_type(literal_type))
        return (default_engine.to_python(literal, guessed),)
    except KitError:
        return None


def _losses(
    value: Any, back: Any, literal_type: LiteralType, declared: Any
) -> Iterator[str]:
    """Tell the types that are lost, and else the values."""
    loss = received_type(literal_type, declared).loss
    if loss:
        yield loss
    elif type(back) is not type(value):
        names = (python_type_name(type(thing)) for thing in (value, back))
        yield " comes back as ".join(names)
    elif not _is_same(value, back):
        yield "a value in it is another one"


def _is_same(value: Any, back: Any) -> bool:
    """Compare values and their types, all the way down; NaN is itself."""
    if type(value) is not type(back):
        return False
    if isinstance(value, dict):
        same_keys = value.keys() == back.keys()
        return same_keys and all(_is_same(value[key], back[key]) for key in value)
    if isinstance(value, (list, tuple)):
        return len(value) == len(back) and all(map(_is_same, value, back))
    if isinstance(value, float):
        return value == back or (math.isnan(value) and math.isnan(back))
    return repr(value) == repr(back)


def _typed(value: Any) -> str:
    text = plain_text(value)
    name = python_type_name(type(value))
    is_told = value is None or text.startswith((f"{name}(", f"{name}."))
    return shorten(text if is_told else f"{name} {text}", _LONGEST)
