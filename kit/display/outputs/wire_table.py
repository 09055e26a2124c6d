"""Values beside what the wire has of them, and what is read from that without a type.

Whoever gets a literal alone (another task, a launch plan, the executor on a cluster)
guesses a Python type from its Flyte type.  The table tells what is lost on that way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType

from kit.display.arrival import arrival_of
from kit.display.cluster_type import cluster_type
from kit.display.escape import shorten
from kit.display.outputs.plain import plain_text
from kit.display.python_type import python_type_name
from kit.display.summary import Table
from kit.display.wire_type import wire_type_name
from kit.errors import KitError
from kit.running.comparison.literal_text import kind_of, literal_text
from kit.types import default_engine

__all__ = ["wire_table"]

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
        guess = arrival_of(literal_type, declared)
        return (told, wire, guess.on_cluster, guess.loss)
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
    loss = arrival_of(literal_type, declared).loss
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
