"""Expressions that make objects of the standard library anew, one kind a leaf.

Kinds are told by their names, so that nothing is imported to ask.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import re
import types
from collections.abc import Callable
from typing import Any

from kit.source.called_classes import called_class
from kit.source.literals import NotPlainError
from kit.source.records import record
from kit.source.type_expressions import TYPE_EXPRESSIONS
from kit.source.writing import Write, refuse

__all__ = ["construction"]

Leaf = Callable[[Any, Write], str]


def construction(value: Any, to: Write) -> str:
    """Return the expression that makes an object of a known kind anew.

    Raises:
        NotPlainError: There is none for its kind, or it holds more than that makes.
    """
    kind = type(value)
    leaf = _LEAVES.get(f"{kind.__module__}.{kind.__qualname__}")
    if leaf is not None:
        return leaf(value, to)
    if isinstance(value, type):
        return called_class(value, to)
    if (
        kind.__module__ == "numpy"
        and hasattr(value, "item")
        and kind.__name__ != "ndarray"
    ):
        return _numpy_number(value, to)
    return record(value, to)


def _call(to: Write, callee: Any, *args: Any, **named: Any) -> str:
    items = [to.write(arg) for arg in args]
    items += [f"{key}={to.write(arg)}" for key, arg in named.items()]
    return f"{to.refer(callee)}({', '.join(items)})"


# Numbers, text and places


def _from_text(value: Any, to: Write) -> str:
    return _call(to, type(value), str(value))


def _fraction(value: Any, to: Write) -> str:
    return _call(to, type(value), value.numerator, value.denominator)


def _path(value: Any, to: Write) -> str:
    import pathlib

    concrete = isinstance(value, pathlib.Path)
    return _call(to, pathlib.Path if concrete else type(value), str(value))


def _span(value: Any, to: Write) -> str:
    return _call(to, type(value), value.start, value.stop, value.step)


def _numpy_number(value: Any, to: Write) -> str:
    plain = value.item()
    if type(plain) not in {bool, int, float, complex, str, bytes}:
        raise refuse(value)
    if type(value)(plain) != value and plain == plain:  # noqa: PLR0124 - not a number
        raise refuse(value)
    return _call(to, type(value), plain)


# Time


def _date(value: dt.date, to: Write) -> str:
    return _call(to, dt.date, value.year, value.month, value.day)


def _clock(value: dt.time | dt.datetime) -> tuple[list[int], dict[str, Any]]:
    parts = [value.hour, value.minute, value.second, value.microsecond]
    while parts and not parts[-1]:
        parts.pop()
    named: dict[str, Any] = {"tzinfo": value.tzinfo} if value.tzinfo else {}
    return parts, named | ({"fold": 1} if value.fold else {})


def _time(value: dt.time, to: Write) -> str:
    parts, named = _clock(value)
    return _call(to, dt.time, *parts, **named)


def _datetime(value: dt.datetime, to: Write) -> str:
    parts, named = _clock(value)
    return _call(to, dt.datetime, value.year, value.month, value.day, *parts, **named)


def _timedelta(value: dt.timedelta, to: Write) -> str:
    parts = {name: getattr(value, name) for name in ("days", "seconds", "microseconds")}
    return _call(to, dt.timedelta, **{key: part for key, part in parts.items() if part})


def _timezone(value: dt.timezone, to: Write) -> str:
    if value is dt.timezone.utc:
        return f"{to.refer(dt.timezone)}.utc"
    return _call(to, dt.timezone, *value.__getinitargs__())  # type: ignore[attr-defined]


def _zone(value: Any, to: Write) -> str:
    if value.key is None:
        raise NotPlainError("it is a time zone without a key")
    return _call(to, type(value), value.key)


# Functions with some of their arguments


def _pattern(value: re.Pattern[Any], to: Write) -> str:
    flags = re.RegexFlag(value.flags)
    if isinstance(value.pattern, str):
        flags &= ~re.RegexFlag.UNICODE
    place = to.refer(re)
    names = [f"{place}.{flag.name}" for flag in re.RegexFlag if flag & flags]
    # DEBUG and the like are no part of what a pattern matches.
    more = f", {' | '.join(dict.fromkeys(names))}" if names else ""
    return f"{place}.compile({to.write(value.pattern)}{more})"


def _partial(value: functools.partial[Any], to: Write) -> str:
    if vars(value) or not all(map(str.isidentifier, value.keywords)):
        raise refuse(value)
    return _call(to, functools.partial, value.func, *value.args, **value.keywords)


def _as_reduced(value: Any, to: Write) -> str:
    """Write what operator's callables tell pickle of themselves."""
    made, args = value.__reduce__()
    if isinstance(made, functools.partial):  # as methodcaller keeps keywords
        return _call(to, made.func, *made.args, *args, **made.keywords)
    return _call(to, made, *args)


