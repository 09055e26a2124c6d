"""Flags of the command line, read by the declared types of inputs."""

from __future__ import annotations

import datetime as dt
import enum
import json
import os
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.definition.json_values import from_json, union_members
from kit.definition.times import parse_date, parse_datetime, parse_timedelta
from kit.errors import ConversionError
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset
from kit.types.annotated import underlying
from kit.types.frames import is_frame_type

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


def _words(make: Callable[[str], Any], expected: str) -> Callable[[str], Any]:
    """Return a reader whose error says what is expected."""

    def parse(text: str) -> Any:
        try:
            return make(text)
        except (KeyError, ValueError) as error:
            msg = f"{text!r:.100} is {expected}."
            raise ValueError(msg) from error

    return parse


def _boolean(text: str) -> bool:
    return _BOOLEANS[text.strip().lower()]


def _none(text: str) -> None:
    return {"null": None}[text.strip()]


_BOOLEANS = {"true": True, "yes": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "0": False}
_SIMPLE: dict[Any, Parser] = {
    int: Parser("INTEGER", _words(int, "no whole number")),
    float: Parser("FLOAT", _words(float, "no number")),
    str: Parser("TEXT", str),
    bool: Parser(
        "true|false",
        _words(_boolean, "neither true nor false"),
        choices=("true", "false"),
    ),
    type(None): Parser("null", _words(_none, "not null"), choices=("null",)),
    dt.datetime: Parser("TIME", parse_datetime),
    dt.date: Parser("DATE", parse_date),
    dt.timedelta: Parser("DURATION", parse_timedelta),
}
