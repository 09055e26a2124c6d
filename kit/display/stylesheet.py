"""When a notebook's output brings the stylesheet: once, with the first of them.

The output that has it serves all others of the page.  A cell that is run again loses
its outputs, so the one that brought the stylesheet brings it again.
"""

from __future__ import annotations

from kit.display.html import style_element
from kit.display.running_cell import RunningCell, running_cell
from kit.interactive import interactive_shell

__all__ = ["forget_stylesheet", "style_if_new"]


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
