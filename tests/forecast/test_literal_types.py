"""What Flyte infers from values, and what it takes for what."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flyteidl.core import literals_pb2, types_pb2
from forecast.literals import literal, literal_type
from google.protobuf.struct_pb2 import Struct

from kit.forecast.literal_types import (
    UntypedUnionError,
    includes,
    inferred_type,
    is_castable,
    type_text,
)

LISTS_OF_TEXTS = "collection_type:{collection_type:{simple:STRING}}"


@pytest.mark.parametrize(
    ("value", "python_type", "text"),
    [
        (1, int, "simple:INTEGER"),
        ([], list[int], "collection_type:{simple:NONE}"),
        (
            [[], [1]],
            list[list[int]],
            "collection_type:{collection_type:{simple:INTEGER}}",
        ),
        ({"a": 1.5}, dict[str, float], "map_value_type:{simple:FLOAT}"),
        ({"a": 1}, dict, "simple:STRUCT"),
    ],
)
def test_types_are_inferred_from_values(value, python_type, text):
    """The first items tell; empty lists count only where nothing else is."""
    assert type_text(inferred_type(literal(value, python_type))) == text


def test_items_of_several_types_are_a_union():
    """Sorted by their text; a list of unions stays one list."""
    made = literals_pb2.Literal()
    for value in (1, "a", 1.5, 2):
        made.collection.literals.append(literal(value))
    told = type_text(inferred_type(made))
    assert told == (
        "collection_type:{union_type:{variants:{simple:FLOAT}  "
        "variants:{simple:INTEGER}  variants:{simple:STRING}}}"
    )
    outer = literals_pb2.Literal()
    outer.collection.literals.extend([made, literal([1], list[int])])
    assert type_text(inferred_type(outer)).count("collection_type") == 3


def test_a_union_without_a_type_crashes_the_server():
    """The forecast says so instead of an answer."""
    made = literals_pb2.Literal()
    made.scalar.union.value.scalar.primitive.integer = 1
    with pytest.raises(UntypedUnionError):
        is_castable(inferred_type(made), literal_type(int))


def test_a_long_list_costs_little():
    """Items of a kind that was seen are passed over."""
    made = literal(list(range(20_000)), list[int])
    items = made.collection.literals
    unit = seconds_of(lambda: [each.scalar.primitive.integer for each in items])
    assert seconds_of(lambda: inferred_type(made)) < 8 * unit


def seconds_of(call: Any) -> float:
    """Return the processor time of a call, the best of a few."""
    found = []
    for _ in range(5):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


BIRD = {
    "type": "object",
    "title": "Bird",
    "properties": {"grams": {"type": "integer"}, "name": {"type": "string"}},
    "additionalProperties": False,
    "required": ["grams"],
}
NO_NAME = {**BIRD, "properties": {"grams": {"type": "integer"}}}
OPTIONAL = {**BIRD, "required": []}
RENAMED = {**BIRD, "title": "Fowl"}
AS_TEXT = {**BIRD, "properties": {"grams": {"type": "string"}}}
FLOCK = {"type": "object", "properties": {"birds": {"anyOf": [BIRD, {"type": "null"}]}}}
FLOCK_2 = {**FLOCK, "title": "Flock"}
MODERN = {**RENAMED, "$schema": "https://json-schema.org/draft/2020-12/schema"}
BY_NAME = {"$ref": "#/definitions/Bird", "definitions": {"Bird": BIRD}}


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        (BIRD, BIRD, True),
        (BIRD, NO_NAME, True),
        (NO_NAME, BIRD, False),
        (BIRD, OPTIONAL, True),
        (OPTIONAL, BIRD, False),
        (RENAMED, BIRD, True),
        (AS_TEXT, BIRD, False),
        (FLOCK, FLOCK, True),
        (FLOCK, FLOCK_2, False),
        (MODERN, BIRD, False),
        (BY_NAME, BIRD, True),
    ],
)
def test_a_schema_fits_one_that_it_includes(given, wanted, fits):
    """More fields do; within a choice nothing but equal schemas does."""
    one, other = Struct(), Struct()
    one.update(given)
    other.update(wanted)
    assert includes(one, other) == fits
    types = [types_pb2.LiteralType(simple=types_pb2.STRUCT) for _ in range(2)]
    for each, schema in zip(types, (one, other), strict=True):
        each.metadata.CopyFrom(schema)
    assert is_castable(types[0], types[1]) == fits
