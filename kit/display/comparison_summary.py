"""What is shown of the same task in several places."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from kit.display.comparison_table import side_by_side
from kit.display.summary import Finding, Item, Section, Severity, Summary, Table
from kit.runners.outcome import Timings
from kit.running.comparison.disagreement import Disagreement
from kit.running.comparison.run_comparison import Column, Measured, RunComparison

__all__ = ["summarize_comparison", "summarize_measured"]

_MOST_FINDINGS = 50


def summarize_comparison(comparison: RunComparison) -> Summary:
    """Summarize a comparison: where results disagree, all facts, and what may be why.

    No seconds and no memory, which differ from run to run.
    """
    around: Severity = "warning" if comparison.disagreements else "note"
    sections = (
        Section("Not available", tuple(_unavailable(comparison))),
        Section("Disagreements", tuple(_findings(comparison.disagreements, "error"))),
        Section("Side by side", (side_by_side(comparison),)),
        Section("Around the runs", tuple(_findings(comparison.surroundings, around))),
    )
    return Summary("comparison", comparison.task, sections, status=_status(comparison))


def summarize_measured(measured: Measured) -> Summary:
    """Summarize what the runs took."""
    columns = tuple(column for column in measured.comparison.columns if column.run)
    rows = tuple(_time_rows(columns))
    memory = ("peak memory", *map(_megabytes, measured.peak_memory.values()))
    labels = tuple(column.label for column in columns)
    items: list[Item] = [Table(("", *labels), (*rows, memory))]
    if "in-process" in labels:
        items.append(
            Finding(
                "note",
                "In-process, the peak is that of this process, with all that was done "
                "in it before.",
            )
        )
    sections = (Section("Measured", tuple(items)),)
    return Summary("measured", measured.comparison.task, sections)


def _status(comparison: RunComparison) -> str:
    count = len(comparison.disagreements)
    if count:
        return f"{count} disagreement{'s' if count > 1 else ''}"
    return "agree" if comparison.agree else "nothing to compare"


def _unavailable(comparison: RunComparison) -> Iterator[Item]:
    for label, reason in comparison.unavailable.items():
        yield Finding("warning", f"{label}: {reason}")


def _findings(found: Sequence[Disagreement], severity: Severity) -> Iterator[Item]:
    for one in found[:_MOST_FINDINGS]:
        yield Finding(severity, one.message, one.advice)
    if len(found) > _MOST_FINDINGS:
        yield Finding(severity, f"{len(found) - _MOST_FINDINGS:,} more are not shown.")


def _time_rows(columns: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    """Yield the seconds of each part that any of the runs tells."""
    timings = [column.run.timings for column in columns if column.run]
    for field in dataclasses.fields(Timings):
        seconds = [getattr(one, field.name) for one in timings]
        if any(part is not None for part in seconds):
            yield (field.name, *map(_seconds, seconds))
    yield ("total", *(_seconds(one.total) for one in timings))


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f} s"


def _megabytes(size: int | None) -> str:
    return "not told" if size is None else f"{size / 2**20:,.0f} MiB"
