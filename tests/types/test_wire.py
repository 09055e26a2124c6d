"""Maps written in protobuf's wire format are the maps that protobuf would have made."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flyteidl.core import literals_pb2

from kit.errors import ConversionError
from kit.types import default_engine
from kit.types.containers import map_bytes

TEXTS = ["", "a", "ä☃", "\x00", "x" * 126, "x" * 127, "x" * 128, "x" * 20_000]
VALUES: list[tuple[str, type, list[Any]]] = [
    ("integer", int, [0, 1, -1, 127, 128, 300, 2**31, 2**63 - 1, -(2**63)]),
    ("float_value", float, [0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324]),
    ("boolean", bool, [True, False]),
    ("string_value", str, TEXTS),
]


@pytest.mark.parametrize(("field", "exact", "values"), VALUES)
def test_the_message_is_the_one_filled_by_hand(
    field: str, exact: type, values: list[Any]
) -> None:
    """Every length of key meets every value."""
    made = {f"{key}{n}": v for key in TEXTS for n, v in enumerate(values)}
    filled = literals_pb2.LiteralMap()
    for key, value in made.items():
        setattr(filled.literals[key].scalar.primitive, field, value)

    packed = map_bytes(made.items(), field, exact)

    assert packed is not None
    assert literals_pb2.LiteralMap.FromString(packed) == filled


def test_nan_is_kept() -> None:
    """It is not equal to itself, so it is looked at."""
    literal = default_engine.to_literal({"a": math.nan}, dict[str, float])
    assert math.isnan(default_engine.to_python(literal, dict[str, float])["a"])


@pytest.mark.parametrize(
    ("declared", "value", "path"),
    [
        (dict[str, int], {"ok": 1, "big": 2**63}, "at big"),
        (dict[str, str], {"ok": "", "bad": "\ud800"}, "at bad"),
        (dict[str, float], {"ok": 1.0, "one": 1}, "at one"),
        (dict[str, bool], {"ok": True, "none": None}, "at none"),
        (dict[str, int], {1: 1}, "keys to be strings"),
    ],
)
def test_what_does_not_fit_is_told_as_ever(
    declared: Any, value: Any, path: str
) -> None:
    """The quick way steps aside for the one that says what is wrong."""
    with pytest.raises(ConversionError, match=path):
        default_engine.to_literal(value, declared)


def test_a_key_that_is_no_unicode_is_refused() -> None:
    """A lone surrogate cannot be written."""
    with pytest.raises(ConversionError):
        default_engine.to_literal({"\ud800": 1}, dict[str, int])
