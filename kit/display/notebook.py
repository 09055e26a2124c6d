"""What a notebook shows at the end of a cell, and of an error that ends it."""

from __future__ import annotations

import functools
import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from google.protobuf.message import Message

from kit import errors
from kit.display.html import fragment, style_element
from kit.display.summary import Summary, registered
from kit.errors import DisplayError, KitError
from kit.escape import shorten, visible
from kit.notebook import interactive_shell
from kit.task.flytekit_task import adapted


def mimebundle(thing: object) -> dict[str, Any]:
    """Return the text and the HTML of something that kit knows to summarize.

    Both are the same each time: they hold no times, no ids, and no width of a window.
    """
    summary = summarize(thing)
    return {
        "text/plain": _text(thing, summary),
        "text/html": style_if_new() + fragment(summary),
    }


def saved_face(thing: object) -> dict[str, Any]:
    """Return the static face that is stored in a notebook before a live one.

    It is hidden as long as the live one is there, and hides what JupyterLab says of a
    widget that is not. It brings these few rules itself: the output with the stylesheet
    may be gone by then.
    """
    bundle = mimebundle(thing)
    html = f"<style>{_file('saved.css')}</style>{bundle['text/html']}"
    return {**bundle, "text/html": f'<div class="kit-static">{html}</div>'}


@functools.cache
def _file(name: str) -> str:
    return Path(__file__).with_name("static").joinpath(name).read_text(encoding="utf-8")


def _text(thing: object, summary: Summary) -> str:
    if find_spec("rich") is None:  # it comes with the extras `cli` and `notebook`
        return repr(thing)
    from kit.display.console import plain_text

    return plain_text(summary)


def summarize(thing: object) -> Summary:
    """Return what is shown of a thing: a task, a template, a run, a literal, ….

    Raises:
        DisplayError: kit has no view of it.
    """
    if isinstance(thing, Summary):
        return thing
    thing = adapted(thing)
    for _ in _families():
        summarizer = registered(type(thing))
        if summarizer is not None and _is_known(thing):
            return summarizer(thing)
    msg = (
        f"kit has no view of a {type(thing).__name__}: it shows tasks, templates, "
        "interfaces, literals, runs, decks, reports and differences."
    )
    raise DisplayError(msg)


def _families() -> Iterator[None]:
    """Load the modules that summarize things, one family after the other."""
    from kit.display import of_template  # noqa: F401 - registers what it summarizes

    yield
    from kit.display import of_messages, of_runs  # noqa: F401

    yield
    from kit.display import of_pods, of_reports  # noqa: F401

    yield
    from kit.display import of_flyte  # noqa: F401

    yield


def _is_known(thing: object) -> bool:
    """Leave the messages of others alone: they have views of their own."""
    if not isinstance(thing, Message):
        return True
    return thing.DESCRIPTOR.full_name.startswith(("flyteidl.", "flyteidl2."))


def register(shell: Any) -> None:
    """Let an IPython show Flyte's messages as kit does; again does no harm.

    The next output brings the stylesheet, so that ``%reload_ext kit`` mends a notebook
    that lost the output which had it.

    Args:
        shell: The ``InteractiveShell``, as ``load_ipython_extension`` is given it.
    """
    forget_stylesheet()
    formatter = shell.display_formatter.mimebundle_formatter
    if Message not in formatter.type_printers:
        formatter.for_type(Message, _bundle)
        formatter.for_type_by_name(*_FLYTEKIT_TASK, _bundle)


_FLYTEKIT_TASK = ("flytekit.core.base_task", "PythonTask")


def unregister(shell: Any) -> None:
    """Let an IPython show Flyte's messages as it did before."""
    formatter = shell.display_formatter.mimebundle_formatter
    printers, later = formatter.type_printers, formatter.deferred_printers
    for known, kind in ((printers, Message), (later, _FLYTEKIT_TASK)):
        if known.get(kind) is _bundle:
            del known[kind]
    for kind in [kind for kind, shown in printers.items() if shown is _bundle]:
        del printers[kind]


def _bundle(message: object, **_kinds: object) -> dict[str, Any] | None:
    """Return the faces; IPython itself leaves out those that it does not want."""
    return mimebundle(message) if _is_known(message) else None


_bringer: RunningCell | None = None


def style_if_new() -> str:
    """Return the stylesheet's element, or nothing if the page has it already.

    Outside IPython nothing is known of a page, and each output has its own.
    """
    global _bringer  # noqa: PLW0603 - one page for each process
    shell = interactive_shell()
    if shell is None:
        return style_element()
    running = running_cell(shell)
    if _bringer is not None and not running.is_rerun_of(_bringer):
        return ""
    _bringer = running
    return style_element()


def forget_stylesheet() -> None:
    """Let the next output bring the stylesheet again, for a page that lost it."""
    global _bringer  # noqa: PLW0603
    _bringer = None


class RunningCell(NamedTuple):
    """A cell, and the request to run it, of which there is another each time."""

    cell: object
    request: object

    def is_rerun_of(self, before: RunningCell) -> bool:
        """Tell whether the cell runs again that ran before, and lost its outputs."""
        return self.cell == before.cell and self.request != before.request


def running_cell(shell: Any) -> RunningCell:
    """Identify the cell that a shell runs.

    A front end that names no cell is taken at its text.
    """
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    request = parent.get("header", {}).get("msg_id", shell.execution_count)
    text = parent.get("content", {}).get("code", request)
    return RunningCell(parent.get("metadata", {}).get("cellId", text), request)


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
