"""What Flyte makes of a launch and of a run: its answer, and the execution's end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.interface import Interface, is_optional
from kit.definition.settings import SerializationSettings
from kit.errors import ConversionError
from kit.forecast.ending import EndForecast
from kit.forecast.launch import LaunchForecast, LaunchRefusal, forecast_launch
from kit.forecast.platform import UNKNOWN, Platform
from kit.runners.judge import refused
from kit.runners.outcome import Outcome, Phase
from kit.targets import Task
from kit.task.call import input_literals, name_arguments
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.types import default_engine


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


def launch_refusals(
    task: Task,
    inputs: Mapping[str, Any],
    platform: Platform = UNKNOWN,
    *,
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> dict[str, tuple[LaunchRefusal, ...]]:
    """Return why a launch of a task by itself would be refused, by input.

    Nothing runs, so a form can ask at each change of a field. Defaults of inputs that
    are left out are filled in, as whoever launches from Python does.

    Args:
        task: The task.
        inputs: Python values; all of them need not be given yet.
        platform: Where it would be launched; what is not known of it refuses nothing.
        settings: What the template is made with.

    Returns:
        The refusals of each input that has any, and under ``""`` those of the launch
        as a whole; empty if it is accepted. A value of which no literal can be made is
        never sent: its refusal has no code, and kit's own words.

    Raises:
        CallError: A name is no input.
        DefinitionError: The task's template cannot be made.

    Example:
        >>> from kit.decorator import container_task
        >>> @container_task(image="acme/a:1", name="flat")
        ... def flat(tt, d: dict[str, dict[str, int]]) -> int:
        ...     return len(d)
        >>> [refusal] = launch_refusals(flat, {"d": {"a": {"k": 1}, "b": {}}})["d"]
        >>> refusal.code, refusal.words[:26]
        ('INVALID_ARGUMENT', 'invalid d input wrong type')
    """
    interface = task.python_interface
    given = name_arguments(task.name, interface, (), inputs)
    literals, found = LiteralMap(), dict[str, tuple[LaunchRefusal, ...]]()
    for name, value in (_defaults(interface) | given).items():
        made = _literal_of(task, name, value)
        if isinstance(made, LaunchRefusal):
            found[name] = (made,)
        else:
            literals.MergeFrom(made)
    unsent = set(found)
    forecast = forecast_launch(task_template(task, settings), literals, platform)
    for refusal in forecast.refusals:
        if refusal.input not in unsent:
            found[refusal.input] = (*found.get(refusal.input, ()), refusal)
    return found


def _literal_of(task: Task, name: str, value: Any) -> LiteralMap | LaunchRefusal:
    """Return an input's literal, in a map, or why there is none."""
    interface = task.python_interface
    try:
        return input_literals(task.name, interface, {name: value}, default_engine)
    except ConversionError as error:
        return LaunchRefusal("", str(error), name, "Give another value.")


def _defaults(interface: Interface) -> dict[str, Any]:
    """Return what a caller in Python may leave out; ``None`` for what is optional."""
    return {
        name: default
        for name, (kind, default) in interface.inputs_with_defaults.items()
        if default is not None or is_optional(kind)
    }


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
        platform: Where it would be launched, if the outcome does not say it yet.
    """
    launch = outcome.launch_on_flyte
    if launch is None:
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
