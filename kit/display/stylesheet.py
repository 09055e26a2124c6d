"""When a notebook's output brings the stylesheet: once, with the first of them.

The output that has it serves all others of the page.  A cell that is run again loses
its outputs, so the one that brought the stylesheet brings it again.
"""

from __future__ import annotations

import sys
from typing import Any

from kit.display.html import style_element

__all__ = ["forget_stylesheet", "style_if_new"]

_NOT_YET = object()
_bringer: Any = _NOT_YET


def style_if_new() -> str:
    """Return the stylesheet's element, or nothing if the page has it already.

    Outside IPython nothing is known of a page, and each output has its own.
    """
    global _bringer  # noqa: PLW0603 - one page for each process
    shell = _shell()
    if shell is None:
        return style_element()
    cell = _running_cell(shell)
    if _bringer is not _NOT_YET and cell != _bringer:
        return ""
    _bringer = cell
    return style_element()


def forget_stylesheet() -> None:
    """Let the next output bring the stylesheet again, for a page that lost it."""
    global _bringer  # noqa: PLW0603
    _bringer = _NOT_YET


def _shell() -> Any:
    """Return the running IPython, which must be loaded if there is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _running_cell(shell: Any) -> Any:
    """Identify the cell that runs: by its id, or else by the request to run it."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = parent.get("metadata", {}).get("cellId")
    return cell or parent.get("header", {}).get("msg_id") or shell.execution_count
