"""When a notebook's output brings the stylesheet: once, with the first of them.

The output that has it serves all others of the page.  A cell that is run again loses
its outputs, so the one that brought the stylesheet brings it again.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from kit.display.html import style_element

__all__ = ["forget_stylesheet", "style_if_new"]


class _Request(NamedTuple):
    """A cell, and the request to run it, of which there is another each time."""

    cell: object
    request: object


_bringer: _Request | None = None


def style_if_new() -> str:
    """Return the stylesheet's element, or nothing if the page has it already.

    Outside IPython nothing is known of a page, and each output has its own.
    """
    global _bringer  # noqa: PLW0603 - one page for each process
    shell = _shell()
    if shell is None:
        return style_element()
    running = _running(shell)
    if _bringer is not None and not _is_rerun(running, _bringer):
        return ""
    _bringer = running
    return style_element()


def forget_stylesheet() -> None:
    """Let the next output bring the stylesheet again, for a page that lost it."""
    global _bringer  # noqa: PLW0603
    _bringer = None


def _is_rerun(running: _Request, before: _Request) -> bool:
    return running.cell == before.cell and running.request != before.request


def _shell() -> Any:
    """Return the running IPython, which must be loaded if there is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _running(shell: Any) -> _Request:
    """Identify the cell that runs; front ends that name no cell never run one again."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    request = parent.get("header", {}).get("msg_id", shell.execution_count)
    return _Request(parent.get("metadata", {}).get("cellId", request), request)
