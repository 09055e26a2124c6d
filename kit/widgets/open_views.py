"""The views that a notebook's cells show, closed when their cell runs again."""

from __future__ import annotations

from typing import Protocol

from kit.display.running_cell import RunningCell, running_cell
from kit.interactive import interactive_shell

__all__ = ["View", "keep_open"]


class View(Protocol):
    """Something that a cell shows."""

    def close(self) -> None:
        """Close every widget of it."""


_open: list[tuple[View, RunningCell]] = []


def keep_open(view: View) -> None:
    """Keep a view until its cell runs again, which loses its outputs."""
    shell = interactive_shell()
    if shell is None:
        return
    cell = running_cell(shell)
    for entry in list(_open):
        other, before = entry
        if cell.is_rerun_of(before):
            _open.remove(entry)
            other.close()
    _open.append((view, cell))
