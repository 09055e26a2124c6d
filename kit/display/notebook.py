"""What a notebook shows at the end of a cell: the text and the HTML of a thing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

from google.protobuf.message import Message

from kit.display.html import fragment, style_element
from kit.display.summarizers import registered
from kit.display.summary import Summary
from kit.errors import DisplayError
from kit.notebook import interactive_shell


def mimebundle(thing: object) -> dict[str, Any]:
    """Return the text and the HTML of something that kit knows to summarize.

    Both are the same each time: they hold no times, no ids, and no width of a window.
    """
    summary = summarize(thing)
    return {
        "text/plain": _text(thing, summary),
        "text/html": style_if_new() + fragment(summary),
    }


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
    """Load the modules that summarize, as far as it takes to find a thing's."""
    yield
    from kit.display import of_template  # noqa: F401 - registers what it summarizes

    yield
    from kit.display import of_messages, of_runs  # noqa: F401

    yield
    from kit.display import (  # noqa: F401
        of_checks,
        of_comparisons,
        of_difference,
        of_reports,
    )

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


def unregister(shell: Any) -> None:
    """Let an IPython show Flyte's messages as it did before."""
    printers = shell.display_formatter.mimebundle_formatter.type_printers
    if printers.get(Message) is _bundle:
        del printers[Message]


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
