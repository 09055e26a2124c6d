"""What a notebook shows of an error: its sentence, and the lines of its reader.

Frames of kit and of IPython say nothing to who wrote the cell; ``%tb`` shows them all.
"""

from __future__ import annotations

import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from kit import errors
from kit.errors import KitError
from kit.escape import shorten, visible
from kit.notebook import interactive_shell

_KIT = str(Path(errors.__file__).parent)
_SHELLS = ("IPython.", "ipykernel.")
_LONGEST = 20_000  # characters of a sentence
_MOST = 12  # lines of frames
_CELL = re.compile(r"In\s?\[(\d+)\]")
_OLD_CELL = re.compile(r"<ipython-input-(\d+)-")  # of IPython 7
_TRACED = re.compile(r'File "(<[^"]+>)", line (\d+), in (\w+)')  # of a traceback


class Line(NamedTuple):
    """A line of a frame.

    Attributes:
        place: Where it is, as ``cell 3, line 2``.
        number: Its number there.
        text: What is in it.
    """

    place: str
    number: int
    text: str

    @property
    def lines(self) -> str:
        """The place, and below it the line, as IPython writes it."""
        text = visible(shorten(self.text.rstrip("\n"), _LONGEST))
        return f"{self.place}\n----> {self.number} {text}\n"


def render_error(error: BaseException) -> list[str]:
    """Return the texts that IPython shows of an error that has just ended a cell.

    Of one that is shown again, by ``%tb``, they are all that there is.
    """
    shell = interactive_shell()
    if sys.exc_info()[1] is not error and shell is not None:
        kind, frames = type(error), error.__traceback__
        whole: list[str] = shell.InteractiveTB.structured_traceback(kind, error, frames)
        return whole
    lines = list(_own_lines(error.__traceback__))
    if isinstance(error, KitError):
        lines = lines[-1:]
    elif len(lines) > _MOST:
        lines = [*lines[: _MOST // 2], *lines[-_MOST // 2 :]]
    return [*(line.lines for line in lines), *_sentence(error)]


def _sentence(error: BaseException) -> Iterator[str]:
    """Yield the class and the text of an error, and its notes."""
    text = _TRACED.sub(_placed, shorten(str(error), _LONGEST))
    yield visible(f"{type(error).__name__}: {text}" if text else type(error).__name__)
    for note in getattr(error, "__notes__", ()):
        yield visible(str(note))


def _placed(match: re.Match[str]) -> str:
    """Return the cell and the line in place of those of inline source, if known."""
    filename, number, name = match[1], int(match[2]), match[3]
    lines = linecache.getlines(filename)[:number]
    starts = [at for at, line in enumerate(lines, 1) if f"def {name}(" in line]
    origin = _origin(filename, starts[-1], number) if starts else None
    if origin is None:
        return match[0]
    return f"{name}, cell {_cell_number(origin[0])}, line {origin[1]}"


def _own_lines(frames: TracebackType | None) -> Iterator[Line]:
    """Yield the lines of frames that are neither kit's nor the shell's."""
    for frame, number in traceback.walk_tb(frames):
        code = frame.f_code
        module = str(frame.f_globals.get("__name__", ""))
        if not code.co_filename.startswith(_KIT) and not module.startswith(_SHELLS):
            yield _line(code, number)


def _line(code: Any, number: int) -> Line:
    filename = code.co_filename
    text = linecache.getline(filename, number)
    if filename.startswith("<") and _cell_number(filename) is None:
        origin = _origin(filename, code.co_firstlineno, number)
        filename, number = origin or (filename, number)
    cell = _cell_number(filename)
    place = filename if cell is None else f"cell {cell}"
    is_function = code.co_name != "<module>"
    name = f"{code.co_name}, " if is_function else ""
    return Line(f"{name}{place}, line {number}", number, text)


def _cell_number(filename: str) -> int | None:
    """Return the number of the cell of a file name, None if it is of no cell."""
    shell = interactive_shell()
    name = getattr(getattr(shell, "compile", None), "format_code_name", None)
    told = name(filename) if callable(name) else None
    found = _CELL.search(" ".join(told)) if told else _OLD_CELL.match(filename)
    return int(found[1]) if found else None


def _origin(filename: str, first: int, number: int) -> tuple[str, int] | None:
    """Return the cell and the line that a line of inline source was written in.

    Definitions travel as they were written: the cell has the same lines, from the
    definition's first to the one that is looked for.
    """
    block = linecache.getlines(filename)[first - 1 : number]
    cells = [name for name in linecache.cache if _cell_number(name) is not None]
    for cell in sorted(cells, key=lambda name: _cell_number(name) or 0, reverse=True):
        lines = linecache.getlines(cell)
        for start in range(len(lines) - len(block) + 1):
            if block and lines[start : start + len(block)] == block:
                return cell, start + len(block)
    return None
