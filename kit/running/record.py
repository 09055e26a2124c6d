"""A run that has ended, as evidence of its template."""

from __future__ import annotations

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import (
    EngineError,
    EngineNotFoundError,
    EngineTooOldError,
    ImageNotFoundError,
    KitError,
    MissingPackageError,
    StorageError,
)
from kit.evidence import Evidence, Rung, State, record
from kit.runners.outcome import Outcome, Phase
from kit.runners.runner import Runner, RunRequest
from kit.running.compare_literals import literal_text
from kit.running.on_flyte import forecast_run

_MOST_INPUTS = 20


def record_run(
    request: RunRequest, runner: Runner, outcome: Outcome, number: int
) -> None:
    """Record a run that has ended as evidence of its template.

    A run counts if its runner names the rung that it is evidence of: those of a fresh
    process and of a container do. One in this process proves nothing of another one; a
    run that was given variables which the template lacks proves nothing of the
    template, and neither does a cancelled one.

    Args:
        request: What was run.
        runner: Where.
        outcome: How it ended here.
        number: The number of the run in this session.
    """
    rung = getattr(runner, "rung", None)
    if not isinstance(rung, Rung) or outcome.phase is Phase.ABORTED:
        return
    if request.environment or isinstance(outcome.exception, StorageError):
        return
    inputs = LiteralMap.FromString(request.inputs)
    evidence = Evidence(
        rung,
        *_judged(request, inputs, outcome),
        inputs=inputs_in_short(inputs),
        run=number,
        seconds=outcome.timings.total,
    )
    record(request.template, evidence)


def _judged(
    request: RunRequest, inputs: LiteralMap, outcome: Outcome
) -> tuple[State, str, str]:
    """Return the state that a run is evidence of, in a few words and in full.

    A run that succeeds here counts as failed if Flyte refuses its launch or ends it
    otherwise.
    """
    if isinstance(outcome.exception, (EngineError, MissingPackageError)):
        return not_available(outcome.exception)
    if not outcome.succeeded:
        named = outcome.phase.value.lower().replace("_", " ")
        text = named if outcome.error is None else outcome.error.type
        return State.FAILED, text, str(outcome.error or named)
    template = TaskTemplate.FromString(request.template)
    on_flyte = forecast_run(template, inputs, outcome)
    if not on_flyte.launch.accepted:
        return State.FAILED, "Flyte refuses the launch", " ".join(on_flyte.lines)
    if on_flyte.end is not None and not on_flyte.end.succeeded:
        return State.FAILED, "fails on Flyte", " ".join(on_flyte.lines)
    return State.PASSED, "", " ".join(on_flyte.lines)


def not_available(error: KitError) -> tuple[State, str, str]:
    """Return what an engine that cannot be used here says of a rung."""
    text = next(
        (words for kind, words in _ABSENT.items() if isinstance(error, kind)),
        "the engine fails",
    )
    return State.NOT_AVAILABLE, text, str(error)


_ABSENT: dict[type[KitError], str] = {
    EngineNotFoundError: "no container engine answers",
    EngineTooOldError: "the container engine is too old",
    ImageNotFoundError: "the engine has no such image",
    MissingPackageError: "a package is not installed",
}


def inputs_in_short(inputs: LiteralMap) -> dict[str, str]:
    """Return what the inputs of a run are, by name, within bounds."""
    literals = inputs.literals
    names = sorted(literals)
    shown = {name: literal_text(literals[name]) for name in names[:_MOST_INPUTS]}
    if len(names) > _MOST_INPUTS:
        shown["…"] = f"{len(names) - _MOST_INPUTS:,} more"
    return shown
