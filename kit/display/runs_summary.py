"""What is shown of the runs of a session."""

from __future__ import annotations

from kit.display.summary import Section, Summary, Table
from kit.running.run import Run
from kit.running.session import Runs

__all__ = ["summarize_runs"]

_COLUMNS = ("run", "task", "runner", "phase", "what came of it")


def summarize_runs(runs: Runs) -> Summary:
    """Summarize runs as they stand: a line each, the newest last."""
    table = Table(_COLUMNS, tuple(_row(run) for run in runs))
    sections = (Section("Runs", (table,) if runs else ()),)
    return Summary("runs", f"{len(runs)} of this session", sections)


def _row(run: Run) -> tuple[str, ...]:
    standing = run.standing
    came = ", ".join(standing.outputs)
    if standing.error is not None:
        came = str(standing.error).partition("\n")[0]
    return (str(run.number), run.task, run.runner, standing.phase.value, came)
