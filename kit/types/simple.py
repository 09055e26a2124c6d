"""Numbers, text, times, ``None``, enums and ``Literal``: types of one scalar.

Tuples are refused here, because Flyte has none.
"""

from __future__ import annotations

import datetime as dt
import enum
import sys
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError, nearest
from kit.types.annotated import flyte_annotation, is_class, underlying
from kit.types.conversion_errors import literal_error, shorten, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.packed import is_packed, unpack, unpack_as


class ScalarTransformer(Transformer):
    """A type whose values are one field of a primitive.

    Values have exactly this type: ``True`` is no ``int``, and ``1`` no ``float``.
    """

    exact: type
    """The type of its values."""

    simple: types_pb2.SimpleType
    """Its literal type."""

    field: str
    """The field of ``Primitive`` that holds a value."""

    def __init__(self) -> None:
        self._literal_type = types_pb2.LiteralType(simple=self.simple)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def handles(self, python_type: Any) -> bool:
        return python_type is self.exact

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=self.simple)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        exact, write = self.exact, self.write

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if type(value) is not exact:
                value = python_scalar(value)
            if type(value) is not exact:
                raise self.refusal(value, python_type)
            try:
                write(out.scalar.primitive, value)
            except ConversionError:
                raise
            except (ValueError, OverflowError) as error:
                raise _unwritable(value, exact, error) from error

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        field, read = self.field, self.read

        def decode(literal: literals_pb2.Literal) -> Any:
            primitive = literal.scalar.primitive
            if primitive.WhichOneof("value") == field:
                return read(primitive)
            return self.read_other(literal)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "simple":
            return None
        return self.exact if literal_type.simple == self.simple else None

    def write(self, primitive: literals_pb2.Primitive, value: Any) -> None:
        """Write a value of the exact type into an empty primitive."""
        setattr(primitive, self.field, value)

    def read(self, primitive: literals_pb2.Primitive) -> Any:
        """Read a primitive that has this type's field."""
        return getattr(primitive, self.field)

    def read_other(self, literal: literals_pb2.Literal) -> Any:
        """Read a literal that does not have this type's field, or refuse it."""
        if is_packed(literal):
            value = unpack(literal)
            if type(value) is self.exact:
                return value
            msg = f"Expected a packed {self.exact.__name__} but got {value!r:.200}."
            raise ConversionError(msg)
        raise literal_error(literal, self.exact)

    def refusal(self, value: Any, python_type: Any) -> ConversionError:
        """Make the error for a value that is not of the exact type."""
        expected = (
            python_type if underlying(python_type) is not self.exact else self.exact
        )
        return value_error(value, expected, self._literal_type)


