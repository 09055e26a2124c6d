"""The same task in several places, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.running.comparison.disagreement import Disagreement
from kit.running.run import Run
from kit.shown import Shown

__all__ = ["Column", "Measured", "RunComparison"]

_ENOUGH = 2
"""Runs that it takes to compare."""


@dataclass(frozen=True)
class Column:
    """A place where the task was to run.

    Attributes:
        label: Name of the runner; with a number if it has been there before.
        run: The run; None if the place was not available.
        unavailable: Why it was not.
    """

    label: str
    run: Run | None = None
    unavailable: str = ""


@dataclass(frozen=True, repr=False)
class RunComparison(Shown):
    """What a task came to in several places; true if they agree.

    Attributes:
        task: Name of the task.
        columns: A place each, in the order asked for.
        disagreements: Where results disagree: phase, error, outputs, types of inputs,
            decks.  What matters most is first.
        surroundings: What differs around the runs and may be why: versions, variables
            that the executor's code names, and, where results disagree, folder and
            user.
    """

    task: str
    columns: tuple[Column, ...]
    disagreements: tuple[Disagreement, ...]
    surroundings: tuple[Disagreement, ...]

    @property
    def runs(self) -> Mapping[str, Run]:
        """The runs that took place, by label."""
        return {column.label: column.run for column in self.columns if column.run}

    @property
    def unavailable(self) -> Mapping[str, str]:
        """Why places were not available, by label."""
        return {c.label: c.unavailable for c in self.columns if c.run is None}

    @property
    def agree(self) -> bool:
        """Whether at least two runs took place, and their results are the same."""
        return len(self.runs) >= _ENOUGH and not self.disagreements

    @property
    def measured(self) -> Measured:
        """Seconds and memory, which differ from run to run."""
        return Measured(self)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as what ``json.dumps`` writes."""
        from kit.running.comparison.as_json import comparison_json

        return comparison_json(self)

    def __bool__(self) -> bool:
        return self.agree

    def __repr__(self) -> str:
        return f"RunComparison({self.task!r}: {'; '.join(self._words())})"

    def _words(self) -> Iterator[str]:
        labels = ", ".join(self.runs)
        count = len(self.disagreements)
        if count:
            yield f"{labels}: {count} disagreement{'s' if count > 1 else ''}"
        elif self.agree:
            yield f"{labels} agree"
        else:
            yield "nothing to compare"
        if self.unavailable:
            yield f"not available: {', '.join(self.unavailable)}"


class Measured(Shown):
    """What the runs of a comparison took.

    Args:
        comparison: The comparison.
    """

    def __init__(self, comparison: RunComparison) -> None:
        self.comparison = comparison

    @property
    def seconds(self) -> Mapping[str, float]:
        """Of each run in all, by label."""
        return {k: run.timings.total for k, run in self.comparison.runs.items()}

    @property
    def peak_memory(self) -> Mapping[str, int | None]:
        """The most memory that each process held, in bytes; None where not told.

        In-process it is that of this process, with all that was done in it before.
        """
        runs = self.comparison.runs
        return {k: r.report.peak_memory if r.report else None for k, r in runs.items()}

    def __repr__(self) -> str:
        return f"Measured({', '.join(self.comparison.runs)})"
