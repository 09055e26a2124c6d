"""Enums: text on the wire, a class made from its values at the other end."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import pytest
from flyteidl.core import types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import FlyteAnnotation, default_engine


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Size(str, enum.Enum):
    SMALL = "s"


class Weather(enum.Enum):
    SUN = "sun"


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize("value", [Color.RED, "red"])
def test_a_member_and_its_value_are_written_the_same(value: Any) -> None:
    """Text that is a value is taken for its member."""
    literal = default_engine.to_literal(value, Color)
    assert literal.scalar.primitive.string_value == "red"
    assert default_engine.to_python(literal, Color) is Color.RED


def test_an_enum_of_text_is_an_enum() -> None:
    """`class Size(str, Enum)` is not mistaken for text."""
    assert default_engine.literal_type(Size).enum_type.values == ["s"]
    literal = default_engine.to_literal(Size.SMALL, Size)
    assert default_engine.to_python(literal, Size) is Size.SMALL


@pytest.mark.parametrize("value", ["blue", Weather.SUN, 1, None, ("red",), ["red"]])
def test_what_is_no_member_is_refused(value: Any) -> None:
    """Neither other values nor members of other enums are taken."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(value, Color)


def test_a_near_miss_is_told() -> None:
    """The error has the values, and the one that was probably meant."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal("gren", Color)
    assert "Value gren is not in Enum <enum 'Color'>" in str(caught.value)
    assert "Did you mean 'green'?" in str(caught.value)


def test_a_literal_that_is_no_member_is_refused() -> None:
    """The value is told."""
    literal = default_engine.to_literal("blue", str)
    with pytest.raises(ConversionError, match="'blue' is not a valid Color"):
        default_engine.to_python(literal, Color)


@pytest.mark.parametrize("python_type", [Level, enum.Enum("Nothing", {})])
def test_only_enums_of_text_have_a_literal_type(python_type: Any) -> None:
    """Flyte's enums are text."""
    with pytest.raises(UnsupportedTypeError, match="value of string are supported"):
        default_engine.literal_type(python_type)


def test_an_enum_takes_no_annotation() -> None:
    """The backend's enum types have none, and flytekit refuses it too."""
    with pytest.raises(UnsupportedTypeError, match="not currently have support"):
        default_engine.literal_type(Annotated[Color, FlyteAnnotation({"a": 1})])


def test_the_guess_has_the_values_for_names() -> None:
    """The class is lost on the way, its values are not."""
    guessed = default_engine.guess_type(default_engine.literal_type(Color))
    assert guessed.__name__ == "DynamicEnum"
    assert [(m.name, m.value) for m in guessed] == [
        ("red", "red"),
        ("green", "green"),
    ]


def test_the_same_values_are_guessed_as_the_same_class() -> None:
    """Members from two inputs of one enum are equal."""
    literal_type = default_engine.literal_type(Color)
    assert default_engine.guess_type(literal_type) is default_engine.guess_type(
        literal_type
    )


@pytest.mark.parametrize("values", [["mro"], ["_x_"], ["a", "a"]])
def test_values_that_are_no_names_are_guessed_as_something(values: list[str]) -> None:
    """Whatever an enum's values are, its literals can be read."""
    literal_type = types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=values))
    guessed = default_engine.guess_type(literal_type)
    literal = default_engine.to_literal(values[0], guessed)
    assert literal.scalar.primitive.string_value == values[0]