def python_scalar(value: Any) -> Any:
    """Return a scalar of NumPy's or pandas' as one of Python's, without loss.

    Any other value, and a time with nanoseconds, is returned as it is.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        unit, _ = numpy.datetime_data(value.dtype)
        exact = value.astype(f"{value.dtype.kind}8[us]") if unit == "ns" else value
        return exact.item() if exact == value and unit != "generic" else value
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, (dt.datetime, dt.timedelta)):
        return _python_time(value)
    return value


def _python_time(value: Any) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None or value is pandas.NaT:
        return value
    if isinstance(value, pandas.Timestamp):
        return value if value.nanosecond else value.to_pydatetime()
    if isinstance(value, pandas.Timedelta):
        return value if value.nanoseconds else value.to_pytimedelta()
    return value


def _unwritable(value: Any, exact: type, error: Exception) -> ConversionError:
    return ConversionError(
        f"{value!r:.200} cannot be written as Flyte's {exact.__name__}: {error}. Flyte "
        "has 64 bit integers, Unicode text without lone surrogates, and times in the "
        "years 1 to 9999."
    )


class IntTransformer(ScalarTransformer):
    """``int``, 64 bits; a float literal, as the console sends, is cut to one."""

    name = "int"
    exact = int
    simple = types_pb2.INTEGER
    field = "integer"

    def read_other(self, literal: literals_pb2.Literal) -> Any:
        primitive = literal.scalar.primitive
        kind = primitive.WhichOneof("value")
        if kind == "float_value":
            try:
                return int(primitive.float_value)
            except (ValueError, OverflowError) as error:
                msg = f"{primitive.float_value} has no whole part to read as an int."
                raise ConversionError(msg) from error
        if kind is not None:
            raise literal_error(literal, int, to="int")
        return super().read_other(literal)


class FloatTransformer(ScalarTransformer):
    """``float``; an integer literal is read as the float of the same value."""

    name = "float"
    exact = float
    simple = types_pb2.FLOAT
    field = "float_value"

    def read_other(self, literal: literals_pb2.Literal) -> Any:
        primitive = literal.scalar.primitive
        kind = primitive.WhichOneof("value")
        if kind == "integer":
            return float(primitive.integer)
        if kind is not None:
            raise literal_error(literal, float, to="float")
        return super().read_other(literal)


class BoolTransformer(ScalarTransformer):
    """``bool``."""

    name = "bool"
    exact = bool
    simple = types_pb2.BOOLEAN
    field = "boolean"


class StrTransformer(ScalarTransformer):
    """``str``."""

    name = "str"
    exact = str
    simple = types_pb2.STRING
    field = "string_value"


class _TimeTransformer(ScalarTransformer):
    """Times; packed ones are text or a number, which mashumaro reads."""

    def read_other(self, literal: literals_pb2.Literal) -> Any:
        if is_packed(literal):
            return unpack_as(literal, self.exact)
        return super().read_other(literal)


class DatetimeTransformer(_TimeTransformer):
    """``datetime``: naive ones are taken as UTC, and all come back in UTC."""

    name = "datetime"
    exact = dt.datetime
    simple = types_pb2.DATETIME
    field = "datetime"

    def write(self, primitive: literals_pb2.Primitive, value: Any) -> None:
        primitive.datetime.FromDatetime(value)

    def read(self, primitive: literals_pb2.Primitive) -> Any:
        return _in_range(lambda: primitive.datetime.ToDatetime(tzinfo=dt.timezone.utc))


class DateTransformer(DatetimeTransformer):
    """``date``, as the ``datetime`` at its first moment in UTC."""

    name = "date"
    exact = dt.date  # type: ignore[assignment] # a datetime is a date, not vice versa

    def write(self, primitive: literals_pb2.Primitive, value: Any) -> None:
        primitive.datetime.FromDatetime(dt.datetime.combine(value, dt.time.min))

    def read(self, primitive: literals_pb2.Primitive) -> Any:
        return super().read(primitive).date()


# Flyte keeps the inputs of a launch as JSON and reads durations there as Go's, which
# have 64 bits of nanoseconds: a longer one makes its list of all executions unreadable.
_LONGEST = dt.timedelta(microseconds=(2**63 - 1) // 1000)


class TimedeltaTransformer(_TimeTransformer):
    """``timedelta``, to the microsecond."""

    name = "timedelta"
    exact = dt.timedelta
    simple = types_pb2.DURATION
    field = "duration"

    def write(self, primitive: literals_pb2.Primitive, value: Any) -> None:
        if not -_LONGEST <= value <= _LONGEST:
            msg = (
                f"{value!r} is too long: expected at most {_LONGEST!r}, 2**63 "
                "nanoseconds or 292 years. A longer one stops the engine of Flyte for "
                "everybody on the cluster. Pass it as int or float, in seconds."
            )
            raise ConversionError(msg)
        primitive.duration.FromTimedelta(value)

    def read(self, primitive: literals_pb2.Primitive) -> Any:
        return _in_range(primitive.duration.ToTimedelta)


def _in_range(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        msg = f"A time that Python cannot hold: {error}."
        raise ConversionError(msg) from error


class NoneTransformer(Transformer):
    """``None``."""

    name = "none"

    def __repr__(self) -> str:
        return "NoneTransformer()"

    def handles(self, python_type: Any) -> bool:
        return python_type is type(None) or python_type is None

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(simple=types_pb2.NONE)

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if value is not None:
                literal_type = types_pb2.LiteralType(simple=types_pb2.NONE)
                raise value_error(value, type(None), literal_type)
            out.scalar.none_type.SetInParent()

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        def decode(literal: literals_pb2.Literal) -> None:
            if literal.scalar.WhichOneof("value") == "none_type":
                return
            if not is_packed(literal) or unpack(literal) is not None:
                raise literal_error(literal, type(None), to="None")

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "simple":
            return None
        return type(None) if literal_type.simple == types_pb2.NONE else None


class EnumTransformer(Transformer):
    """``Enum`` classes whose values are text; a text is taken for its member."""

    name = "DefaultEnumTransformer"

    def __repr__(self) -> str:
        return "EnumTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and issubclass(python_type, enum.Enum)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        if flyte_annotation(python_type) is not None:
            msg = (
                "Flytekit does not currently have support for FlyteAnnotations applied "
                f"to enums. {python_type} cannot be parsed."
            )
            raise UnsupportedTypeError(msg)
        values = [member.value for member in underlying(python_type)]
        if not values or not all(isinstance(value, str) for value in values):
            msg = (
                "Only EnumTypes with value of string are supported: "
                f"{python_type!r} has {values!r:.200}."
            )
            raise UnsupportedTypeError(msg)
        return types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=values))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)
        values = set(literal_type.enum_type.values)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            text = value.value if isinstance(value, enum.Enum) else value
            if value is None or not isinstance(text, str) or text not in values:
                why = (
                    f"Value {shorten(value)} is not in Enum {python_type}: it has "
                    f"{sorted(values)}.{nearest(str(text), values)}"
                )
                raise value_error(value, python_type, literal_type, why=why)
            out.scalar.primitive.string_value = text

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        enum_class = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            primitive = literal.scalar.primitive
            if is_packed(literal):
                text = unpack(literal)
            elif primitive.WhichOneof("value") == "string_value":
                text = primitive.string_value
            else:
                raise literal_error(literal, python_type)
            try:
                return enum_class(text)
            except (ValueError, TypeError) as error:  # TypeError: it has no members
                raise ConversionError(f"{error}.") from error

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "enum_type":
            return None
        return _dynamic_enum(tuple(literal_type.enum_type.values))


@lru_cache(maxsize=256)
def _dynamic_enum(values: tuple[str, ...]) -> type[enum.Enum | str]:
    """Make an enum whose members are named by their values; text if they cannot be."""
    try:
        return enum.Enum("DynamicEnum", {value: value for value in values})  # type: ignore[return-value]
    except (ValueError, TypeError, AttributeError):
        return str  # a value such as `mro` or `_x_` is no name for a member


_BASES = (str, int, float, bool, dt.datetime, dt.timedelta)


class ChoiceTransformer(Transformer):
    """``Literal["a", "b"]``: the type of the values, which are listed in an annotation.

    Other values are refused, as those of an enum are.
    """

    name = "LiteralTypeTransformer"

    def __repr__(self) -> str:
        return "ChoiceTransformer()"

    def handles(self, python_type: Any) -> bool:
        return typing.get_origin(python_type) is typing.Literal

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = engine.literal_type(_base(python_type))
        choices = list(typing.get_args(underlying(python_type)))
        made.annotation.annotations.update({"literal_values": choices})
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        write, choices = engine.encoder(_base(python_type)), _choices(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            write(value, out)  # which refuses values of other types
            if value not in choices:
                raise _no_choice(value, python_type)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        read, choices = engine.decoder(_base(python_type)), _choices(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            value = read(literal)
            if value not in choices:
                raise _no_choice(value, python_type)
            return value

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        return None  # the base type is guessed: flytekit's order has it first


def _choices(python_type: Any) -> tuple[Any, ...]:
    return typing.get_args(underlying(python_type))


def _no_choice(value: Any, python_type: Any) -> ConversionError:
    choices = _choices(python_type)
    return ConversionError(
        f"Got {shorten(value, write=repr)}, expected one of "
        f"{', '.join(map(repr, choices))}.{nearest(str(value), map(str, choices))}"
    )


def _base(python_type: Any) -> type:
    """Return the type of a Literal's values.

    Raises:
        UnsupportedTypeError: They are of several types, or of one Flyte does not have.
    """
    choices = _choices(python_type)
    base = type(choices[0])
    if not all(type(choice) is base for choice in choices):
        msg = f"All values must be of the same type: {python_type} has several."
        raise UnsupportedTypeError(msg)
    if base not in _BASES:
        msg = f"Unsupported type: {base} in {python_type}. Use text or numbers."
        raise UnsupportedTypeError(msg)
    return base


class TupleTransformer(Transformer):
    """Refuses ``tuple``, ``tuple[...]`` and named tuples as types of variables."""

    name = "tuple"

    def __repr__(self) -> str:
        return "TupleTransformer()"

    def handles(self, python_type: Any) -> bool:
        origin = typing.get_origin(python_type) or python_type
        return is_class(origin) and issubclass(origin, tuple)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        self._refuse(python_type)

    def encoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        self._refuse(python_type)

    def decoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        self._refuse(python_type)

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        return None

    @staticmethod
    def _refuse(python_type: Any) -> NoReturn:
        msg = (
            f"Transformer for type {tuple} is restricted currently: Flyte has no "
            f"tuples, so {python_type!r} cannot be a variable's type. Use a list, a "
            "dataclass, or one output for each element."
        )
        raise UnsupportedTypeError(msg)
