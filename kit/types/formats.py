"""Classes with a format: ``FlyteFile["csv"]`` is a subclass that knows it is csv."""

from __future__ import annotations

import abc
import threading
import typing
from typing import Any

__all__ = ["Formatted", "Hidden", "Parametrized", "format_name"]


def format_name(item: Any) -> str:
    """Return the format that stands in the brackets, without its dot.

    Args:
        item: A text such as ``"csv"`` or ``".csv"``, or one of flytekit's other ways
            of naming one: ``TypeVar("csv")`` and ``Annotated[str, FileExt("csv")]``.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(item, typing.TypeVar):
        item = item.__name__
    if typing.get_origin(item) is typing.Annotated:
        item = str(typing.get_args(item)[1])
    if not isinstance(item, str):
        msg = (
            f"{item!r} is no format; expected a text, as in FlyteFile['csv']. The "
            "content of a file has no Python type."
        )
        raise TypeError(msg)
    return item.strip().lstrip("~").lstrip(".")


class Parametrized(abc.ABCMeta):
    """Shows what a class was made with: ``FlyteFile['csv']``.

    The class's name is its base's: mashumaro writes it into code.
    """

    _parameter = ""

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.shown}'>"

    @property
    def shown(cls) -> str:
        """The name, and what stands in brackets after it."""
        return f"{cls.__qualname__}{cls._parameter}"


class Hidden:
    """Hides ``__class_getitem__``: mashumaro would use it to make the class again."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        msg = "__class_getitem__: a class that has a format takes no other"
        raise AttributeError(msg)


_made: dict[tuple[type, str], type] = {}
_lock = threading.Lock()


class Formatted(metaclass=Parametrized):
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
        _parameter = f"[{name!r}]"

        @classmethod
        def extension(cls) -> str:
            return name

        def __reduce__(self) -> Any:
            return _restore, (base, name, vars(self))

    OfFormat.__name__, OfFormat.__qualname__ = base.__name__, base.__qualname__
    OfFormat.__module__ = base.__module__
    OfFormat.__doc__ = base.__doc__
    return OfFormat


def _restore(base: Any, name: str, state: dict[str, Any]) -> Any:
    """Make an unpickled object of a format's class."""
    made = object.__new__(base[name])
    vars(made).update(state)
    return made
