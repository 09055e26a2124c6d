"""``kit.run``: run a task the way the cluster would, and see what came of it."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.interactive import in_notebook, in_terminal
from kit.runners.cancellation import Cancellation
from kit.runners.in_process import InProcessRunner
from kit.runners.log import Log
from kit.runners.log_line import LogLine
from kit.runners.named import make_runner
from kit.runners.outcome import Outcome
from kit.runners.request import Runner, RunRequest
from kit.running.arguments import (
    check_options,
    check_task,
    checked_timeout,
    merged_inputs,
)
from kit.running.literals import Task, input_bytes, with_outputs
from kit.running.run import Run
from kit.running.session import next_number, note
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

__all__ = ["launch", "make_request", "run"]

_OPTIONS = (
    *("runner", "timeout", "wait", "keep", "on_log", "directory"),
    *("environment", "settings"),
)


def run(  # noqa: PLR0913 - each is a way to run, and all but the task have defaults
    task: Task,
    /,
    *,
    runner: str | Runner = "subprocess",
    timeout: float | None = None,
    wait: bool | None = None,
    keep: bool = False,
    on_log: Callable[[LogLine], None] | None = None,
    directory: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    cancellation: Cancellation | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Run:
    """Run a task from its template's bytes, and return the run.

    A task that fails is a run that failed, no exception:
    :meth:`~kit.running.run.Run.raise_for_error` makes it one.

    Args:
        task: The task.
        runner: ``"subprocess"`` (a fresh process, by the container's own arguments),
            ``"in-process"``, ``"docker"`` (the task's own image), or a runner.
        timeout: Seconds until the run is stopped; the task's own timeout by default.
        wait: Whether to return when it has ended, or at once. By default at once in a
            notebook, unless it runs in this process, and at its end elsewhere.
        keep: Whether the files of the run stay also if it succeeds.
        on_log: Called with each line the task writes, while it runs.
        directory: Where the run's files go, and stay; a temporary folder by default.
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
    began = time.monotonic()
    place = make_runner(runner)
    check_task(task, "kit.run")
    named = check_options(task, named_inputs, "kit.run", _OPTIONS)
    values = merged_inputs(task, inputs or {}, named)
    request = RunRequest(
        template=template_bytes(task, settings),
        inputs=input_bytes(task, values),
        timeout=checked_timeout(timeout),
        on_log=on_log,
        directory=_checked_directory(directory),
        environment=dict(environment or {}),
        cancellation=cancellation or Cancellation(),
        log=Log(),
    )
    serialized = time.monotonic() - began

    def again(changed: Mapping[str, Any]) -> Run:
        return run(
            task,
            runner=runner,
            timeout=timeout,
            wait=wait,
            keep=keep,
            on_log=on_log,
            environment=environment,
            settings=settings,
            inputs={**values, **changed},
        )

    finish = functools.partial(_finished, task, request.inputs, serialized)
    return launch(request, place, finish=finish, wait=wait, keep=keep, again=again)


def launch(
    request: RunRequest,
    runner: Runner,
    *,
    finish: Callable[[Outcome], Outcome],
    wait: bool | None,
    keep: bool,
    again: Callable[[Mapping[str, Any]], Run] | None = None,
) -> Run:
    """Start a run and list it among those of the session; see :class:`Run`."""
    made = Run(
        request, runner, number=next_number(), finish=finish, keep=keep, again=again
    )
    note(made)
    if _waits(runner) if wait is None else wait:
        with _progress(made, request, runner):
            made.carry_out()
    else:
        made.carry_out_in_background()
    return made


def _progress(
    run: Run, request: RunRequest, runner: Runner
) -> contextlib.AbstractContextManager[None]:
    """Show it in a terminal, where nobody else shows its lines, nor wants to type."""
    typed_to = isinstance(runner, InProcessRunner) and not runner.captured
    if request.on_log is not None or typed_to or not in_terminal():
        return contextlib.nullcontext()
    if find_spec("rich") is None:
        return contextlib.nullcontext()
    # The faces stand above: they are found by name, as kit.shown finds them.
    shown: contextlib.AbstractContextManager[None]
    shown = import_module("kit.display.run_progress").run_progress(run)
    return shown


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


def _waits(runner: Runner) -> bool:
    return isinstance(runner, InProcessRunner) or not in_notebook()


def _finished(
    task: Task, inputs: bytes, serialized: float, outcome: Outcome
) -> Outcome:
    """Convert the outputs, and let the task remember what it did."""
    done = with_outputs(outcome, task).with_timings(serialize=serialized)
    if done.literals is not None:
        task.note_run(LiteralMap.FromString(inputs), done.literals)
    return done


def _checked_directory(directory: Any) -> Path | None:
    if directory is None:
        return None
    if not isinstance(directory, (str, os.PathLike)) or "\0" in str(directory):
        msg = f"directory must be the path of a folder, got {directory!r}."
        raise CallError(msg)
    return Path(directory)
