"""What types are made of, and whether one contains itself."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kit.errors import UnsupportedTypeError

__all__ = ["FieldsOf", "check_not_recursive", "parts_of"]

FieldsOf = Callable[[Any], Iterable[Any] | None]
"""Returns the types of a struct's fields; ``None`` for other types."""


def parts_of(python_type: Any) -> Iterator[Any]:
    """Return a type and the types in its brackets, at any depth."""
    yield python_type
    for argument in typing.get_args(python_type):
        yield from parts_of(argument)


def check_not_recursive(
    struct: Any, fields_of: FieldsOf, inside: tuple[Any, ...] = ()
) -> None:
    """Refuse a struct that contains itself: its literal type would have no end.

    Raises:
        UnsupportedTypeError: It does.
    """
    fields = fields_of(struct)
    if fields is None:
        return
    if any(struct is outer for outer in inside):
        chain = " → ".join(each.__name__ for each in (*inside, struct))
        msg = f"{struct!r} contains itself ({chain}), which a literal type cannot."
        raise UnsupportedTypeError(msg)
    for field in fields:
        for part in parts_of(field):
            check_not_recursive(part, fields_of, (*inside, struct))
