"""Whether someone is there, and how an object shows itself at the end of a cell.

What is shown is below the modules that draw it, and does not know them: ``import kit``
registers functions that load them when something is shown.  An object in a container
never loads them.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
from collections.abc import Callable, Container
from contextlib import AbstractContextManager
from typing import Any, NamedTuple


def interactive_shell() -> Any:
    """Return the running IPython, which must be loaded if there is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this code."""
    return getattr(interactive_shell(), "kernel", None) is not None


_COUNTED = re.compile(r"_\d+_\d+\Z")
"""How an identifier ends that a client written in Python gives to its requests."""


def has_live_page() -> bool:
    """Return whether a page that draws widgets shows what the running cell shows.

    A program that runs a notebook (nbclient, and with it papermill and nbconvert) asks
    a kernel as a page does, but draws nothing: what it stores is looked at later, and
    without a kernel a widget is blank. Such clients number their requests and name no
    cell. Voilà runs cells like that and draws widgets; if another program does,
    ``KIT_WIDGETS=1`` says so.
    """
    if not in_notebook():
        return False
    told = os.environ.get("KIT_WIDGETS", "")
    if told:
        return told != "0"
    if any(name.startswith("VOILA_") for name in os.environ):
        return True
    shell = interactive_shell()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if parent.get("metadata", {}).get("cellId"):
        return True
    request = str(parent.get("header", {}).get("msg_id", ""))
    return _COUNTED.search(request) is None


def in_terminal() -> bool:
    """Tell whether someone sees what this process writes, as it writes it."""
    try:
        return not in_notebook() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
"""The media type of widgets."""
Bundle = dict[str, Any]
"""Forms of one thing by their media types."""


class Faces(NamedTuple):
    """The functions that draw things; the modules that do are loaded by a call.

    Attributes:
        static: Returns the text and the HTML of a thing.
        live: Returns its widget, or else in HTML why there is none; nothing for what
            has no live face.
        saved: Returns the static face that is stored before a live one.
        progress: Shows a run in a terminal as long as its context is open.
        error: Returns what a notebook shows of an error.
    """

    static: Callable[[object], Bundle]
    live: Callable[[object], Bundle]
    saved: Callable[[object], Bundle]
    progress: Callable[[Any], AbstractContextManager[None]]
    error: Callable[[BaseException], list[str]]


_faces: Faces


def use_faces(faces: Faces) -> None:
    """Set the functions that draw; ``import kit`` does."""
    global _faces  # noqa: PLW0603 - one set of faces for each process
    _faces = faces


def run_progress(run: Any) -> AbstractContextManager[None]:
    """Show a run in a terminal, or a climb, as long as the context is open."""
    return _faces.progress(run)


def render_error(error: BaseException) -> list[str]:
    """Return what a notebook shows of an error: its sentence and the reader's lines."""
    return _faces.error(error)


def show_own_frames(error: BaseException) -> None:
    """Let a notebook show an error of a user's code without kit's frames."""
    if interactive_shell() is not None:
        with contextlib.suppress(AttributeError, TypeError):  # it takes no attributes
            error._render_traceback_ = functools.partial(render_error, error)  # type: ignore[attr-defined]


class Shown:
    """Something with a text and an HTML face, which tell the same facts.

    Some have a live face too, in a notebook that has ipywidgets.
    """

    __slots__ = ()

    def _ipython_display_(self) -> None:
        """Show the static face, and after it the live one, which takes its place.

        They are two outputs: a page that opens the notebook without its kernel shows of
        one output with both that the widget is not there, and nothing else.

        Raises:
            NotImplementedError: There is no live face; IPython asks for the others.
        """
        live = _faces.live(self) if has_live_page() else {}
        if WIDGET_VIEW not in live:
            raise NotImplementedError
        publish = interactive_shell().display_pub.publish
        publish(_faces.saved(self))
        publish(live)

    def _repr_mimebundle_(
        self,
        include: Container[str] | None = None,
        exclude: Container[str] | None = None,
    ) -> dict[str, Any]:
        """Return the faces by their media type, as IPython asks for them."""
        bundle = _faces.static(self)
        if has_live_page():
            live = _faces.live(self)
            note = live.pop("text/html", "")
            bundle = bundle | live
            bundle["text/html"] += note
        return {
            kind: face
            for kind, face in bundle.items()
            if (include is None or kind in include)
            and (exclude is None or kind not in exclude)
        }
