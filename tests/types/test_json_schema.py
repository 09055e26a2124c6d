"""Dataclasses made from JSON schemas, also from schemas made to do harm."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flyteidl.core import types_pb2
from google.protobuf import struct_pb2
from work import at_most

from kit.errors import GuessError
from kit.types import FlyteDirectory, FlyteFile, default_engine
from kit.types.json_schemas import guess_from_schema


def schema(properties: Any, **rest: Any) -> dict[str, Any]:
    """Make the schema of a class."""
    return {"type": "object", "title": "T", "properties": properties, **rest}


def guess(made: dict[str, Any]) -> Any:
    """Guess from a schema, as an executor's side does from a literal type."""
    metadata = struct_pb2.Struct()
    metadata.update(made)
    return guess_from_schema(metadata)


def fields_of(made: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields."""
    return {field.name: field.type for field in dataclasses.fields(made)}


INT = {"type": "integer"}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("described", "python_type"),
    [
        ({"type": "string"}, str),
        (INT, int),
        ({"type": "number"}, float),
        ({"type": "boolean"}, bool),
        (NULL, type(None)),
        ({"type": "number", "format": "integer"}, int),
        ({"enum": ["a", "b"]}, str),
        ({"enum": [1, 2], "type": "integer"}, str),
        ({"type": "array", "items": INT}, list[int]),
        ({"type": "array", "items": {"type": "array", "items": INT}}, list[list[int]]),
        ({"type": "array"}, list[Any]),
        ({"type": "array", "items": {"type": "object", "title": "U"}}, list[dict]),
        ({"type": "object"}, dict),
        ({"type": "object", "additionalProperties": INT}, dict[str, int]),
        ({"type": "object", "additionalProperties": True}, dict[str, Any]),
        ({"anyOf": [INT, NULL]}, int | None),
        ({"anyOf": [INT, {"type": "string"}]}, int | str),
        ({"type": ["integer", "null"]}, int | None),
        ({"type": "array", "items": {"anyOf": [INT, NULL]}}, list[int | None]),
        ({"default": 5}, Any),
    ],
)
def test_properties_become_fields_of_flytekits_types(described, python_type):
    """What flytekit cannot tell, and fails for, is taken as it comes."""
    assert fields_of(guess(schema({"a": described}))) == {"a": python_type}


def test_required_fields_come_first_and_others_by_name():
    """A Struct has no order, and the order must be the same in each process."""
    made = guess(schema({"b": INT, "a": INT, "z": INT, "y": INT}, required=["z", "y"]))
    assert list(fields_of(made)) == ["z", "y", "a", "b"]


def test_fields_have_no_defaults():
    """As in flytekit: an executor gets all of them."""
    made = guess(schema({"a": {**INT, "default": 5}}))
    with pytest.raises(TypeError, match="a"):
        made()


def test_equal_schemas_give_one_class():
    """Values of one are values of the other."""
    assert guess(schema({"a": INT})) is guess(schema({"a": INT}))


def test_classes_inside_are_made_too():
    """Inline, as mashumaro writes them, or by reference, as pydantic does."""
    inner = schema({"x": INT}, title="Inner")
    inline = fields_of(guess(schema({"a": inner})))["a"]
    by_reference = guess(
        schema(
            {"a": {"$ref": "#/$defs/Inner"}, "b": {"$ref": "#/$defs/Inner"}},
            **{"$defs": {"Inner": inner}},
        )
    )
    for made in (inline, *fields_of(by_reference).values()):
        assert made.__name__ == "Inner"
        assert fields_of(made) == {"x": int}


@pytest.mark.parametrize(
    ("definition", "python_type"),
    [
        ({"enum": ["a"]}, str),
        ({"type": "array", "items": INT}, list[int]),
        ({"type": "object", "additionalProperties": INT}, dict[str, int]),
        ({"type": "integer"}, int),
    ],
)
def test_a_definition_need_not_be_a_class(definition, python_type):
    """As those of enums and of pydantic's root models."""
    made = guess(schema({"a": {"$ref": "#/$defs/D"}}, **{"$defs": {"D": definition}}))
    assert fields_of(made) == {"a": python_type}


@pytest.mark.parametrize("python_class", [FlyteFile, FlyteDirectory])
def test_files_in_structs_are_files_to_executors(python_class):
    """In flytekit they are generated classes that cannot be downloaded."""
    made = dataclasses.make_dataclass("Holder", [("a", python_class)])
    guessed = default_engine.guess_type(default_engine.literal_type(made))
    assert fields_of(guessed) == {"a": python_class}


@pytest.mark.parametrize("title", ["class", "a b", "1a", "a.b", "x" * 10_000, "\n"])
def test_any_title_becomes_a_name(title):
    """A class's name is shown only; pydantic's titles are free text."""
    assert guess(schema({"a": INT}, title=title))(a=1).a == 1


def test_what_is_no_schema_of_a_class_is_left_to_others():
    """Protobuf messages and dicts are structs as well."""
    assert guess({}) is None
    assert guess({"pb_type": "a.B"}) is None
    assert guess({"title": "T"}) is None


def nested_arrays(depth: int) -> dict[str, Any]:
    """Make a property of arrays inside arrays."""
    made: dict[str, Any] = INT
    for _ in range(depth):
        made = {"type": "array", "items": made}
    return {"a": made}


def nested_classes(depth: int) -> dict[str, Any]:
    """Make classes inside each other."""
    made: dict[str, Any] = INT
    for _ in range(depth):
        made = schema({"a": made})
    return {"a": made}


TO_ITSELF = {"$ref": "#/$defs/D"}
DOUBLING = {
    f"D{i}": schema({name: {"$ref": f"#/$defs/D{i + 1}"} for name in ("l", "r")})
    for i in range(20)
} | {"D20": schema({"x": INT})}
THOUSANDS = {
    "D0": schema({"a": {"anyOf": [{"$ref": "#/$defs/D1"}] * 1000}}),
    "D1": schema({"a": {"anyOf": [{"$ref": "#/$defs/D2"}] * 1000}}),
    "D2": schema({"x": INT}),
}


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(schema({name: INT}), id=repr(name))
        for name in ("class", "a b", "", "1a", "None", "__class__", "ª", "a\nb")
    ]
    + [
        pytest.param(schema(properties), id=f"properties {properties!r}")
        for properties in (
            *(5, None, True, "x", ["a"], {"a": 5}, {"a": None}, {"a": []}),
            *({"a": {"anyOf": 5}}, {"a": {"anyOf": [5]}}, {"a": {"$ref": 5}}),
            *({"a": {"$ref": "#/$defs/x"}}, {"a": {"type": "array", "items": 5}}),
            {"a": {"anyOf": [{"anyOf": [INT]}]}},
            {"a": {"type": "object", "title": 5, "properties": {}}},
            {"a": {"type": "object", "additionalProperties": 5}},
        )
    ]
    + [
        pytest.param(schema({"a": TO_ITSELF}, **{"$defs": definitions}), id=name)
        for name, definitions in {
            "definitions are a number": 5,
            "definitions are a list": ["D"],
            "definitions are a text": "D",
            "definition is a number": {"D": 5},
            "field of itself": {"D": schema({"a": TO_ITSELF})},
            "list of itself": {
                "D": schema({"a": {"type": "array", "items": TO_ITSELF}})
            },
            "maybe itself": {"D": schema({"a": {"anyOf": [TO_ITSELF, NULL]}})},
            "is itself": {"D": TO_ITSELF},
            "map of itself": {
                "D": {"type": "object", "additionalProperties": TO_ITSELF}
            },
        }.items()
    ]
    + [
        pytest.param(schema({}, title=5), id="title"),
        pytest.param(schema({}, title=""), id="no title"),
        pytest.param(schema(nested_arrays(31)), id="arrays"),
        pytest.param(schema(nested_arrays(200)), id="more arrays"),
        pytest.param(schema(nested_classes(100)), id="classes"),
        pytest.param(schema({f"p{i}": INT for i in range(6000)}), id="many fields"),
        pytest.param(
            schema({"a": {"anyOf": [schema({}, title=f"T{i}") for i in range(6000)]}}),
            id="many variants",
        ),
        pytest.param(schema({"a": {"$ref": "#/D0"}}, **{"$defs": DOUBLING}), id="2^20"),
        pytest.param(
            schema({"a": {"$ref": "#/D0"}}, **{"$defs": THOUSANDS}), id="1000^2"
        ),
        pytest.param(schema({"a": INT}, padding="x" * (5 << 20)), id="5 MiB"),
    ],
)
def test_hostile_schemas_are_refused_at_once(hostile):
    """A template may come from anyone; no schema may take the memory or the time."""
    with at_most(300), pytest.raises(GuessError):
        guess(hostile)


def test_an_engine_says_what_is_wrong_with_a_schema():
    """The reason follows the literal type that could not be told."""
    literal_type = types_pb2.LiteralType(simple=types_pb2.STRUCT)
    literal_type.metadata.update(schema({"class": INT}))
    with pytest.raises(GuessError, match="'class' cannot be a field of a dataclass"):
        default_engine.guess_type(literal_type)
