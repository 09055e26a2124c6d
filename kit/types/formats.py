"""Classes with a format: ``FlyteFile["csv"]`` is a subclass that knows it is csv."""

from __future__ import annotations

import threading
import typing
from typing import Any

__all__ = ["Formatted", "Hidden", "format_name"]


def format_name(item: Any) -> str:
    """Return the format that stands in the brackets, without its dot.

    Args:
        item: A text such as ``"csv"`` or ``".csv"``, or flytekit's way of naming one,
            ``Annotated[str, FileExt("csv")]``.

    Raises:
        TypeError: It is neither.
    """
    if typing.get_origin(item) is typing.Annotated:
        item = str(typing.get_args(item)[1])
    if not isinstance(item, str):
        msg = (
            f"{item!r} is no format; expected a text, as in FlyteFile['csv']. The "
            "content of a file has no Python type."
        )
        raise TypeError(msg)
    return item.strip().lstrip("~").lstrip(".")


class Hidden:
    """Hides ``__class_getitem__``: mashumaro would use it to make the class again."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        msg = "__class_getitem__: a class that has a format takes no other"
        raise AttributeError(msg)


_made: dict[tuple[type, str], type] = {}
_lock = threading.Lock()


class Formatted:
    """A class that makes one subclass for each format."""

    @classmethod
    def extension(cls) -> str:
        """Return the format; an empty text if there is none."""
        return ""

    def __class_getitem__(cls, item: Any) -> Any:
        name = "" if item is None else format_name(item)
        if not name:
            return cls
        with _lock:
            if (cls, name) not in _made:
                _made[cls, name] = _subclass(cls, name)
            return _made[cls, name]


def _subclass(base: type[Formatted], name: str) -> type[Formatted]:
    class OfFormat(base):  # type: ignore[valid-type, misc] # the base is an argument
        __origin__ = base  # what typing and mashumaro ask of a generic
        __class_getitem__ = Hidden()

        @classmethod
        def extension(cls) -> str:
            return name

        def __reduce__(self) -> Any:
            return _restore, (base, name, vars(self))

    OfFormat.__name__ = OfFormat.__qualname__ = f"{base.__name__}[{name!r}]"
    OfFormat.__module__ = base.__module__
    OfFormat.__doc__ = base.__doc__
    return OfFormat


def _restore(base: Any, name: str, state: dict[str, Any]) -> Any:
    """Make an unpickled object of a format's class."""
    made = object.__new__(base[name])
    vars(made).update(state)
    return made
