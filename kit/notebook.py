"""What shows itself at the end of a notebook's cell.

The faces stand above everything that is shown, so they are found by name when they are
asked for: an object in a container never loads them.
"""

from __future__ import annotations

import sys
from collections.abc import Container
from importlib import import_module
from typing import Any

__all__ = ["Shown", "in_notebook", "in_terminal", "interactive_shell"]


def interactive_shell() -> Any:
    """Return the running IPython, which must be loaded if there is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this code."""
    return getattr(interactive_shell(), "kernel", None) is not None


def in_terminal() -> bool:
    """Tell whether someone sees what this process writes, as it writes it."""
    try:
        return not in_notebook() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


_FACES = "kit.display.notebook"
_LIVE = "kit.widgets.live"


class Shown:
    """Something with a text and an HTML face, which tell the same facts.

    Some have a live face too, in a notebook that has ipywidgets.
    """

    __slots__ = ()

    def _repr_mimebundle_(
        self,
        include: Container[str] | None = None,
        exclude: Container[str] | None = None,
    ) -> dict[str, Any]:
        """Return the faces by their media type, as IPython asks for them."""
        bundle: dict[str, Any] = import_module(_FACES).mimebundle(self)
        if in_notebook():
            bundle |= import_module(_LIVE).live_face(self)
        return {
            kind: face
            for kind, face in bundle.items()
            if (include is None or kind in include)
            and (exclude is None or kind not in exclude)
        }
