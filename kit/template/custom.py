"""What ``get_custom`` returns, as the protobuf Struct of a template and back.

The Struct equals the one flytekit parses from JSON text: numbers are doubles, tuples
are lists, and keys follow JSON's rules (``True`` is ``"true"``, ``1.5`` is ``"1.5"``).
It is filled directly, several times quicker than going through text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NoReturn, cast

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from kit.errors import CustomError, TemplateError, render_path

# protobuf parses messages nested up to a hundred deep; a dict takes three of them
# (Struct, map entry, Value) and a list two (ListValue, Value).
_NESTING = 100
_PER_DICT = 3
_PER_LIST = 2
_TOO_DEEP = (
    "Nested too deep to be read again: protobuf parses messages up to a hundred deep, "
    "which is 33 dictionaries or 48 lists. Flatten it, or write it as text."
)
_CIRCULAR = "Circular reference detected: a container holds one that it is in."

_LAST_EXACT_INTEGER = 2**53


def fill_struct(struct: Struct, custom: Any) -> bool:
    """Write a dictionary of JSON values into an empty Struct.

    Returns:
        Whether there are numbers in it that :func:`doubtful_numbers` will name.

    Raises:
        CustomError: A value that JSON does not have, two keys that JSON writes alike, a
            text or number that protobuf cannot hold, nesting that could not be read
            again, or a container inside itself; ``path`` says where.
    """
    if not isinstance(custom, dict):
        msg = (
            f"Struct must be in a dict which is {custom} at Struct: get_custom must "
            f"return a dictionary, not {type(custom).__name__}."
        )
        raise CustomError(msg, path=["custom"])
    try:
        return _fill_fields(struct, custom, _NESTING)
    except _NestingError as error:
        loop = _loop(custom, (), (), set())
        path, msg = (error.path, _TOO_DEEP) if loop is None else (loop, _CIRCULAR)
        raise CustomError(msg, path=["custom", *path]) from None
    except CustomError as error:
        error.below("custom")
        raise


class _NestingError(CustomError):
    """Containers in containers, deeper than protobuf parses again."""


def _fill_fields(struct: Struct, items: dict[Any, Any], room: int) -> bool:
    room -= _PER_DICT
    if room < 0:
        raise _NestingError(_TOO_DEEP)
    fields = struct.fields
    doubtful = False
    key: Any = None
    try:
        for key, item in items.items():
            value = fields[key if type(key) is str else key_text(key)]
            if type(item) is str:  # as most are, and a call costs as much again
                value.string_value = item
            elif _fill(value, item, room):
                doubtful = True
    except CustomError as error:
        error.below(str(key))
        raise
    except (UnicodeEncodeError, OverflowError) as error:
        raise _unwritable(error, items[key]).below(ascii(key)[1:-1]) from error
    if len(fields) != len(items):
        raise _duplicate(items)
    return doubtful


def _fill_items(
    values: ListValue, items: list[Any] | tuple[Any, ...], room: int
) -> bool:
    room -= _PER_LIST
    if room < 0:
        raise _NestingError(_TOO_DEEP)
    add = values.values.add
    doubtful = False
    index = 0
    try:
        for index, item in enumerate(items):  # noqa: B007 - the handlers name it
            if type(item) is str:
                add().string_value = item
            elif _fill(add(), item, room):
                doubtful = True
    except CustomError as error:
        error.below(index)
        raise
    except (UnicodeEncodeError, OverflowError) as error:
        raise _unwritable(error, items[index]).below(index) from error
    return doubtful


def _fill(value: Value, item: Any, room: int) -> bool:
    """Write one value and say whether a number in it is doubtful."""
    kind = type(item)
    if kind is str:
        value.string_value = item
    elif kind is bool:
        value.bool_value = item
    elif kind is int or kind is float:
        value.number_value = item
        return not -_LAST_EXACT_INTEGER <= item <= _LAST_EXACT_INTEGER
    elif item is None:
        value.null_value = cast("Any", 0)
    elif kind is dict:
        value.struct_value.SetInParent()
        return _fill_fields(value.struct_value, item, room)
    elif kind is list or kind is tuple:
        value.list_value.SetInParent()
        return _fill_items(value.list_value, item, room)
    else:
        return _fill(value, _plain(item), room)
    return False


def _plain(item: Any) -> Any:
    """Return the JSON value that an instance of a subclass stands for.

    JSON looks at the base class: an ``IntEnum`` is its number, a named tuple a list.
    """
    if isinstance(item, str):
        return str.__str__(item)
    if isinstance(item, int):
        return int.__int__(item)
    if isinstance(item, float):
        return float.__float__(item)
    if isinstance(item, dict):
        return dict(item.items())
    if isinstance(item, (list, tuple)):
        return list(item)
    name = type(item).__name__
    msg = (
        f"Object of type {name} is not JSON serializable. custom holds text, numbers, "
        f"booleans, None, lists and dictionaries of them: {_way_out(item)}."
    )
    raise CustomError(msg)


def _way_out(item: Any) -> str:
    if isinstance(item, (set, frozenset)):
        return "write sorted(...) to make it a list"
    if isinstance(item, (bytes, bytearray)):
        return "write it as text, with base64 for instance"
    if hasattr(item, "isoformat"):
        return "write its isoformat()"
    if hasattr(item, "tolist"):
        return "write its tolist()"
    return "convert it first, or pass it as an input of the task"


def key_text(key: Any) -> str:
    """Return a key as JSON writes it.

    Raises:
        CustomError: It is of a type that JSON makes no text of.
    """
    if isinstance(key, str):
        return str.__str__(key)
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return int.__repr__(key)
    if isinstance(key, float):
        return _float_text(key)
    msg = (
        f"The key {key!r:.100} of type {type(key).__name__} cannot be in JSON. Write "
        "it as text."
    )
    raise CustomError(msg)


def _float_text(key: float) -> str:
    if math.isfinite(key):
        return float.__repr__(key)
    return "NaN" if math.isnan(key) else "Infinity" if key > 0 else "-Infinity"


def _duplicate(items: dict[Any, Any]) -> CustomError:
    seen: dict[str, Any] = {}
    for key in items:
        text = key if type(key) is str else key_text(key)
        if text in seen:
            msg = (
                f"Failed to load JSON: Failed to load JSON: duplicate key {text}.. "
                f"The keys {seen[text]!r} and {key!r} are both {text!r} in JSON: "
                f"rename one of them."
            )
            return CustomError(msg)
        seen[text] = key
    return CustomError("The dictionary changed while it was being written.")


def _unwritable(error: UnicodeEncodeError | OverflowError, item: Any) -> CustomError:
    if isinstance(error, OverflowError):
        digits = f"an integer of {item.bit_length()} bits"
        return CustomError(
            f"{digits} is larger than any double, and custom holds numbers as doubles: "
            f"write it as text."
        )
    return CustomError(
        f"{error.object!a} is no Unicode text: it has half of a surrogate pair at "
        f"position {error.start}. Protobuf holds text as UTF-8."
    )


def _loop(
    item: Any, path: tuple[str | int, ...], above: tuple[int, ...], clear: set[int]
) -> tuple[str | int, ...] | None:
    """Return the path of the first container that holds one of those around it.

    Containers that are ``clear`` have been looked through, so those that stand in many
    places are not looked through again in each; far below no loop is looked for.
    """
    if id(item) in above:
        return path
    if not isinstance(item, (dict, list, tuple)):
        return None
    if id(item) in clear or len(above) > _NESTING:
        return None
    children = item.items() if isinstance(item, dict) else enumerate(item)
    for key, child in children:
        step = key if type(key) is int else str(key)
        found = _loop(child, (*path, step), (*above, id(item)), clear)
        if found is not None:
            return found
    clear.add(id(item))
    return None


def doubtful_numbers(custom: Any) -> Iterator[tuple[str, str]]:
    """Find numbers that arrive as others, or not at all, as (path, explanation).

    A NaN or infinity can be written, but neither flytekit nor kit loads such a template
    again; an integer beyond 2**53 is rounded to the next double.
    """
    for path, number in _numbers(custom, ("custom",), _NESTING):
        if isinstance(number, float):
            if not math.isfinite(number):
                why = f"{number} cannot be loaded from a template: use None or text"
                yield render_path(path), why
        elif abs(number) > _LAST_EXACT_INTEGER and int(float(number)) != number:
            why = f"{number} arrives as {float(number):.17g}: write it as text"
            yield render_path(path), why


def _numbers(
    item: Any, path: tuple[str | int, ...], room: int
) -> Iterator[tuple[tuple[str | int, ...], int | float]]:
    if isinstance(item, (int, float)):
        if not isinstance(item, bool):
            yield path, item
    elif isinstance(item, dict) and room > 0:
        for key, child in item.items():
            yield from _numbers(child, (*path, str(key)), room - _PER_DICT)
    elif isinstance(item, (list, tuple)) and room > 0:
        for index, child in enumerate(item):
            yield from _numbers(child, (*path, index), room - _PER_LIST)


def custom_from_struct(struct: Struct) -> dict[str, Any]:
    """Read a Struct as a plain dictionary; numbers are floats, keys are sorted.

    Raises:
        TemplateError: A number is NaN or infinite, as flytekit refuses it too.
    """
    fields = struct.fields
    return {key: _read(fields[key]) for key in sorted(fields)}


def _read(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        number = value.number_value
        return number if number - number == 0 else _not_finite(number)
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return custom_from_struct(value.struct_value)
    if kind == "list_value":
        return [_read(item) for item in value.list_value.values]
    return None


def _not_finite(number: float) -> NoReturn:
    name = "NaN" if math.isnan(number) else "Infinity"
    msg = (
        f"Fail to serialize {name} for Value.number_value, which would parse as "
        f"string_value: custom has {number}, and JSON has no such number. "
        f"Write None or text instead where get_custom makes it."
    )
    raise TemplateError(msg)
