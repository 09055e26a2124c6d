"""Words of a magic's line as the Python source that they stand for."""

from __future__ import annotations

import json
import keyword
import re
from argparse import (
    Action,
    ArgumentError,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
)
from collections.abc import Callable
from typing import Any, NoReturn

from kit.definition.parse_time import parse_timedelta
from kit.source.literals import NotPlainError, literal

__all__ = [
    "Entries",
    "Source",
    "accelerator",
    "entry",
    "json_or_text",
    "seconds",
    "secret",
    "source_of",
    "text",
    "whole_number",
]

_VARIABLE = re.compile(r"\$([^\W\d]\w*(?:\.[^\W\d]\w*)*)\Z")


class Source(str):
    """A Python expression."""

    __slots__ = ()


Entry = tuple[str, Source] | Source
Converter = Callable[[str], Source]


def source_of(value: Any) -> Source:
    """Return the expression of a flag's value: one, or all that were given.

    >>> source_of({"a": Source("1"), "b": Source("limit")})
    "{'a': 1, 'b': limit}"
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {item}" for key, item in value.items())
        return Source(f"{{{inside}}}")
    if isinstance(value, list):
        return Source(f"[{', '.join(map(source_of, value))}]")
    return _literal(value)


def text(word: str) -> Source:
    """Return a word as text; ``$NAME`` is the variable of that name.

    >>> text("acme/w:1"), text("$settings.image")
    ("'acme/w:1'", 'settings.image')
    """
    return _variable(word) or _literal(word)


def json_or_text(word: str) -> Source:
    """Return a word as JSON, if it is that, or as text.

    >>> json_or_text("[1, null]"), json_or_text("penguins")
    ('[1, None]', "'penguins'")
    """
    try:
        value = json.loads(word, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text(word)
    return _literal(value)


def whole_number(word: str) -> Source:
    """Return a word as a whole number."""
    try:
        return _variable(word) or Source(int(word))
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is no whole number") from None


def seconds(word: str) -> Source:
    """Return a time such as ``90`` or ``1h30m`` as whole seconds."""
    variable = _variable(word)
    if variable is not None:
        return variable
    try:
        duration = parse_timedelta(word)
    except ValueError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None
    if duration.microseconds:
        raise ArgumentTypeError(f"{word!r} is no whole number of seconds")
    return Source(duration.days * 86_400 + duration.seconds)


def secret(word: str) -> Source:
    """Return ``GROUP/KEY`` as a secret; one without a slash is a group."""
    variable = _variable(word)
    if variable is not None:
        return variable
    group, slash, key = word.partition("/")
    if not group or bool(slash) is not bool(key):
        raise ArgumentTypeError(f"{word!r} is no GROUP/KEY")
    names = f"group={group!r}" + (f", key={key!r}" if key else "")
    return Source(f"kit.Secret({names})")


def accelerator(word: str) -> Source:
    """Return a device's name as a GPU."""
    return _variable(word) or Source(f"kit.GPUAccelerator({word!r})")


def entry(value: Converter) -> Callable[[str], Entry]:
    """Return what reads ``KEY=VALUE``, or ``$NAME`` for a whole mapping."""

    def read(word: str) -> Entry:
        variable = _variable(word)
        if variable is not None:
            return variable
        key, sign, rest = word.partition("=")
        if not key or not sign:
            raise ArgumentTypeError(f"{word!r} is no KEY=VALUE")
        return key, value(rest)

    return read


class Entries(Action):
    """Collects the entries of a mapping, each key once."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add an entry.

        Raises:
            ArgumentError: The key is there, or a variable is the whole mapping.
        """
        del parser, option_string
        known = getattr(namespace, self.dest)
        if known is None:
            known = values if isinstance(values, Source) else dict([values])
            setattr(namespace, self.dest, known)
        elif isinstance(known, Source) or isinstance(values, Source):
            raise ArgumentError(self, "a variable is the whole mapping")
        elif values[0] in known:
            raise ArgumentError(self, f"{values[0]!r} is given twice")
        else:
            known[values[0]] = values[1]


def _variable(word: str) -> Source | None:
    match = _VARIABLE.match(word)
    if match is None or any(map(keyword.iskeyword, match[1].split("."))):
        return None
    return Source(match[1])


def _literal(value: Any) -> Source:
    try:
        return Source(literal(value, str))
    except NotPlainError as error:
        raise ArgumentTypeError(f"the value is too large: {error}") from None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)
