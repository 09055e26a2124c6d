"""``kit.run``: run a task the way the cluster would, and see what came of it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ConversionError, OutputError, nearest
from kit.runners.arguments import (
    check_options,
    check_task,
    checked_timeout,
    merged_inputs,
)
from kit.runners.cancellation import Cancellation
from kit.runners.failure import Failure
from kit.runners.in_process import InProcessRunner
from kit.runners.log import LogLine
from kit.runners.outcome import Phase, Run
from kit.runners.request import Runner, RunRequest
from kit.runners.subprocess import SubprocessRunner
from kit.task.call import complete_inputs, input_literals, name_arguments
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes
from kit.types import default_engine

__all__ = [
    "RUNNERS",
    "input_bytes",
    "make_request",
    "make_runner",
    "run",
    "with_outputs",
]

Task = PythonCustomizedContainerTask[Any]


def _docker_runner() -> Runner:
    from kit.runners.docker import DockerRunner  # only those who name it load it

    return DockerRunner()


RUNNERS: dict[str, Callable[[], Runner]] = {
    "subprocess": SubprocessRunner,
    "in-process": InProcessRunner,
    "docker": _docker_runner,
}
"""The runners that have a name."""

_OPTIONS = ("runner", "timeout", "on_log", "directory", "environment", "settings")


def run(  # noqa: PLR0913 - each is a way to run, and all but the task have defaults
    task: Task,
    /,
    *,
    runner: str | Runner = "subprocess",
    timeout: float | None = None,
    on_log: Callable[[LogLine], None] | None = None,
    directory: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    cancellation: Cancellation | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Run:
    """Run a task from its template's bytes, and return how it ended.

    A task that fails is a run that failed, no exception:
    :meth:`~kit.runners.outcome.Run.raise_for_error` makes it one.

    Args:
        task: The task.
        runner: ``"subprocess"`` (a fresh process, by the container's own arguments),
            ``"in-process"``, ``"docker"`` (the task's own image), or a runner.
        timeout: Seconds until the run is stopped; the task's own timeout by default.
        on_log: Called with each line the task writes, while it runs.
        directory: Where the run's files go; a new temporary folder by default.
        environment: Variables that win over the task's.
        settings: What the template is made with.
        cancellation: Stops the run from another thread.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing, unknown or given twice, or no runner has that
            name.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
        EngineError: No container engine answers, it lacks the image, or it fails.
        StorageError: The folder of the run cannot be written.
        KeyboardInterrupt: From Ctrl-C, after the run was stopped.
    """
    place = make_runner(runner)
    check_task(task, "kit.run")
    named = check_options(task, named_inputs, "kit.run", _OPTIONS)
    values = merged_inputs(task, inputs or {}, named)
    request = dataclasses.replace(
        make_request(task, values, settings),
        timeout=checked_timeout(timeout),
        on_log=on_log,
        directory=_checked_directory(directory),
        environment=dict(environment or {}),
        cancellation=cancellation or Cancellation(),
    )
    done = with_outputs(place.run(request), task)
    if done.literals is not None:
        task.note_run(LiteralMap.FromString(request.inputs), done.literals)
    return done


def make_runner(runner: str | Runner) -> Runner:
    """Return the runner of that name, or the runner itself.

    Raises:
        CallError: No runner has that name, or it is none.
    """
    if not isinstance(runner, str):
        if isinstance(runner, type) or not callable(getattr(runner, "run", None)):
            names = ", ".join(map(repr, RUNNERS))
            msg = f"A runner is one of {names} or has a method run, got {runner!r}."
            raise CallError(msg)
        return runner
    if runner not in RUNNERS:
        msg = f"There is no runner {runner!r}: take {' or '.join(map(repr, RUNNERS))}."
        raise CallError(msg + nearest(runner, RUNNERS))
    return RUNNERS[runner]()


def make_request(
    task: Task,
    inputs: Mapping[str, Any],
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> RunRequest:
    """Put a task and its inputs on the wire's terms.

    Raises:
        CallError: An input is missing or unknown.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
    """
    data = input_bytes(task, inputs)
    return RunRequest(template=template_bytes(task, settings), inputs=data)


def input_bytes(task: Task, inputs: Mapping[str, Any]) -> bytes:
    """Return the inputs and the defaults of the others, as a serialized LiteralMap.

    Raises:
        CallError: An input is missing or unknown.
        ConversionError: An input does not fit its declared type.
    """
    name, interface = task.name, task.python_interface
    given = name_arguments(name, interface, (), inputs)
    complete = complete_inputs(name, interface, given)
    literals = input_literals(name, interface, complete, default_engine)
    return literals.SerializeToString(deterministic=True)


def _checked_directory(directory: Any) -> Path | None:
    if directory is None:
        return None
    if not isinstance(directory, (str, os.PathLike)) or "\0" in str(directory):
        msg = f"directory must be the path of a folder, got {directory!r}."
        raise CallError(msg)
    return Path(directory)


def with_outputs(run: Run, task: Task) -> Run:
    """Convert the outputs with the declared types; what does not fit is a failure."""
    if run.literals is None:
        return run
    try:
        outputs = _outputs(task, run.literals)
    except (ConversionError, OutputError) as error:
        failure = Failure(type(error).__name__, str(error), origin="USER")
        return dataclasses.replace(
            run, phase=Phase.FAILED, literals=None, error=failure, exception=error
        )
    return dataclasses.replace(run, outputs=outputs)


def _outputs(task: Task, literals: LiteralMap) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, python_type in task.python_interface.outputs.items():
        if name not in literals.literals:
            msg = f"The run made no output {name!r}."
            raise OutputError(msg + nearest(name, literals.literals), path=["outputs"])
        try:
            decode = default_engine.decoder(python_type)
            outputs[name] = decode(literals.literals[name])
        except ConversionError as error:
            raise error.below("outputs", name) from error
    return outputs
