"""Which types flytekit pickles for want of a better way."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import enum
import os
import typing
from typing import Any

from google.protobuf.message import Message

from conformance.kit_library import Kit
from conformance.operations import Run, evaluate
from conformance.vectors import Case

_PLAIN = (bool, int, float, str, dt.datetime, dt.date, dt.timedelta, type(None), dict)
_FLYTE = ("FlyteFile", "FlyteDirectory", "StructuredDataset", "FlyteSchema")
_TABLES = ("ndarray", "DataFrame", "Table", "LazyFrame")


def has_pickled_type(case: Case) -> bool:
    """Tell whether a type in the case is one that flytekit pickles."""
    if case.operation == "guess_type":
        return "PythonPickle" in str(case.definition.get("literal_type"))
    return any(map(_is_pickled, evaluate(case, Kit(case.operation), _types)))


def _types(run: Run) -> list[Any]:
    """Collect the types that a case names."""
    definition = run.definition
    rows = [row[1] for row in _rows(definition)]
    named = [definition["type"]] if "type" in definition else []
    return [run.scope.evaluate(expression) for expression in (*rows, *named)]


def _rows(definition: dict[str, Any]) -> list[Any]:
    tasks = [definition.get("task") or {}, *(definition.get("tasks") or {}).values()]
    sides = [
        task.get(side)
        for task in (definition, *tasks)
        for side in ("inputs", "outputs")
    ]
    return [row for rows in sides if isinstance(rows, list) for row in rows]


def _is_pickled(python_type: Any) -> bool:
    origin, inner = typing.get_origin(python_type), typing.get_args(python_type)
    if origin is typing.Literal:
        return False
    if origin is typing.Annotated:
        return _is_pickled(inner[0])
    if origin in (list, dict, typing.Union, collections.abc.Iterator):
        return any(map(_is_pickled, inner))
    return python_type not in _PLAIN and not _is_known(python_type)


def _is_known(python_type: Any) -> bool:
    """Tell whether a leaf type has a literal type of its own, or is an error."""
    if python_type in (list, tuple, typing.TextIO, typing.BinaryIO, os.PathLike):
        return True
    if not isinstance(python_type, type):
        return False
    return (
        issubclass(python_type, (enum.Enum, Message, os.PathLike, tuple))
        or dataclasses.is_dataclass(python_type)
        or hasattr(python_type, "model_fields")
        or python_type.__name__ in _TABLES
        or any(base.__name__ in _FLYTE for base in python_type.__mro__)
    )
