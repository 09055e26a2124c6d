"""What the executor really meets: compared with what the shim hands it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import pytest
from display_tasks import Query, Size
from flyteidl.core.types_pb2 import LiteralType

import kit
from kit.display.types import (
    ReceivedType,
    cluster_type,
    python_type_name,
    received_type,
    wire_type_name,
)
from kit.types import default_engine


@pytest.mark.parametrize(
    ("declared", "name", "loss"),
    [
        (int, "int", ""),
        (dict, "dict", ""),
        (list[str], "list[str]", ""),
        (int | None, "int | None", ""),
        (Annotated[int, "x"], "int", ""),
        (Query, "dict", "Query arrives as a dict: fields are keys"),
        (list[Query], "list[dict]", "Query arrives as a dict"),
        (dict[str, Query], "dict[str, dict]", "Query arrives"),
        (Size, "DynamicEnum", "compare .value"),
        (dt.date, "datetime", "midnight UTC"),
        (kit.FlyteDirectory, "FlyteDirectory", ""),
    ],
)
def test_the_engine_is_asked_what_arrives(declared, name, loss):
    """By the type that is left on a cluster, and what is lost of the declared one."""
    received = received_type(default_engine.literal_type(declared), declared)
    assert received.name == name
    assert loss in received.loss
    assert bool(received.loss) == bool(loss)


@pytest.mark.parametrize("declared", [Query, list[Query], Size, dt.date, Query | None])
def test_nothing_is_lost_for_an_executor_that_says_what_it_takes(declared):
    """Its annotation is what it receives."""
    literal_type = default_engine.literal_type(declared)
    received = received_type(literal_type, declared, annotation=declared)
    assert received == ReceivedType(python_type_name(declared), "")


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (int, 3),
        (Query, Query("penguins")),
        (list[Query], [Query("penguins")]),
        (Size, Size.SMALL),
        (dt.date, dt.date(2024, 5, 1)),
        (Query | None, Query("penguins")),
    ],
)
def test_a_value_arrives_as_the_type_that_is_told(declared, value):
    """Encoded by the declared type, decoded by the one guessed from what arrives."""
    literal_type = default_engine.literal_type(declared)
    told = received_type(literal_type, declared).name
    literal = default_engine.to_literal(value, declared)
    guessed = default_engine.guess_type(cluster_type(literal_type))
    arrived: Any = default_engine.to_python(literal, guessed)
    if isinstance(arrived, list):
        assert told == f"list[{type(arrived[0]).__name__}]"
    else:
        assert type(arrived).__name__ in told.split(" | ")


def test_a_cluster_keeps_what_the_cache_needs():
    """Metadata goes, an annotation with the cache's key stays, in every depth."""
    inner = LiteralType(simple="STRUCT")
    inner.structure.dataclass_type["a"].simple = 1
    inner.metadata["title"] = "Point"
    inner.annotation.annotations["note"] = "x"
    kept = LiteralType(simple="STRUCT")
    kept.annotation.annotations["cache-key-metadata"] = {"a": 1}
    outer = LiteralType()
    outer.union_type.variants.extend([LiteralType(collection_type=inner), kept])
    stripped = cluster_type(outer)
    first, second = stripped.union_type.variants
    assert not first.collection_type.HasField("metadata")
    assert not first.collection_type.HasField("annotation")
    assert first.collection_type.structure == inner.structure
    assert second == kept
    assert outer.union_type.variants[0].collection_type == inner


def test_columns_of_tables_are_stripped_too():
    """A structured dataset has types inside it."""
    table = LiteralType()
    column = table.structured_dataset_type.columns.add(name="c")
    column.literal_type.simple = 1
    column.literal_type.metadata["a"] = "b"
    stripped = cluster_type(table).structured_dataset_type.columns[0]
    assert not stripped.literal_type.HasField("metadata")


def test_a_type_of_the_future_is_told_as_unknown():
    """No Python type can be guessed for it."""
    assert received_type(LiteralType(simple=99), int).name == "cannot be told"


@pytest.mark.parametrize(
    ("python_type", "name"),
    [
        (int, "int"),
        (None, "None"),
        (dict[str, list[int]], "dict[str, list[int]]"),
        (int | str | None, "int | str | None"),
        (Annotated[list[int], "x"], "list[int]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Any, "Any"),
        (Query, "Query"),
    ],
)
def test_python_types_are_named_as_their_author_would(python_type, name):
    """Without modules, and unions with bars."""
    assert python_type_name(python_type) == name


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        (dict[str, float], "MAP(FLOAT)"),
        (str | None, "UNION(STRING, NONE)"),
        (Size, "ENUM(small, large)"),
        (kit.FlyteFile, "BLOB"),
        (kit.FlyteDirectory, "BLOB(many files)"),
        (kit.StructuredDataset, "STRUCTURED_DATASET"),
        (kit.FlyteSchema, "SCHEMA"),
        (list[Query], "COLLECTION(STRUCT)"),
    ],
)
def test_literal_types_are_named_in_flytes_words(declared, name):
    """By the fields of their message."""
    assert wire_type_name(default_engine.literal_type(declared)) == name


def test_no_type_is_unset():
    """An empty message says so."""
    assert wire_type_name(LiteralType()) == "unset"
