"""The table of a comparison of runs: a column each, and what disagrees marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kit.display.summary import Table
from kit.errors import render_path
from kit.runners.outcome import Outcome
from kit.running.comparison.literal_text import literal_text
from kit.running.comparison.results import error_text
from kit.running.comparison.run_comparison import RunComparison

__all__ = ["side_by_side"]

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
