"""What Flyte makes of a run: its answer to the launch, and the execution's end."""

from __future__ import annotations

from dataclasses import dataclass

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.forecast.ending import EndForecast
from kit.forecast.launch import LaunchForecast, forecast_launch
from kit.forecast.platform import UNKNOWN, Platform
from kit.runners.judge import refused
from kit.runners.outcome import Outcome, Phase


@dataclass(frozen=True)
class OnFlyte:
    """A forecast for a run that was made here, as Flyte 1.16 behaves.

    Attributes:
        launch: What CreateExecution answers to the run's inputs.
        end: How an execution ends whose container ends like the run; None if that is
            not known: the run was cancelled, or stopped at a timeout.
        agrees: Whether Flyte accepts the launch and ends it as the run ended here, in
            one pod and with the same error code.
    """

    launch: LaunchForecast
    end: EndForecast | None
    agrees: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """What to know before the task is launched; empty if there is nothing."""
        found = [refused(self.launch)] if not self.launch.accepted else []
        found += [note.text for note in self.launch.notes]
        if self.end is not None and not self.agrees and self.launch.accepted:
            found.append(_ended(self.end))
        return tuple(found)

    def to_json(self) -> dict[str, object]:
        """Return it as plain values: ``launch``, ``end`` (or None) and ``agrees``."""
        end = self.end
        return {
            "agrees": self.agrees,
            "launch": {
                "code": self.launch.code,
                "words": self.launch.words,
                "notes": [note.text for note in self.launch.notes],
            },
            "end": end
            and {
                "phase": end.phase,
                "code": end.code,
                "words": end.words,
                "pods": end.pods,
                "reason": end.reason,
            },
        }

    def __repr__(self) -> str:
        return f"OnFlyte({' '.join(self.lines) or 'as here'})"


def forecast_run(
    template: TaskTemplate,
    inputs: LiteralMap,
    outcome: Outcome,
    platform: Platform = UNKNOWN,
) -> OnFlyte:
    """Foretell what Flyte makes of a run that has ended.

    Args:
        template: The template as it is registered.
        inputs: The inputs of the run.
        outcome: How it ended here.
        platform: Where it would be launched.
    """
    launch = outcome.launch_on_flyte
    if launch is None or platform is not UNKNOWN:
        launch = forecast_launch(template, inputs, platform)
    end = outcome.end_on_flyte
    return OnFlyte(launch, end, launch.accepted and _agrees(outcome, end))


def _agrees(outcome: Outcome, end: EndForecast | None) -> bool:
    if end is None:
        return False
    here = "" if outcome.error is None else outcome.error.code
    same_phase = end.succeeded is (outcome.phase is Phase.SUCCEEDED)
    return same_phase and end.pods == 1 and end.code == here


def _ended(end: EndForecast) -> str:
    if end.succeeded:
        text = "SUCCEEDED"
    elif end.pods > 1:
        text = f"{end.pods} pods, then {end.code}"
    else:
        text = f"FAILED, {end.code}"
    return f"{text}. {end.reason}".rstrip()
