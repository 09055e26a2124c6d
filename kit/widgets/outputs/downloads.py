"""Files to take along from the kernel to the reader's machine, piece by piece."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from kit.widgets.looks import Looks
from kit.widgets.outputs.sources import Source
from kit.widgets.scripted import scripted

__all__ = ["downloads"]

_PIECE = 1 << 20  # bytes of a message


def downloads(
    sources: Sequence[Source], looks: Looks, *, title: str, is_pdf: bool = False
) -> Any:
    """Return a widget with a button that saves a file, one of several if there are.

    The page asks for each piece when it has the one before, so that nothing piles up,
    and a file of any size takes as much of the kernel's memory as one piece.

    Args:
        sources: The files.
        looks: What all widgets of the view share.
        title: What they are of.
        is_pdf: Whether the page can show it as well.
    """
    needed = is_pdf or len(sources) > 1  # to choose by; it may take time to tell
    files = [
        {"name": source.name, "size": source.size if needed else 0}
        for source in sources
    ]
    facts = {"title": title, "files": files, "is_pdf": is_pdf}
    answer = functools.partial(_answer, sources)
    return scripted("downloads", facts, looks.box, answer)


def _answer(
    sources: Sequence[Source], asked: Any
) -> tuple[dict[str, Any], list[bytes]]:
    """Return a piece of a file, or why there is none."""
    number = asked.get("number") if isinstance(asked, Mapping) else None
    try:
        source = sources[abs(int(asked["file"]))]
        start = abs(int(asked["start"]))
        piece = source.read(start, _PIECE)
        size = source.size
    except Exception as error:  # noqa: BLE001 - what a task's objects raise
        return {"number": number, "error": f"{type(error).__name__}: {error}"}, []
    if not piece and start < size:
        return {"number": number, "error": f"{source.name} is shorter than it was"}, []
    return {"number": number, "size": size}, [piece]
