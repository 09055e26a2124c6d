"""A part of a template that could not be made, shown in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from kit.display.sections.subject import Subject
from kit.display.summary import Code, Finding, Item
from kit.errors import KitError
from kit.shim import boundary

__all__ = ["error_text", "failure_items"]

_OWN = str(Path(__file__).parents[2])  # the folder of kit


def failure_items(subject: Subject, part: str) -> Iterator[Item]:
    """Yield the error of a part and the frames of its author; nothing if it went well.

    Args:
        subject: What is shown.
        part: The part, as in ``custom`` or ``container``.
    """
    error = subject.failures.get(part)
    if error is None:
        return
    yield Finding("error", error_text(error), path=part)
    frames = _frames(error)
    if frames is not None:
        yield Code(_traceback(error, frames), "text", "traceback")


def error_text(error: BaseException) -> str:
    """Return the sentence of an error; its class comes first if it is not kit's."""
    return str(error) if isinstance(error, KitError) else boundary.error_text(error)


def _frames(error: BaseException) -> TracebackType | None:
    """Return the author's frames; of kit's own there is nothing to learn."""
    frames = error.__traceback__
    if boundary.is_authors(error):
        frames = boundary.author_traceback(error)
    while frames is not None and _is_own(frames):
        frames = frames.tb_next
    return frames


def _is_own(frames: TracebackType) -> bool:
    return frames.tb_frame.f_code.co_filename.startswith(_OWN)


def _traceback(error: BaseException, frames: TracebackType) -> str:
    import traceback

    listed = "".join(traceback.format_tb(frames))
    return f"Traceback (most recent call last):\n{listed}{boundary.error_text(error)}"
