"""Unknown keywords of a definition's parts: say which one was probably meant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from kit.errors import DefinitionError, nearest

__all__ = ["explain_keywords"]

T = TypeVar("T")


def explain_keywords(
    error: type[DefinitionError], **meant: str
) -> Callable[[type[T]], type[T]]:
    """Make a class refuse an unknown keyword with an error that names the nearest one.

    Python itself does so from 3.13 on, though with a bare TypeError.

    Args:
        error: What is raised.
        **meant: For a name that is often written, the one that was meant.

    Example:
        >>> @explain_keywords(DefinitionError, memory="mem")
        ... class Amounts:
        ...     def __init__(self, mem=None): ...
        >>> Amounts(memory="1Gi")
        Traceback (most recent call last):
        ...
        kit.errors.DefinitionError: Amounts got an unexpected keyword argument \
'memory'. Did you mean 'mem'? It takes mem.
    """

    def decorate(cls: type[T]) -> type[T]:
        plain: Callable[..., None] = cls.__init__

        @functools.wraps(plain)
        def explaining(self: T, *args: Any, **kwargs: Any) -> None:
            try:
                plain(self, *args, **kwargs)
            except TypeError as failure:
                known = plain.__code__.co_varnames[1 : plain.__code__.co_argcount]
                unknown = [name for name in kwargs if name not in known]
                if isinstance(failure, error) or not unknown:
                    raise
                raise error(_message(cls.__name__, unknown[0], known, meant)) from None

        cls.__init__ = explaining  # type: ignore[method-assign, assignment]
        return cls

    return decorate


def _message(
    owner: str, name: str, known: tuple[str, ...], meant: dict[str, str]
) -> str:
    hint = f" Did you mean {meant[name]!r}?" if name in meant else nearest(name, known)
    return (
        f"{owner} got an unexpected keyword argument {name!r}.{hint} "
        f"It takes {', '.join(known)}."
    )
