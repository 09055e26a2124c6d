"""What is shown of runs side by side, and of where they disagree."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kit.display.summarizers import summarizes
from kit.display.summary import (
    Finding,
    Item,
    Section,
    Severity,
    Summary,
    Table,
)
from kit.errors import render_path
from kit.runners.outcome import Outcome, Timings
from kit.running.compare import Column, Measured, RunComparison
from kit.running.compare_literals import literal_text
from kit.running.compare_outcomes import error_text
from kit.running.disagreement import Disagreement

_MOST_FINDINGS = 50


@summarizes(RunComparison)
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


@summarizes(Measured)
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


_MARK = "≠ "
_NOT_RUN, _NOT_TOLD, _EQUAL = "not run", "not told", "equal"
_MOST_ROWS = 100
Row = tuple[str, ...]


def side_by_side(comparison: RunComparison) -> Table:
    """Return phase, error, types, outputs, decks and versions of all runs."""
    rows = tuple(_Rows(comparison).all())
    hidden = len(rows) > _MOST_ROWS
    caption = f"the first {_MOST_ROWS} of {len(rows):,} facts" if hidden else ""
    labels = tuple(column.label for column in comparison.columns)
    return Table(("", *labels), rows[:_MOST_ROWS], caption)


class _Rows:
    """Makes the rows, each with a cell per place."""

    def __init__(self, comparison: RunComparison) -> None:
        self._comparison = comparison
        self._outcomes = {k: run.outcome for k, run in comparison.runs.items()}
        self._differing = {found.path for found in comparison.disagreements}

    def all(self) -> Iterator[Row]:
        outcomes = self._outcomes.values()
        yield self._row("phase", lambda one: one.phase.value)
        if any(one.error for one in outcomes):
            yield self._row("error", error_text)
            yield self._row("error code", _code)
        for name in _names(one.report.inputs for one in outcomes if one.report):
            path = render_path(("inputs", name))
            yield self._row(path, _type_cell("inputs", name))
        for name in _names(one.literals.literals for one in outcomes if one.literals):
            yield self._output(name)
            yield self._row("… returned as", _type_cell("outputs", name))
        if any(one.decks.names for one in outcomes):
            yield self._row("decks", lambda one: ", ".join(one.decks.names))
        yield self._row("python", lambda one: one.report.python if one.report else "")
        yield from self._packages()

    def _row(self, path: str, cell: Callable[[Outcome], str]) -> Row:
        return self._cells(
            path,
            {label: cell(one) for label, one in self._outcomes.items()},
            marked=path in self._differing,
        )

    def _cells(
        self, name: str, cells: Mapping[str, str], *, marked: bool = False
    ) -> Row:
        labels = (column.label for column in self._comparison.columns)
        title = f"{_MARK}{name}" if marked else name
        return (title, *(cells.get(label, _NOT_RUN) for label in labels))

    def _output(self, name: str) -> Row:
        """Show what the first run made, and where the others made something else."""
        path = render_path(("outputs", name))
        cells: dict[str, str] = {}
        base = ""
        for label, one in self._outcomes.items():
            if one.literals is None or name not in one.literals.literals:
                cells[label] = ""
            elif not base:
                base, cells[label] = label, literal_text(one.literals.literals[name])
            else:
                cells[label] = self._against(base, label, path)
        marked = any(_is_at_or_below(place, path) for place in self._differing)
        return self._cells(path, cells, marked=marked)

    def _against(self, base: str, label: str, path: str) -> str:
        """Say where an output differs from that of the first run."""
        found = [
            place
            for place in self._comparison.disagreements
            if _is_at_or_below(place.path, path)
            and place.values.get(base) != place.values.get(label)
        ]
        if not found:
            return _EQUAL
        first, more = found[0], len(found) - 1
        if first.path == path:
            return first.values[label]
        return f"differs at {first.path[len(path) :].lstrip('.')}" + (
            f" and {more} more" if more else ""
        )

    def _packages(self) -> Iterator[Row]:
        for found in self._comparison.surroundings:
            if found.about == "packages":
                yield self._cells(found.path.partition(".")[2], found.values)


def _is_at_or_below(place: str, path: str) -> bool:
    return place == path or place.startswith((f"{path}.", f"{path}["))


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def _code(outcome: Outcome) -> str:
    error = outcome.error
    if error is None:
        return ""
    return " ".join(filter(None, (error.origin, error.kind, error.code)))


def _type_cell(side: str, name: str) -> Callable[[Outcome], str]:
    def cell(outcome: Outcome) -> str:
        if outcome.report is None:
            return _NOT_TOLD
        report = outcome.report
        types = report.inputs if side == "inputs" else report.outputs
        return types.get(name, "")

    return cell