def _method(value: Any, to: Write) -> str:
    """Write a class method, or a method of a plain value: ``", ".join``."""
    owner = value.__self__
    if getattr(owner, value.__name__, None) != value:
        raise refuse(value)
    if isinstance(owner, type):
        return f"{to.refer(owner)}.{value.__name__}"
    if type(owner) in {str, bytes, re.Pattern}:
        return f"{to.write(owner)}.{value.__name__}"
    raise refuse(value)


# Collections and other things made by one call


def _deque(value: Any, to: Write) -> str:
    named = {} if value.maxlen is None else {"maxlen": value.maxlen}
    return _call(to, type(value), list(value), **named)


def _ordered(value: Any, to: Write) -> str:
    return _call(to, type(value), list(value.items()))


def _counter(value: Any, to: Write) -> str:
    return _call(to, type(value), dict(value))


def _defaultdict(value: Any, to: Write) -> str:
    return _call(to, type(value), value.default_factory, dict(value))


def _mapping_proxy(value: Any, to: Write) -> str:
    return _call(to, types.MappingProxyType, dict(value))


def _namespace(value: types.SimpleNamespace, to: Write) -> str:
    return _call(to, types.SimpleNamespace, **vars(value))


def _bytearray(value: bytearray, to: Write) -> str:
    return _call(to, bytearray, bytes(value))


def _template(value: Any, to: Write) -> str:
    return _call(to, type(value), value.template)


def _logger(value: logging.Logger, to: Write) -> str:
    get = f"{to.refer(logging)}.getLogger"
    if value is logging.getLogger():
        return f"{get}()"
    if value is not logging.getLogger(value.name):
        raise refuse(value)
    return f"{get}({'__name__' if value.name == '__main__' else repr(value.name)})"


_LEAVES: dict[str, Leaf] = {
    **dict.fromkeys(
        [
            "decimal.Decimal",
            "uuid.UUID",
            "ipaddress.IPv4Address",
            "ipaddress.IPv6Address",
            "ipaddress.IPv4Network",
            "ipaddress.IPv6Network",
        ],
        _from_text,
    ),
    **{
        f"{home}.{kind}": _path
        for home in ("pathlib", "pathlib._local")  # the latter from Python 3.13 on
        for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    "fractions.Fraction": _fraction,
    "builtins.range": _span,
    "builtins.slice": _span,
    "builtins.bytearray": _bytearray,
    "builtins.mappingproxy": _mapping_proxy,
    "builtins.method": _method,
    "builtins.builtin_function_or_method": _method,
    "datetime.date": _date,
    "datetime.time": _time,
    "datetime.datetime": _datetime,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "zoneinfo.ZoneInfo": _zone,
    "re.Pattern": _pattern,
    "functools.partial": _partial,
    "operator.itemgetter": _as_reduced,
    "operator.attrgetter": _as_reduced,
    "operator.methodcaller": _as_reduced,
    "collections.deque": _deque,
    "collections.OrderedDict": _ordered,
    "collections.Counter": _counter,
    "collections.defaultdict": _defaultdict,
    "types.SimpleNamespace": _namespace,
    "string.Template": _template,
    "logging.Logger": _logger,
    "logging.RootLogger": _logger,
    **TYPE_EXPRESSIONS,
}
