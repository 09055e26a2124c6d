"""Values beside their literals, and what is read back without the type."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

import pandas as pd
from flyteidl.core.literals_pb2 import LiteralMap

from kit.display.of_runs import summarize_outputs
from kit.display.outputs import wire_table
from kit.running.outputs import Outputs
from kit.types import default_engine


class Colour(enum.Enum):
    """A choice."""

    RED = "red"


@dataclasses.dataclass
class Point:
    """Two numbers."""

    x: int
    y: float


VALUES = {
    "n": (3, int),
    "f": (2.0, float),
    "point": (Point(1, 2.0), Point),
    "points": ([Point(1, 2.0)], list[Point]),
    "colour": (Colour.RED, Colour),
    "day": (dt.date(2026, 1, 2), dt.date),
    "maybe": (None, int | None),
    "frame": (pd.DataFrame({"a": [1]}), pd.DataFrame),
    "pair": ({"a": 1, "b": 2.0}, dict),
}


def table():
    """Return the rows of all values by name."""
    literals = LiteralMap()
    for name, (value, kind) in VALUES.items():
        literals.literals[name].CopyFrom(default_engine.to_literal(value, kind))
    values = {name: value for name, (value, _) in VALUES.items()}
    types = {name: kind for name, (_, kind) in VALUES.items()}
    return {row[0]: row[1:] for row in wire_table(values, literals, types).rows}


def test_values_stand_beside_their_literals():
    """With the Flyte type, and what comes back by it."""
    rows = table()
    assert rows["n"] == ("int 3", "INTEGER 3", "int 3", "")
    assert rows["f"] == ("float 2.0", "FLOAT 2.0", "float 2.0", "")
    assert rows["maybe"] == ("None", "UNION(INTEGER, NONE) None", "None", "")
    assert rows["pair"][2:] == ("dict {'a': 1, 'b': 2.0}", "")


def test_losses_are_told():
    """Classes become dictionaries, dates moments, frames datasets."""
    rows = table()
    assert rows["point"][2] == "dict {'x': 1, 'y': 2.0}"
    assert rows["point"][3].startswith("Point arrives as a dict")
    assert rows["points"][3].startswith("Point arrives as a dict")
    assert rows["colour"][3].startswith("Colour arrives as another enum")
    assert rows["day"][2:] == (
        "datetime 2026-01-02 00:00:00 UTC",
        "a date arrives as a datetime at midnight UTC",
    )
    assert rows["frame"] == (
        "DataFrame",
        "STRUCTURED_DATASET",
        "StructuredDataset",
        "DataFrame arrives as StructuredDataset",
    )


def test_a_number_that_comes_back_as_another_type_is_told():
    """A Struct has floats only."""
    literal = default_engine.to_literal({"a": 1}, dict)
    literal.scalar.generic.fields["a"].number_value = 1
    made = wire_table({"x": {"a": 1}}, LiteralMap(literals={"x": literal}), {"x": dict})
    assert made.rows[0][4] == "a value in it is another one"


def test_nothing_is_told_of_what_is_not_known():
    """Without declared types there is nothing to lose; without literals no table."""
    literal = default_engine.to_literal(3, int)
    outputs = Outputs({"x": 3}, task="t", literals=LiteralMap(literals={"x": literal}))
    (table,) = summarize_outputs(outputs).section("On the wire").items
    assert table.rows == (("x", "int 3", "primitive 3", "", ""),)
    assert summarize_outputs(Outputs({"x": 3}, task="t")).section("On the wire") is None
