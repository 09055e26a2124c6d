"""``Annotated``: hashes and annotations."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import pytest

from kit.errors import UnsupportedTypeError
from kit.types import FlyteAnnotation, HashMethod, default_engine

HASHED = Annotated[int, HashMethod(lambda v: f"h{v % 3}")]


def test_a_hash_stands_in_the_literal() -> None:
    """The literal has the value and the hash that stands for it in cache keys."""
    literal = default_engine.to_literal(7, HASHED)
    assert (literal.hash, literal.scalar.primitive.integer) == ("h1", 7)
    assert default_engine.to_python(literal, HASHED) == 7


def test_elements_are_hashed_one_by_one() -> None:
    """A hash method inside a list or dict counts for each element."""
    literal = default_engine.to_literal([1, 2], list[HASHED])
    assert [each.hash for each in literal.collection.literals] == ["h1", "h2"]
    literal = default_engine.to_literal({"a": 4}, dict[str, HASHED])
    assert literal.map.literals["a"].hash == "h1"


def test_other_annotations_change_nothing() -> None:
    """An annotation that is nothing to Flyte is left alone."""
    declared = Annotated[list[int], "any note", 3]
    assert default_engine.literal_type(declared) == default_engine.literal_type(
        list[int]
    )
    assert default_engine.to_literal([1], declared).hash == ""


def test_an_annotation_travels_in_the_literal_type() -> None:
    """As JSON has it: numbers are floats, tuples lists."""
    data = {"unit": "kg", "range": (0, 10), "none": None, "empty": {}}
    literal_type = default_engine.literal_type(Annotated[str, FlyteAnnotation(data)])
    annotations = literal_type.annotation.annotations
    assert annotations["unit"] == "kg"
    assert list(annotations["range"]) == [0.0, 10.0]
    assert annotations["none"] is None
    assert annotations.fields["empty"].WhichOneof("kind") == "struct_value"


def test_an_empty_annotation_is_there() -> None:
    """Flytekit writes an empty one too."""
    literal_type = default_engine.literal_type(Annotated[int, FlyteAnnotation({})])
    assert literal_type.annotation.HasField("annotations")


@pytest.mark.parametrize(
    ("python_type", "words"),
    [
        (
            Annotated[int, FlyteAnnotation({"a": 1}), FlyteAnnotation({"b": 1})],
            "More than one FlyteAnnotation",
        ),
        (
            Annotated[int, FlyteAnnotation({"cache-key-metadata": 1})],
            "FlyteAnnotation cannot contain `cache-key-metadata`",
        ),
        (Annotated[int, FlyteAnnotation({"a": {1}})], "is not JSON"),
        (Annotated[dict, FlyteAnnotation({"a": 1})], "applied to dicts"),
    ],
)
def test_annotations_that_cannot_travel_are_refused(
    python_type: Any, words: str
) -> None:
    """The definition fails, not the registration."""
    with pytest.raises(UnsupportedTypeError, match=words):
        default_engine.literal_type(python_type)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="aliases of types are newer")
def test_an_alias_is_what_it_stands_for() -> None:
    """`type Rows = list[int]` is a list, also with a parameter or inside a union."""
    scope: dict[str, Any] = {}
    exec("type Rows = list[int]\ntype Named[T] = dict[str, T]", scope)  # noqa: S102 - the syntax is newer than 3.10
    literal_type = default_engine.literal_type(scope["Named"][scope["Rows"]])
    assert literal_type == default_engine.literal_type(dict[str, list[int]])
    value = {"a": [1]}
    literal = default_engine.to_literal(value, scope["Named"][scope["Rows"]])
    assert default_engine.to_python(literal, dict[str, list[int]]) == value
