"""Expressions that make named tuples and dataclass instances anew."""

from __future__ import annotations

import dataclasses
from typing import Any

from kit.source.writing import Write, refuse

__all__ = ["record"]


def record(value: Any, to: Write) -> str:
    """Return the call of a class with all the fields of one of its instances.

    Raises:
        NotPlainError: It is no named tuple or dataclass, or making one runs code of
            its author's, which may do more than to keep the fields.
    """
    if _is_named_tuple(value):
        fields = dict(zip(value._fields, value, strict=True))
    elif _is_plain_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        fields = {name: getattr(value, name) for name in names}
    else:
        raise refuse(value)
    inside = ", ".join(f"{name}={to.write(item)}" for name, item in fields.items())
    return f"{to.refer(type(value))}({inside})"


def _is_named_tuple(value: Any) -> bool:
    kind = type(value)
    if not isinstance(value, tuple) or getattr(value, "__dict__", None):
        return False
    making = next(base for base in kind.__mro__ if "__new__" in vars(base))
    return "_fields" in vars(making) and _is_of_object(kind, "__init__")


def _is_plain_dataclass(value: Any) -> bool:
    kind = type(value)
    if "__dataclass_fields__" not in vars(kind):
        return False
    fields = dataclasses.fields(value)
    names = {field.name for field in fields}
    init = getattr(kind.__init__, "__code__", None)
    return (
        init is not None
        and init.co_filename == "<string>"  # as dataclass compiles its own
        and {*init.co_varnames} - {"self"} == names
        and set(getattr(value, "__dict__", names)) <= names
        and all(hasattr(value, name) for name in names)
        and not hasattr(kind, "__post_init__")
        and _is_of_object(kind, "__new__")
        and (kind.__dataclass_params__.frozen or _is_of_object(kind, "__setattr__"))
    )


def _is_of_object(kind: type[Any], name: str) -> bool:
    """Tell whether a class has a method from ``object``, not from its author."""
    return getattr(kind, name) is getattr(object, name)
