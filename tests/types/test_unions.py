"""Unions and optionals."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from typing import (  # noqa: UP035 - as users write
    Annotated,
    Any,
    List,
    Literal,
    Optional,
    Union,
)

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, GuessError, UnsupportedTypeError
from kit.types import HashMethod, default_engine


class Color(enum.Enum):
    RED = "red"


def tag_of(value: Any, python_type: Any) -> str:
    """Return the tag that a value is written with."""
    literal = default_engine.to_literal(value, python_type)
    return literal.scalar.union.type.structure.tag


@pytest.mark.parametrize(
    ("python_type", "value", "tag"),
    [
        (Optional[int], 3, "int"),  # noqa: UP045 - as users write
        (int | None, None, "none"),
        (int | float, 2, "int"),
        (int | float, 2.0, "float"),
        (int | bool, True, "bool"),
        (list[int] | dict[str, int], {"a": 1}, "Typed Dict"),
        (list[int] | list[str], ["a"], "Typed List"),
        (Color | str, Color.RED, "DefaultEnumTransformer"),
        (Color | str, "red", "str"),
        (dt.date | dt.datetime, dt.date(2024, 1, 2), "date"),
        (Annotated[int | None, "note"], 1, "int"),
    ],
)
def test_a_value_travels_with_the_tag_of_its_variant(
    python_type: Any, value: Any, tag: str
) -> None:
    """The tag says how to read it, and it comes back as it was."""
    assert tag_of(value, python_type) == tag
    literal = default_engine.to_literal(value, python_type)
    wire = literals_pb2.Literal.FromString(literal.SerializeToString())
    assert default_engine.to_python(wire, python_type) == value


def test_both_spellings_are_the_same_union() -> None:
    """`Union[A, B]`, `A | B` and a union inside a union have one literal type."""
    nested = Union[int, Union[str, float]]  # noqa: UP007 - as users write
    flat = default_engine.literal_type(int | str | float)
    assert default_engine.literal_type(nested) == flat
    assert len(flat.union_type.variants) == 3


def test_no_variant_tells_why_each_was_none() -> None:
    """The place inside the value is told with each variant's reason."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal([1, "x"], list[int] | dict[str, int])
    text = str(caught.value)
    assert "Value [1, 'x'] is not of type list[int] | dict[str, int]" in text
    assert "- list[int]: Expected value of type <class 'int'> but got 'x'" in text
    assert "at [1]" in text
    assert "- dict[str, int]: Expected a dict" in text


def test_two_variants_for_one_value_are_ambiguous() -> None:
    """An empty list fits every list, so that what is read back would be a guess."""
    declared = Union[List[int], List[str]]  # noqa: UP006, UP007 - as users write
    with pytest.raises(ConversionError, match="Ambiguous choice of variant"):
        default_engine.to_literal([], declared)


def test_a_tuple_is_no_variant() -> None:
    """Tuples are refused before any variant is tried."""
    with pytest.raises(ConversionError, match="Tuples are not a supported type"):
        default_engine.to_literal((1,), int | None)


def test_a_plain_literal_is_read_as_the_one_variant_it_fits() -> None:
    """The console and other tasks send the value without the union."""
    plain = default_engine.to_literal(3, int)
    assert default_engine.to_python(plain, int | None) == 3
    nothing = default_engine.to_literal(None, type(None))
    assert default_engine.to_python(nothing, int | None) is None


def test_a_plain_number_for_int_and_float_is_ambiguous() -> None:
    """An integer literal is read as a float too, so neither is the one."""
    plain = default_engine.to_literal(1, int)
    with pytest.raises(ConversionError, match="Both int and float transformers match"):
        default_engine.to_python(plain, int | float)


def test_a_variant_that_is_not_declared_is_refused() -> None:
    """A tagged literal is read as a variant of its tag only."""
    written = default_engine.to_literal("x", int | str)
    with pytest.raises(ConversionError, match=r"\(using tag str\)"):
        default_engine.to_python(written, int | None)


def test_the_variants_own_type_must_fit_too() -> None:
    """Two lists have one tag: what they are lists of decides."""
    written = default_engine.to_literal(["a"], list[str] | None)
    declared = list[int] | list[str]
    assert default_engine.to_python(written, declared) == ["a"]
    with pytest.raises(ConversionError, match="using tag Typed List"):
        default_engine.to_python(written, list[int] | None)


def test_a_hash_is_the_whole_unions_or_none() -> None:
    """A variant's own hash method does not count, the union's does."""
    inner = Annotated[int, HashMethod(str)]
    written = default_engine.to_literal(7, inner | str)
    assert (written.hash, written.scalar.union.value.hash) == ("", "")
    outer = Annotated[int | str, HashMethod(str)]
    assert default_engine.to_literal(7, outer).hash == "7"


def test_a_variant_without_a_literal_type_is_refused() -> None:
    """The error is about the variant, not the union."""
    with pytest.raises(UnsupportedTypeError, match="<class 'bytes'>"):
        default_engine.literal_type(int | bytes)


def test_a_union_of_no_types_tells_no_type() -> None:
    """A literal type from elsewhere may be a union of nothing."""
    nothing = types_pb2.LiteralType(union_type=types_pb2.UnionType())
    with pytest.raises(GuessError):
        default_engine.guess_type(nothing)


def test_a_union_is_guessed_with_its_variants_in_order() -> None:
    """The executor meets the union of what each variant tells."""
    declared = default_engine.literal_type(str | list[int] | None)
    assert default_engine.guess_type(declared) == str | list[int] | None


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        (
            dt.date(2020, 1, 2),
            Optional[dt.date],  # noqa: UP045 - users write it
            dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc),
        ),
        ("a", Optional[Literal["a", "b"]], "a"),  # noqa: UP045 - users write it
    ],
)
def test_values_are_read_as_guessed_types_of_another_name(value, python_type, expected):
    """An executor knows no dates and no choices, and still gets its inputs."""
    literal = default_engine.to_literal(value, python_type)
    guessed = default_engine.guess_type(default_engine.literal_type(python_type))
    assert default_engine.to_python(literal, guessed) == expected


def test_a_tag_that_is_there_decides():
    """Of two variants of one literal type."""
    literal = default_engine.to_literal("a", int | str)
    assert default_engine.to_python(literal, int | str) == "a"
    with pytest.raises(ConversionError, match="using tag str"):
        default_engine.to_python(literal, int | bool)


@dataclasses.dataclass
class Left:
    x: int = 0


@dataclasses.dataclass
class Right:
    x: int = 0


class Warm(enum.Enum):
    RED = "red"


class Bright(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        (Left(1), Left | Right),
        (Right(1), Left | Right),
        ({"x": 1}, Left | dict),
        ({}, Left | dict),
        ([Right(1)], list[Left] | list[Right]),
        ({"a": Left(1)}, dict[str, Right] | dict[str, Left]),
        (Bright.RED, Warm | Bright),
    ],
)
def test_a_value_is_written_as_its_own_class(value: Any, python_type: Any) -> None:
    """Although the other variant has the same fields, or the same values."""
    literal = default_engine.to_literal(value, python_type)
    back = default_engine.to_python(literal, python_type)
    assert (repr(back), type(back)) == (repr(value), type(value))
