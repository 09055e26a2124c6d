"""The name of a Python type, as its author would write it."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Any, Union

__all__ = ["python_type_name"]


def python_type_name(python_type: Any) -> str:
    """Name a type without the modules of its classes.

    >>> import datetime
    >>> python_type_name(dict[str, list[datetime.date]])
    'dict[str, list[date]]'
    >>> from typing import Optional
    >>> python_type_name(Optional[int])
    'int | None'
    """
    if python_type is None or python_type is type(None):
        return "None"
    origin = typing.get_origin(python_type)
    if origin is not None:
        return _generic_name(python_type, origin)
    if isinstance(python_type, type):
        return python_type.__name__
    return str(python_type).removeprefix("typing.")


def _generic_name(python_type: Any, origin: Any) -> str:
    arguments = typing.get_args(python_type)
    if origin in (Union, UnionType):
        return " | ".join(map(python_type_name, arguments))
    if origin is typing.Annotated:
        return python_type_name(arguments[0])
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    return f"{python_type_name(origin)}[{', '.join(map(_argument, arguments))}]"


def _argument(argument: Any) -> str:
    if argument is ...:
        return "..."
    return repr(argument) if isinstance(argument, str) else python_type_name(argument)
