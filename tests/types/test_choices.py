"""``typing.Literal``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from flyteidl.core import types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import FlyteAnnotation, default_engine


@pytest.mark.parametrize(
    ("python_type", "simple"),
    [
        (Literal["a", "b"], types_pb2.STRING),
        (Literal[1, 2], types_pb2.INTEGER),
        (Literal[True], types_pb2.BOOLEAN),
    ],
)
def test_choices_are_their_base_type_with_the_values(
    python_type: Any, simple: types_pb2.SimpleType
) -> None:
    """The values stand in the annotation, where the console finds them."""
    literal_type = default_engine.literal_type(python_type)
    assert literal_type.simple == simple
    assert "literal_values" in literal_type.annotation.annotations


def test_a_choice_comes_back_as_it_was() -> None:
    """It is a plain scalar on the wire."""
    literal = default_engine.to_literal(2, Literal[1, 2])
    assert literal == default_engine.to_literal(2, int)
    assert default_engine.to_python(literal, Literal[1, 2]) == 2


def test_other_values_are_refused() -> None:
    """Both where they are written and where they are read."""
    with pytest.raises(ConversionError, match="Got 'bb', expected one of 'aa', 'bc'"):
        default_engine.to_literal("bb", Literal["aa", "bc"])
    literal = default_engine.to_literal("c", str)
    with pytest.raises(ConversionError, match="Got 'c', expected one of 'a', 'b'"):
        default_engine.to_python(literal, Literal["a", "b"])


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_equal_values_of_other_types_are_no_choice(value: Any) -> None:
    """`True == 1`, but it is not the choice 1."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(value, Literal[1, 2])


def test_choices_have_one_type() -> None:
    """A mixture has no literal type."""
    with pytest.raises(UnsupportedTypeError, match="must be of the same type"):
        default_engine.literal_type(Literal[1, "a"])
    with pytest.raises(UnsupportedTypeError, match="Unsupported type"):
        default_engine.literal_type(Literal[b"a"])


def test_an_annotation_does_not_replace_the_choices() -> None:
    """What the type itself annotates stays."""
    declared = Annotated[Literal["a"], FlyteAnnotation({"literal_values": 0, "k": 1})]
    annotations = default_engine.literal_type(declared).annotation.annotations
    assert list(annotations["literal_values"]) == ["a"]
    assert annotations["k"] == 1


def test_the_guess_is_the_base_type() -> None:
    """The executor meets text."""
    literal_type = default_engine.literal_type(Literal["a", "b"])
    assert default_engine.guess_type(literal_type) is str
