"""Whether someone sits before this process, and in what: a notebook, or a terminal."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["in_notebook", "in_terminal", "interactive_shell"]


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
