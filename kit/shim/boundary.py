"""The line between kit and the code of a task's author, as a traceback shows it.

Everything of an author is called through :func:`call_author`.  Its frame is found
again in the traceback of an exception: what is below it is the author's, what is above
is kit.  So an exception says by itself whose it is, and nothing has to be wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

__all__ = ["RAISED", "author_traceback", "call_author", "error_text", "is_authors"]

T = TypeVar("T")

RAISED: tuple[type[BaseException], ...] = (Exception, SystemExit)
"""What is an error of an author's code: argparse, for one, raises the latter."""


def call_author(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call code that a task's author wrote."""
    return function(*args, **kwargs)


def error_text(error: BaseException) -> str:
    """Return the class of an error and what it says, if it can say it.

    >>> error_text(KeyError("a"))
    "KeyError: 'a'"
    """
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an author's error may not even have a text
        return type(error).__name__


def is_authors(error: BaseException) -> bool:
    """Say whether an exception came out of code that an author wrote."""
    return _boundary(error) is not None


def author_traceback(error: BaseException) -> TracebackType | None:
    """Return the author's part of a traceback; None when it has no such part."""
    boundary = _boundary(error)
    traceback = None if boundary is None else boundary.tb_next
    while traceback is not None and _is_import_machinery(traceback):
        traceback = traceback.tb_next
    return traceback


def _boundary(error: BaseException) -> TracebackType | None:
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is call_author.__code__:
            return traceback
        traceback = traceback.tb_next
    return None


def _is_import_machinery(traceback: TracebackType) -> bool:
    name = traceback.tb_frame.f_code.co_filename
    return name.startswith("<frozen importlib") or name.endswith(_IMPORTLIB)


_IMPORTLIB = ("importlib/__init__.py", "importlib\\__init__.py")
