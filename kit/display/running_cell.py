"""Which cell of a notebook runs, and which request of a front end it answers."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["RunningCell", "running_cell"]


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
