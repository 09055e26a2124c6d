"""Variables of a notebook as values of inputs: those whose type fits."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import os
import typing
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from kit.definition.json_values import union_members
from kit.display.outputs import rows_of
from kit.display.types import python_type_name
from kit.escape import one_line, shorten
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset
from kit.types.annotated import is_class, underlying
from kit.types.frames import is_frame_type

MOST_VARIABLES = 30
"""Variables that are offered for an input: the newest ones."""
_MOST_ELEMENTS = 1_000  # of a list or dict that is looked into
_LONGEST_TEXT = 1_000_000  # characters
_LONGEST_PATH = 4_096
_LONGEST_SUMMARY = 60
_OF_IPYTHON = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of a notebook.

    Attributes:
        name: Its name.
        summary: What its value is, in a few words. It says nothing of what a text is:
            that may be a secret.
    """

    name: str
    summary: str


def fitting_variables(
    namespace: Mapping[str, Any], python_type: Any
) -> tuple[Variable, ...]:
    """Return the variables whose values fit a type, the newest first.

    Args:
        namespace: The variables of a notebook, in the order of their definition.
        python_type: The type.

    >>> fitting_variables({"n": 3, "x": 2.5, "_": 7, "who": "a"}, int)
    (Variable(name='n', summary='int 3'),)
    """
    return tuple(islice(_fitting(namespace, python_type), MOST_VARIABLES))


def _fitting(namespace: Mapping[str, Any], python_type: Any) -> Iterator[Variable]:
    for name, value in reversed(list(namespace.items())):
        if name.startswith("_") or name in _OF_IPYTHON or value is None:
            continue
        if fits(value, python_type):
            yield Variable(name, summary_of(value))


def fits(value: Any, python_type: Any) -> bool:
    """Return whether a value can be passed as a type, by its own type alone.

    >>> fits([1, 2], list[int]), fits([1, "a"], list[int]), fits(True, int)
    (True, False, False)
    """
    bare = underlying(python_type)
    members = union_members(bare)
    if members:
        return any(fits(value, member) for member in members)
    origin, parts = typing.get_origin(bare), typing.get_args(bare)
    if origin is typing.Literal:
        return any(type(value) is type(one) and value == one for one in parts)
    if origin is list:
        return _is_list_of(value, parts)
    if origin is dict:
        return _is_dict_of(value, parts)
    return is_class(bare) and _is_of_class(value, bare)


def _is_list_of(value: Any, parts: tuple[Any, ...]) -> bool:
    if type(value) is not list or len(value) > _MOST_ELEMENTS:
        return False
    return all(fits(element, parts[0]) for element in value)


def _is_dict_of(value: Any, parts: tuple[Any, ...]) -> bool:
    if type(value) is not dict or len(value) > _MOST_ELEMENTS:
        return False
    key, element = parts
    return all(fits(k, key) and fits(v, element) for k, v in value.items())


def _is_of_class(value: Any, kind: type) -> bool:
    own = type(value)  # and not what the value says: it may say anything
    if kind in _EXACTLY:
        return own in _EXACTLY[kind] and not (own is str and len(value) > _LONGEST_TEXT)
    if issubclass(kind, (FlyteDirectory, FlyteFile)) or kind is os.PathLike:
        return issubclass(own, kind) or _is_path(value, kind)
    if issubclass(kind, StructuredDataset) and is_frame_type(own):
        return True
    return issubclass(own, kind)


_EXACTLY: dict[type, tuple[type, ...]] = {
    **{kind: (kind,) for kind in (int, bool, str, list, dict, dt.date)},
    float: (float, int),
}


def _is_path(value: Any, kind: type) -> bool:
    """Return whether a value is the path of a file or folder that is here."""
    if not (issubclass(type(value), Path) or type(value) is str):
        return False
    text = str(value)
    if not text or len(text) > _LONGEST_PATH or "\n" in text or "\0" in text:
        return False
    found = os.path.isdir if issubclass(kind, FlyteDirectory) else os.path.isfile
    return found(text)


def summary_of(value: Any) -> str:
    """Return what a value is, in a few words.

    >>> summary_of(2.5), summary_of("a secret"), summary_of([1, 2])
    ('float 2.5', 'str, 8 characters', 'list, 2 values')
    """
    name = python_type_name(type(value))
    rows = None if isinstance(value, list) else rows_of(value)
    if rows is not None:
        columns = _counted(len(rows.columns), "column")
        return f"{name}, {_counted(rows.count, 'row')}, {columns}"
    if isinstance(value, (str, list, dict)):
        noun = "character" if isinstance(value, str) else "value"
        return f"{name}, {_counted(len(value), noun)}"
    if isinstance(value, enum.Enum):
        return f"{name}.{value.name}"
    if isinstance(value, _TOLD):
        return f"{name} {shorten(one_line(str(value)), _LONGEST_SUMMARY)}"
    return name


_TOLD = (int, float, dt.date, dt.timedelta, Path, FlyteFile, FlyteDirectory)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
