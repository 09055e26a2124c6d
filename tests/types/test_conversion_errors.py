"""What every type refuses alike."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from typing import Any, Literal

import pytest

from kit.errors import ConversionError
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine
from kit.types.conversion_errors import shorten


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


TYPES = [
    int,
    float,
    bool,
    str,
    dt.datetime,
    dt.date,
    dt.timedelta,
    list[int],
    dict,
    dict[str, int],
    dict[int, int],
    Color,
    Literal["a"],
    Point,
    FlyteFile,
    FlyteDirectory,
    StructuredDataset,
]


@pytest.mark.parametrize("python_type", TYPES)
def test_none_is_taken_by_optional_types_only(python_type: Any) -> None:
    """The error has both types and says what to declare."""
    with pytest.raises(ConversionError, match="Python value cannot be None, expected"):
        default_engine.to_literal(None, python_type)
    literal = default_engine.to_literal(None, python_type | None)
    assert literal.scalar.union.type.structure.tag == "none"


@pytest.mark.parametrize("python_type", [*TYPES, int | None])
def test_tuples_are_refused_by_every_type(python_type: Any) -> None:
    """Flyte has no tuples, also where a list would do."""
    with pytest.raises(ConversionError, match="Tuples are not a supported type"):
        default_engine.to_literal((1,), python_type)


@pytest.mark.parametrize("python_type", [*TYPES, int | None])
def test_a_value_of_a_class_of_ones_own_is_refused(python_type: Any) -> None:
    """Whatever was declared, the error is a ConversionError."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(object(), python_type)


def test_long_values_are_cut() -> None:
    """An error about a large value can still be read."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal("x" * 1_000_000, int)
    assert len(str(caught.value)) < 3000
    assert "(1000000 characters)" in str(caught.value)


def test_a_value_whose_text_fails_is_shown_by_its_type() -> None:
    """A broken `__str__` does not hide what was wrong."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert "Broken" in shorten(Broken())
    with pytest.raises(ConversionError, match="whose text fails with RuntimeError"):
        default_engine.to_literal(Broken(), int)
