"""A comparison of runs as JSON has it."""

from __future__ import annotations

import dataclasses
from typing import Any

from kit.running.comparison.disagreement import Disagreement
from kit.running.comparison.run_comparison import Column, RunComparison

__all__ = ["comparison_json"]


def comparison_json(comparison: RunComparison) -> dict[str, Any]:
    """Return all of a comparison, seconds and memory too."""
    return {
        "task": comparison.task,
        "agree": comparison.agree,
        "runs": {column.label: _column(column) for column in comparison.columns},
        "disagreements": list(map(_disagreement, comparison.disagreements)),
        "surroundings": list(map(_disagreement, comparison.surroundings)),
    }


def _column(column: Column) -> dict[str, Any]:
    if column.run is None:
        return {"unavailable": column.unavailable}
    outcome = column.run.outcome
    report = outcome.report
    return {
        "phase": outcome.phase.value,
        "error": outcome.error and dataclasses.asdict(outcome.error),
        "decks": list(outcome.decks.names),
        "seconds": dataclasses.asdict(outcome.timings),
        "peak_memory": report and report.peak_memory,
        "inputs": dict(report.inputs) if report else None,
        "outputs": dict(report.outputs) if report else None,
        "python": report and report.python,
        "packages": dict(report.packages) if report else None,
    }


def _disagreement(found: Disagreement) -> dict[str, Any]:
    return {**dataclasses.asdict(found), "values": dict(found.values)}
