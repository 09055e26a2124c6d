"""``kit.compare_runs``: run a task in several places, and say where they disagree."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import CallError, KitError
from kit.runners.cancellation import Cancellation
from kit.runners.in_process import InProcessRunner
from kit.runners.named import make_runner
from kit.runners.request import Runner
from kit.running.arguments import (
    check_options,
    check_task,
    checked_timeout,
    merged_inputs,
)
from kit.running.comparison.results import result_disagreements
from kit.running.comparison.run_comparison import Column, RunComparison
from kit.running.comparison.surroundings import surrounding_differences
from kit.running.literals import Task
from kit.running.run import Run
from kit.running.start import make_request, run
from kit.template.serialize import LOCAL_SETTINGS

__all__ = ["compare_runs"]

RUNNERS = ("in-process", "subprocess", "docker")
_OPTIONS = ("runners", "timeout", "side_by_side", "environment", "settings")
_NAME = "kit.compare_runs"


def compare_runs(
    task: Task,
    /,
    *,
    runners: Sequence[str | Runner] = RUNNERS,
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
    check_task(task, _NAME)
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
