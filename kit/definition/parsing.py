"""Values of declared types from JSON, for what holds more than one word."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import enum
import json
import math
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import ConversionError, GuessError, UnsupportedTypeError, nearest
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset, default_engine
from kit.types.annotated import underlying
from kit.types.frames import is_frame_type

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_LARGE_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|us|[wdhms])")
_MOST_CHARACTERS = 100
"""Of a duration; the patterns take the square of the length of what they refuse."""
_FRACTION = re.compile(r"\.([0-9]{1,6})[0-9]*")
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?\Z")
_ISO = re.compile(
    r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z"
)


def parse_datetime(text: str) -> dt.datetime:
    """Read ISO 8601, as in ``2024-05-01T10:00:00Z``; without a zone it is UTC.

    Raises:
        ValueError: It is not of that form.
    """
    stripped = text.strip()
    if stripped.endswith(("Z", "z")):  # Python 3.10 does not read it
        stripped = f"{stripped[:-1]}+00:00"
    stripped = _FRACTION.sub(lambda part: f".{part[1]:0<6}", stripped)  # nor others
    try:
        moment = dt.datetime.fromisoformat(stripped)
    except ValueError as error:
        msg = f"{text!r} is no time: expected ISO 8601, as in 2024-05-01T10:00:00Z."
        raise ValueError(msg) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def parse_date(text: str) -> dt.date:
    """Read ``2024-05-01``.

    Raises:
        ValueError: It is not of that form.
    """
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        msg = f"{text!r} is no date: expected year-month-day, as in 2024-05-01."
        raise ValueError(msg) from error


def parse_timedelta(text: str) -> dt.timedelta:
    """Read ``90`` (seconds), ``1h30m``, ``1:30:00`` or ISO 8601's ``PT1H30M``.

    Raises:
        ValueError: It is none of these, or too long.
    """
    if len(text) > _MOST_CHARACTERS:
        msg = (
            f"{text[:20]!r}… is no duration: it has {len(text):,} characters. Expected "
            "90 (seconds), 1h30m or 1:30:00."
        )
        raise ValueError(msg)
    stripped = text.strip()
    sign = -1 if stripped.startswith("-") else 1
    try:
        duration = _unsigned(stripped.removeprefix("-"))
    except OverflowError as error:
        msg = f"{text!r} is too long a duration."
        raise ValueError(msg) from error
    if duration is None:
        msg = f"{text!r} is no duration: expected 90 (seconds), 1h30m or 1:30:00."
        raise ValueError(msg)
    return sign * duration


def _unsigned(text: str) -> dt.timedelta | None:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return dt.timedelta(seconds=float(text))
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, seconds = clock.groups(default="0")
        return dt.timedelta(
            hours=int(hours), minutes=int(minutes), seconds=float(seconds)
        )
    iso = _ISO.match(text)
    if iso:
        parts = dict(zip(_UNITS.values(), iso.groups(default="0"), strict=True))
        return dt.timedelta(**{unit: float(number) for unit, number in parts.items()})
    return _sum_of_parts(text)


def _sum_of_parts(text: str) -> dt.timedelta | None:
    if not text or _PART.sub("", text).strip():
        return None
    units = {**_UNITS, "ms": "milliseconds", "us": "microseconds"}
    total = dt.timedelta()
    for number, unit in _PART.findall(text):
        total += dt.timedelta(**{units[unit]: float(number)})
    return total


def write_timedelta(duration: dt.timedelta) -> str:
    """Write a duration with its units, as :func:`parse_timedelta` reads it.

    >>> write_timedelta(dt.timedelta(hours=1.5)), write_timedelta(-dt.timedelta(days=1))
    ('1h30m', '-1d')
    """
    rest = abs(duration)
    nothing = dt.timedelta()
    text = "-" if duration < nothing else ""
    for unit, seconds in _LARGE_UNITS:
        count = rest // dt.timedelta(seconds=seconds)
        rest -= count * dt.timedelta(seconds=seconds)
        text += f"{count}{unit}" if count else ""
    if rest > nothing or duration == nothing:
        digits = f"{rest.seconds}.{rest.microseconds:06}".rstrip("0").rstrip(".")
        text += f"{digits}s"
    return text


_TEXTS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timedelta,
}
_NOT_FINITE = ("nan", "inf", "-inf")
_UNIONS = (typing.Union, types.UnionType)


def union_members(python_type: Any) -> tuple[Any, ...]:
    """Return the members of a union, nothing for any other type."""
    if typing.get_origin(python_type) in _UNIONS:
        return tuple(map(underlying, typing.get_args(python_type)))
    return ()


def from_json(value: Any, python_type: Any) -> Any:
    """Make a value of a type from what ``json.loads`` gave.

    Args:
        value: None, bool, int, float, str, list or dict.
        python_type: The declared type.

    Raises:
        ConversionError: The value is not of that type; the path says where in it.
    """
    python_type = underlying(python_type)
    for belongs, read in _READERS:
        if belongs(python_type):
            return read(value, python_type)
    return _from_wire(value, python_type)


def _is_path(python_type: Any) -> bool:
    return isinstance(python_type, type) and issubclass(
        python_type, (FlyteFile, FlyteDirectory, os.PathLike)
    )


def _as_it_is(value: Any, _python_type: Any) -> Any:
    return value


def _nothing(value: Any, _python_type: Any) -> None:
    _exactly(value, type(None))


def _path(value: Any, python_type: Any) -> Any:
    make = Path if python_type is os.PathLike else python_type
    return make(_exactly(value, str))


def _exactly(value: Any, python_type: type) -> Any:
    if python_type is float and type(value) is int:
        return float(value)
    if python_type is float and value in _NOT_FINITE:
        return float(value)
    if type(value) is not python_type:
        raise _unfit(value, python_type)
    return value


def _unfit(value: Any, python_type: Any) -> ConversionError:
    name = getattr(python_type, "__name__", str(python_type))
    return ConversionError(f"{value!r:.100} is no {name}.")


def _one_of(value: Any, python_type: Any) -> Any:
    members = union_members(python_type)
    for member in members:
        try:
            return from_json(value, member)
        except ConversionError:  # noqa: PERF203 - the next member is tried
            continue
    names = " or ".join(getattr(m, "__name__", str(m)) for m in members)
    msg = f"{value!r:.100} is none of {names}."
    raise ConversionError(msg)


def _choice(value: Any, python_type: Any) -> Any:
    choices = typing.get_args(python_type)
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    msg = f"{value!r:.100} is none of {', '.join(map(repr, choices))}."
    raise ConversionError(msg)


def _enum(value: Any, python_type: type[enum.Enum]) -> enum.Enum:
    try:
        return python_type(value)
    except ValueError as error:
        choices = ", ".join(repr(member.value) for member in python_type)
        msg = f"{value!r:.100} is none of {choices}."
        raise ConversionError(msg) from error


def _duration(value: Any, python_type: Any) -> Any:
    if type(value) in (int, float):
        with contextlib.suppress(ValueError, OverflowError):  # it is not finite
            return dt.timedelta(seconds=value)
    return _from_text(value, python_type)


def _from_text(value: Any, python_type: Any) -> Any:
    try:
        return _TEXTS[python_type](_exactly(value, str))
    except ValueError as error:
        if isinstance(error, ConversionError):
            raise
        raise ConversionError(str(error)) from error


def _list(value: Any, python_type: Any) -> list[Any]:
    element = typing.get_args(python_type)[0]
    elements = _exactly(value, list)
    return [_inside(index, item, element) for index, item in enumerate(elements)]


def _dict(value: Any, python_type: Any) -> dict[str, Any]:
    element = typing.get_args(python_type)[1]
    entries = _exactly(value, dict)
    return {key: _inside(key, item, element) for key, item in entries.items()}


def _dataclass(value: Any, python_type: Any) -> Any:
    entries = _exactly(value, dict)
    known = [field.name for field in dataclasses.fields(python_type) if field.init]
    for key in entries:
        if key not in known:
            msg = f"{python_type.__name__} has no field {key!r}."
            raise ConversionError(msg + nearest(key, known))
    hints = typing.get_type_hints(python_type, include_extras=True)
    arguments = {key: _inside(key, entries[key], hints[key]) for key in entries}
    try:
        return python_type(**arguments)
    except TypeError as error:
        raise ConversionError(str(error)) from error


def _validated(value: Any, python_type: Any) -> Any:
    try:
        return python_type.model_validate(value)
    except ValueError as error:
        raise ConversionError(str(error)) from error


def _inside(step: str | int, value: Any, python_type: Any) -> Any:
    try:
        return from_json(value, python_type)
    except ConversionError as error:
        raise error.below(step) from None


def _tuple(value: Any, python_type: Any) -> tuple[Any, ...]:
    elements = _exactly(value, list)
    arguments = typing.get_args(python_type)
    if len(arguments) == 2 and arguments[1] is ...:  # noqa: PLR2004 - type and dots
        arguments = arguments[:1] * len(elements)
    if len(arguments) != len(elements):
        msg = f"{value!r:.100} has {len(elements)} elements, not {len(arguments)}."
        raise ConversionError(msg)
    pairs = enumerate(zip(elements, arguments, strict=True))
    return tuple(_inside(index, item, kind) for index, (item, kind) in pairs)


def _named_tuple(value: Any, python_type: Any) -> Any:
    hints = typing.get_type_hints(python_type, include_extras=True)
    kinds = tuple(hints.get(name, Any) for name in python_type._fields)
    return python_type(*_tuple(value, tuple[kinds]))  # type: ignore[valid-type]


def _from_wire(value: Any, python_type: Any) -> Any:
    """Read a value as what its type is to an executor, and let the engine convert it.

    A data frame, say, is read from where a dataset is stored.
    """
    try:
        guessed = default_engine.guess_type(default_engine.literal_type(python_type))
    except (UnsupportedTypeError, GuessError):
        raise _unfit(value, python_type) from None
    if guessed == python_type:
        raise _unfit(value, python_type)
    literal = default_engine.to_literal(from_json(value, guessed), guessed)
    return default_engine.to_python(literal, python_type)


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda python_type: typing.get_origin(python_type) in origins


def _is_enum(python_type: Any) -> bool:
    return isinstance(python_type, type) and issubclass(python_type, enum.Enum)


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
    (_has_origin(*_UNIONS), _one_of),
    (_has_origin(typing.Literal), _choice),
    (_has_origin(list), _list),
    (_has_origin(dict), _dict),
    (_has_origin(tuple), _tuple),
    (lambda kind: hasattr(kind, "_fields"), _named_tuple),
    (lambda kind: kind in (Any, dict, list), _as_it_is),
    (lambda kind: kind in (None, type(None)), _nothing),
    (_is_path, _path),  # before dataclasses: FlyteFile may be one
    (dataclasses.is_dataclass, _dataclass),
    (lambda kind: hasattr(kind, "model_validate"), _validated),
    (_is_enum, _enum),
    (lambda kind: kind is dt.timedelta, _duration),  # seconds, or text
    (lambda kind: kind in _TEXTS, _from_text),
    (lambda kind: kind in (int, float, str, bool), _exactly),
)
"""Which types are read how; the first that fits counts."""


_FORMATS = {".csv": "csv", ".parquet": "parquet"}
_PATHS = (FlyteFile, FlyteDirectory, os.PathLike)


@dataclass(frozen=True)
class Parser:
    """How the flag of one input is read.

    Attributes:
        metavar: What the help shows for the value, as in ``INTEGER``.
        parse: Makes the value from the flag's text; ValueError says what is wrong.
        takes_path: Whether the text is a path or URL, so that ``@`` reads no file.
        choices: The words that are allowed, if these are all.
    """

    metavar: str
    parse: Callable[[str], Any]
    takes_path: bool = False
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Any:
        """Read a flag: the text, or after an ``@`` the file it names (``-``: stdin).

        A text that begins with ``@`` itself is written with two of them.

        Raises:
            ValueError: The file cannot be read, or the text is no such value.
        """
        if not text.startswith("@"):
            return self.parse(text)
        if self.takes_path or text.startswith("@@"):
            return self.parse(text[1:])
        return self.parse(_contents(text[1:]))


def _contents(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        msg = f"The file {path!r} is no UTF-8 text."
        raise ValueError(msg) from error
    except OSError as error:
        msg = f"The file {path!r} cannot be read: {error.strerror}."
        raise ValueError(msg) from error


def parser_for(python_type: Any) -> Parser:
    """Choose how the flag of an input of this type is read."""
    python_type = underlying(python_type)
    members = union_members(python_type)
    if members:
        return _union(members)
    if typing.get_origin(python_type) is typing.Literal:
        return _choices({str(c): c for c in typing.get_args(python_type)})
    generic = typing.get_origin(python_type) is not None  # a type, in Python 3.10
    if isinstance(python_type, type) and not generic:
        return _class_parser(python_type)
    return json_parser(python_type)


def _class_parser(python_type: type) -> Parser:
    if python_type in _SIMPLE:
        return _SIMPLE[python_type]
    if issubclass(python_type, enum.Enum):
        return _choices({str(member.value): member for member in python_type})
    if issubclass(python_type, _PATHS):
        make = Path if python_type is os.PathLike else python_type
        return Parser("PATH", make, takes_path=True)
    if issubclass(python_type, StructuredDataset):
        return Parser("URI", _dataset, takes_path=True)
    if is_frame_type(python_type):
        return Parser("URI", lambda uri: _frame(uri, python_type), takes_path=True)
    return json_parser(python_type)


def _dataset(uri: str) -> StructuredDataset:
    """Name a table where it is stored, in the format that its name ends with."""
    return StructuredDataset(uri=uri, file_format=_FORMATS.get(Path(uri).suffix, ""))


def _frame(uri: str, python_type: type) -> Any:
    """Read a table that is stored somewhere."""
    return _dataset(uri).open(python_type).all()


def json_parser(python_type: Any) -> Parser:
    """Read JSON, whatever the type is."""
    return Parser("JSON", lambda text: _json(text, python_type))


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        msg = f"{text!r:.100} is no whole number."
        raise ValueError(msg) from error


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        msg = f"{text!r:.100} is no number."
        raise ValueError(msg) from error


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _BOOLEANS:
        msg = f"{text!r:.100} is neither true nor false."
        raise ValueError(msg)
    return _BOOLEANS[word]


def _none(text: str) -> None:
    if text.strip() != "null":
        msg = f"{text!r:.100} is not null."
        raise ValueError(msg)


_BOOLEANS = {"true": True, "yes": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "0": False}
_SIMPLE: dict[Any, Parser] = {
    int: Parser("INTEGER", _integer),
    float: Parser("FLOAT", _float),
    str: Parser("TEXT", str),
    bool: Parser("true|false", _boolean, choices=("true", "false")),
    type(None): Parser("null", _none, choices=("null",)),
    dt.datetime: Parser("TIME", parse_datetime),
    dt.date: Parser("DATE", parse_date),
    dt.timedelta: Parser("DURATION", parse_timedelta),
}


def _choices(values: dict[str, Any]) -> Parser:
    words = tuple(values)

    def parse(text: str) -> Any:
        if text not in values:
            msg = f"{text!r:.100} is none of {', '.join(words)}."
            raise ValueError(msg)
        return values[text]

    return Parser("|".join(words), parse, choices=words)


def _union(members: tuple[Any, ...]) -> Parser:
    """Try the members in turn, text last because anything is text."""
    ordered = sorted(members, key=lambda member: (member is str, members.index(member)))
    parsers = [parser_for(member) for member in ordered]
    kinds = [parser for parser in parsers if parser.metavar != "null"]

    def parse(text: str) -> Any:
        if type(None) in members and text == "null":
            return None
        reasons: list[str] = []
        for parser in kinds:
            try:
                return parser.parse(text)
            except ValueError as error:  # noqa: PERF203 - the next one is tried
                reasons.append(str(error))
        raise ValueError(" ".join(reasons))

    metavar = "|".join(dict.fromkeys(parser.metavar for parser in kinds))
    paths = any(parser.takes_path for parser in kinds)
    return Parser(metavar, parse, takes_path=paths)


def _json(text: str, python_type: Any) -> Any:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        msg = f"{text!r:.100} is no JSON: {error}."
        raise ValueError(msg) from error
    try:
        return from_json(value, python_type)
    except ConversionError as error:
        raise ValueError(str(error)) from error


def to_json(value: Any) -> Any:
    """Make what ``json.dumps`` writes from a value of a task.

    Times are ISO 8601, durations seconds, enums their values, files and folders their
    paths, datasets their URIs; NaN and infinities, and values JSON has no form for, are
    text.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    return _object(value)


def as_text(value: Any) -> str:
    """Write a value as one would type it: text and times so, all else as JSON."""
    if isinstance(value, dt.timedelta):
        return write_timedelta(value)
    plain = to_json(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _object(value: Any) -> Any:
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value)
    if hasattr(value, "model_dump"):
        return to_json(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_json(getattr(value, field.name)) for field in fields}
    return repr(value)


_WRITERS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((enum.Enum,), lambda value: to_json(value.value)),
    ((dt.datetime, dt.date), lambda value: value.isoformat()),
    ((dt.timedelta,), lambda value: value.total_seconds()),
    ((FlyteFile, FlyteDirectory), lambda value: str(value.path)),
    ((StructuredDataset,), lambda value: value.uri),
)
