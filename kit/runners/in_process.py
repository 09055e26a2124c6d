"""Run a template in this process, through the same files as in a container.

Only what is in the template reaches the executor: the task goes through its file, the
inputs through theirs, and the verdict is read from what the run wrote.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass

from kit.errors import CallError
from kit.runners.attempt import Attempt, loader_call
from kit.runners.log import LogLine, capture_output
from kit.runners.outcome import Outcome
from kit.runners.process import Exit
from kit.runners.runner import RunRequest
from kit.shim.container import ContainerRun, ExecutionResult
from kit.shim.secrets import secret_variables
from kit.task.call import variables_set


@dataclass(frozen=True)
class InProcessRunner:
    """Runs tasks here: quickest, and open to a debugger.

    A call cannot be stopped from outside, so a timeout is refused and a cancellation
    only counts before the start; a KeyboardInterrupt goes through the executor.  The
    container's variables are set for as long as the run lasts, for the whole process.

    Attributes:
        captured: Whether what the task prints goes into the log, and not where it would
            go; a debugger needs the latter.
    """

    captured: bool = True

    @property
    def name(self) -> str:
        """``in-process``."""
        return "in-process"

    def run(self, request: RunRequest) -> Outcome:
        """Run one task to its end.

        Raises:
            CallError: The request has a timeout, or needs a process.
            TemplateError: The template or its command cannot be run.
            StorageError: The folder of the run cannot be written.
        """
        if request.timeout is not None:
            msg = (
                f"A run in this process cannot be stopped after {request.timeout:g} "
                "seconds: leave the timeout out, or take runner='subprocess'."
            )
            raise CallError(msg)
        if request.under:
            msg = "This needs a process of its own: take runner=kit.SubprocessRunner()."
            raise CallError(msg)
        with Attempt(request, self.name) as attempt:
            return _InProcessRun(attempt, self).run()


class _InProcessRun:
    """One run: the state between its steps."""

    def __init__(self, attempt: Attempt, runner: InProcessRunner) -> None:
        self._runner = runner
        self._attempt = attempt
        self._errors: list[BaseException] = []
        self._callback_error: Exception | None = None
        self._loader = loader_call(self._attempt.name, self._attempt.words)

    def run(self) -> Outcome:
        attempt = self._attempt
        started = time.monotonic()
        end = self._execute()
        if self._callback_error is not None:
            raise self._callback_error
        ended = time.monotonic()
        return attempt.outcome(
            attempt.judge(end),
            exception=next(iter(self._errors), None),
            timings=attempt.timings(started, ended),
        )

    def _execute(self) -> Exit:
        """Do what the entrypoint does in a container, and end as it would."""
        if self._attempt.request.cancellation.is_cancelled:
            return Exit(0, "cancelled", 0.0)
        self._attempt.note_start()
        started = time.monotonic()
        variables = {
            **self._attempt.environment,
            **secret_variables(self._attempt.template, os.environ),
        }
        with variables_set(variables), self._capture():
            written = self._container_run().execute()
        status = int(written is ExecutionResult.UNWRITTEN)
        return Exit(status, None, time.monotonic() - started)

    def _capture(self) -> contextlib.AbstractContextManager[None]:
        if self._runner.captured:
            return capture_output(self._on_line)
        return contextlib.nullcontext()

    def _container_run(self) -> ContainerRun:
        workspace = self._attempt.workspace
        return ContainerRun(
            inputs=str(workspace.inputs),
            output_prefix=str(workspace.outputs),
            loader_args=self._loader.arguments,
            environ=os.environ,
            resolver=self._loader.resolver,
            raw_output_prefix=str(workspace.raw),
            on_error=self._errors.append,
            report=str(workspace.report),
        )

    def _on_line(self, line: LogLine) -> None:
        """Pass a line on; what the callback raises is not the executor's error."""
        if self._callback_error is not None:
            self._attempt.log.append(line)
            return
        try:
            self._attempt.on_line(line)
        except Exception as error:  # noqa: BLE001 - raised again after the run
            self._callback_error = error
