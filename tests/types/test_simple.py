"""Scalars, both ways."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError
from kit.types import default_engine
from kit.types.packed import pack
from kit.types.structs import write_packed

UTC = dt.timezone.utc
SCALARS = [
    (int, 42),
    (int, -(2**63)),
    (float, 1.5),
    (float, math.inf),
    (bool, False),
    (str, ""),
    (str, "naïve ☃ \x00"),
    (dt.datetime, dt.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
    (dt.datetime, dt.datetime(1, 1, 1, tzinfo=UTC)),
    (dt.date, dt.date(2024, 1, 2)),
    (dt.timedelta, dt.timedelta(days=-1, microseconds=5)),
    (type(None), None),
]


def packed(value: Any) -> literals_pb2.Literal:
    """Make the binary scalar that holds a value."""
    literal = literals_pb2.Literal()
    write_packed(literal, pack(value))
    return literal


@pytest.mark.parametrize(("python_type", "value"), SCALARS)
def test_a_scalar_comes_back_as_it_was(python_type: type, value: Any) -> None:
    """What is written is read again, after the wire."""
    wire = default_engine.to_literal(value, python_type).SerializeToString()
    literal = literals_pb2.Literal.FromString(wire)
    back = default_engine.to_python(literal, python_type)
    assert (back, type(back)) == (value, python_type)


def test_a_naive_datetime_is_taken_as_utc() -> None:
    """As flytekit does."""
    literal = default_engine.to_literal(dt.datetime(2024, 1, 2), dt.datetime)  # noqa: DTZ001 - the case itself
    assert default_engine.to_python(literal, dt.datetime) == dt.datetime(
        2024, 1, 2, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("python_type", "value"),
    [
        (int, True),
        (int, 1.0),
        (float, 1),
        (str, b"a"),
        (dt.datetime, dt.date(2020, 1, 1)),
        (bool, 0),
        (type(None), 0),
    ],
)
def test_only_the_exact_type_is_taken(python_type: type, value: Any) -> None:
    """`True` is no int, and `1` no float."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, python_type)
    assert str(caught.value) == (
        f"Expected value of type {python_type} but got '{value}' of type {type(value)}"
    )


@pytest.mark.parametrize(
    ("python_type", "value"), [(int, 2**63), (str, "\ud800"), (int, -(2**70))]
)
def test_what_protobuf_cannot_hold_is_refused(python_type: type, value: Any) -> None:
    """Integers beyond 64 bits and lone surrogates say so."""
    with pytest.raises(ConversionError, match="64 bit integers"):
        default_engine.to_literal(value, python_type)


def test_none_for_a_required_value_says_what_to_declare() -> None:
    """The way out is Optional."""
    with pytest.raises(ConversionError, match="Declare it as Optional"):
        default_engine.to_literal(None, int)


def test_float_literals_are_cut_to_ints() -> None:
    """The console has one kind of number."""
    literal = literals_pb2.Literal()
    literal.scalar.primitive.float_value = 7.9
    assert default_engine.to_python(literal, int) == 7


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_float_without_a_whole_part_is_no_int(value: float) -> None:
    """NaN and infinity are refused, not a crash."""
    literal = literals_pb2.Literal()
    literal.scalar.primitive.float_value = value
    with pytest.raises(ConversionError, match="no whole part"):
        default_engine.to_python(literal, int)


@pytest.mark.parametrize(
    ("python_type", "value"), [(int, 3), (str, "a"), (bool, True), (type(None), None)]
)
def test_packed_scalars_are_read(python_type: type, value: Any) -> None:
    """The backend packs what a promise's attribute leads to."""
    assert default_engine.to_python(packed(value), python_type) == value


def test_a_packed_time_is_read_from_its_text() -> None:
    """Msgpack has no times: mashumaro writes them as text."""
    literal = packed("2024-01-02T00:00:00+00:00")
    back = default_engine.to_python(literal, dt.datetime)
    assert back == dt.datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("value", ["3", 3.0, True])
def test_a_packed_scalar_of_another_type_is_refused(value: Any) -> None:
    """No conversion behind one's back."""
    with pytest.raises(ConversionError, match="Expected a packed int"):
        default_engine.to_python(packed(value), int)


def test_another_binary_format_is_refused() -> None:
    """Only msgpack is read."""
    literal = literals_pb2.Literal()
    literal.scalar.binary.tag = "pickle"
    with pytest.raises(ConversionError, match="Unsupported binary format `pickle`"):
        default_engine.to_python(literal, int)


def test_times_beyond_python_are_refused() -> None:
    """A literal may hold a time that Python cannot."""
    literal = literals_pb2.Literal()
    literal.scalar.primitive.datetime.seconds = 2**40
    with pytest.raises(ConversionError, match="Python cannot hold"):
        default_engine.to_python(literal, dt.datetime)
    literal.scalar.primitive.duration.seconds = 2**62
    with pytest.raises(ConversionError, match="Python cannot hold"):
        default_engine.to_python(literal, dt.timedelta)


LONGEST = dt.timedelta(microseconds=(2**63 - 1) // 1000)


@pytest.mark.parametrize("value", [LONGEST, -LONGEST])
def test_a_duration_of_64_bits_of_nanoseconds_is_the_longest(value: Any) -> None:
    """A longer one as the input of a launch stops Flyte's whole engine."""
    literal = default_engine.to_literal(value, dt.timedelta)
    assert default_engine.to_python(literal, dt.timedelta) == value
    longer = value + dt.timedelta(microseconds=1 if value.days > 0 else -1)
    for python_type, given in (
        (dt.timedelta, longer),
        (list[dt.timedelta], [longer]),
        (dict[str, dt.timedelta | None], {"k": longer}),
    ):
        with pytest.raises(ConversionError, match="stops the engine") as caught:
            default_engine.to_literal(given, python_type)
        assert "cannot be written" not in str(caught.value)


@pytest.mark.parametrize("python_type", [int, float, bool, str, type(None)])
def test_scalars_are_guessed_back(python_type: type) -> None:
    """A simple literal type tells its Python type."""
    literal_type = default_engine.literal_type(python_type)
    assert default_engine.guess_type(literal_type) is python_type


def test_an_unset_type_is_not_taken_for_none() -> None:
    """SimpleType NONE is 0; a literal type with nothing set is still unset."""
    from kit.errors import GuessError

    with pytest.raises(GuessError):
        default_engine.guess_type(types_pb2.LiteralType())


def test_scalars_of_numpy_are_taken_where_nothing_is_lost() -> None:
    """What a reduction returns is an int, a float or a bool of NumPy's."""
    numpy = pytest.importorskip("numpy")
    for value, python_type in (
        (numpy.int64(3), int),
        (numpy.uint8(3), int),
        (numpy.float64(2.5), float),
        (numpy.float32(2.5), float),
        (numpy.bool_(True), bool),
        (numpy.str_("a"), str),
    ):
        literal = default_engine.to_literal([value], list[python_type])
        [back] = default_engine.to_python(literal, list[python_type])
        assert (back, type(back)) == (value, python_type)
    for value, python_type in ((numpy.int64(3), float), (numpy.float64(3), int)):
        with pytest.raises(ConversionError, match="Expected value of type"):
            default_engine.to_literal(value, python_type)
