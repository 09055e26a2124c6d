"""``kit.compare_runs``: run a task in several places, and say where they disagree."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import CallError, KitError
from kit.notebook import Shown
from kit.runners import local_runners, make_runner
from kit.runners.in_process import InProcessRunner
from kit.runners.process import Cancellation
from kit.runners.runner import Runner
from kit.running.compare_outcomes import result_disagreements, surrounding_differences
from kit.running.disagreement import Disagreement
from kit.running.run import Run
from kit.running.start import (
    check_options,
    checked_timeout,
    make_request,
    merged_inputs,
    run,
    task_named,
)
from kit.targets import Task
from kit.template.serialize import LOCAL_SETTINGS

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


_OPTIONS = ("runners", "timeout", "side_by_side", "environment", "settings")
_NAME = "kit.compare_runs"


def compare_runs(
    task: Task,
    /,
    *,
    runners: Sequence[str | Runner] = local_runners(),
    timeout: float | None = None,
    side_by_side: bool = False,
    environment: Mapping[str, str] | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> RunComparison:
    """Run a task with the same inputs in several places, and compare what it came to.

    A place that is not available (no engine, no such image, an executor that no other
    process can import) is no error: its column says why.

    Args:
        task: The task.
        runners: Names of runners, or runners; the others are compared with the first.
        timeout: Seconds until a run is stopped; not for runs in this process, which
            cannot be.
        side_by_side: Whether runs outside of this process go on at the same time, and
            not one after the other.
        environment: Variables that win over the task's.
        settings: What the template is made with.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing, unknown or given twice, no runner has that
            name, or there are fewer than two.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
        KeyboardInterrupt: From Ctrl-C, after the runs were stopped.
    """
    task = task_named(task, _NAME)
    named = check_options(task, named_inputs, _NAME, _OPTIONS)
    values = merged_inputs(task, inputs or {}, named)
    make_request(task, values, settings)  # what is wrong with it is wrong everywhere
    seconds = checked_timeout(timeout)
    switch = Cancellation()

    def start(place: Runner, *, wait: bool) -> Run:
        return run(
            task,
            runner=place,
            timeout=None if isinstance(place, InProcessRunner) else seconds,
            wait=wait,
            environment=environment,
            settings=settings,
            cancellation=switch,
            inputs=values,
        )

    attempts = [_Attempt(label, place) for label, place in _labelled(runners)]
    with _cancelled_on_error(switch):
        _carry_out(attempts, start, side_by_side=side_by_side)
    return _compared(task.name, tuple(attempt.column() for attempt in attempts))


@dataclass
class _Attempt:
    """A place, and what became of the attempt to run there."""

    label: str
    place: Runner
    run: Run | None = None
    unavailable: str = ""

    def start(self, start: Callable[..., Run], *, wait: bool) -> None:
        try:
            self.run = start(self.place, wait=wait)
        except KitError as error:
            self.unavailable = str(error)

    def wait(self) -> None:
        if self.run is None:
            return
        try:
            self.run.wait()
        except KitError as error:
            self.run, self.unavailable = None, str(error)

    def column(self) -> Column:
        return Column(self.label, self.run, self.unavailable)


def _labelled(runners: Sequence[str | Runner]) -> Iterator[tuple[str, Runner]]:
    """Name each place once."""
    if isinstance(runners, str) or len(runners) < 2:  # noqa: PLR2004 - to compare
        msg = f"runners must be a sequence of two runners or more, got {runners!r}."
        raise CallError(msg)
    seen: dict[str, int] = {}
    for runner in runners:
        place = make_runner(runner)
        seen[place.name] = seen.get(place.name, 0) + 1
        count = seen[place.name]
        yield (place.name if count == 1 else f"{place.name} {count}"), place


def _carry_out(
    attempts: Sequence[_Attempt], start: Callable[..., Run], *, side_by_side: bool
) -> None:
    """Run in all places; what runs in this process has it for itself."""
    for attempt in attempts:
        here = isinstance(attempt.place, InProcessRunner)
        if here or not side_by_side:
            attempt.start(start, wait=True)
    if side_by_side:
        others = [a for a in attempts if not isinstance(a.place, InProcessRunner)]
        for attempt in others:
            attempt.start(start, wait=False)
        for attempt in others:
            attempt.wait()


@contextlib.contextmanager
def _cancelled_on_error(switch: Cancellation) -> Iterator[None]:
    try:
        yield
    except BaseException:
        switch.cancel()
        raise


def _compared(task: str, columns: tuple[Column, ...]) -> RunComparison:
    outcomes = {column.label: column.run.outcome for column in columns if column.run}
    disagreements = tuple(result_disagreements(outcomes))
    around = surrounding_differences(outcomes, disagree=bool(disagreements))
    return RunComparison(task, columns, disagreements, tuple(around))


def compared_runs(runs: Sequence[Run]) -> RunComparison:
    """Compare runs that have ended, each under its runner and its number."""
    labels = (f"{run.runner} {run.number}" for run in runs)
    columns = tuple(map(Column, labels, runs))
    return _compared(runs[0].task, columns)


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
