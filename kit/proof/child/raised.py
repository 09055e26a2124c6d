"""An exception as plain data, within bounds."""

from __future__ import annotations

import linecache
import traceback
from types import FrameType
from typing import Any

_MAX_TEXT = 4_000
_MAX_TRACEBACK = 20_000
_MAX_CHAIN = 6
_MACHINERY = {
    *("kit", "flytekit", "click", "__main__"),
    *("_frozen_importlib", "_frozen_importlib_external", "_sitebuiltins"),
    *("functools", "importlib"),
}
"""Packages on the way to the author's code."""


def unwrapped(error: BaseException) -> BaseException:
    """Return what the author's code raised: flytekit's entrypoint takes it wrapped."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    inner = getattr(error, "value", None)
    is_wrapper = "FlyteUserRuntimeException" in kinds
    return inner if is_wrapper and isinstance(inner, BaseException) else error


def chain(error: BaseException | None) -> list[dict[str, Any]]:
    """Describe an exception, and after it those it came from."""
    found: list[dict[str, Any]] = []
    while error is not None and len(found) < _MAX_CHAIN:
        found.append(_describe(error))
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return found


def trace(error: BaseException) -> str:
    """Write the traceback without the frames that lead to the author's code.

    What the runtime found missing by itself has no other frames, and no traceback.
    """
    frames = error.__traceback__
    while frames is not None and _is_machinery(frames.tb_frame):
        frames = frames.tb_next
    if frames is None and isinstance(error, (ImportError, AttributeError)):
        return ""
    shown = frames or error.__traceback__
    lines = traceback.format_exception(type(error), error, shown, chain=bool(frames))
    return "".join(lines)[-_MAX_TRACEBACK:]


def _describe(error: BaseException) -> dict[str, Any]:
    text = traceback.format_exception_only(type(error), error)[-1].strip()
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "text": text[:_MAX_TEXT],
        "name": _bounded(getattr(error, "name", None)),
        "path": _bounded(getattr(error, "filename", None)),
        "key": _bounded(error.args[0]) if error.args else None,
        **_place(error),
    }


def _bounded(value: object) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) else None


def _place(error: BaseException) -> dict[str, str | None]:
    """Return the file in which an exception came up, and the author's line."""
    frames = list(traceback.walk_tb(error.__traceback__))
    authors = [pair for pair in frames if not _is_machinery(pair[0])]
    return {
        "file": frames[-1][0].f_code.co_filename if frames else None,
        "where": _line(*authors[-1]) if authors else None,
    }


def _line(frame: FrameType, number: int) -> str:
    code = frame.f_code
    text = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    return f"{code.co_filename}:{number}: {text or code.co_name}"


def _is_machinery(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in _MACHINERY
