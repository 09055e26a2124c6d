"""Run a template in this process, through the same files as in a container.

Only what is in the template reaches the executor: the task goes through its file, the
inputs through theirs, and the verdict is read from what the run wrote.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import CallError
from kit.runners.capture import capture_output
from kit.runners.command import container_command, loader_call
from kit.runners.environment import engine_variables, new_execution_id
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Run, Timings
from kit.runners.request import RunRequest
from kit.runners.stoppable import Exit
from kit.runners.verdict import judge
from kit.runners.workspace import Workspace
from kit.shim.container_run import ContainerRun, Verdict
from kit.template.parse import parse_template

__all__ = ["InProcessRunner"]


@dataclass(frozen=True)
class InProcessRunner:
    """Runs tasks here: quickest, and open to a debugger.

    A call cannot be stopped from outside, so a timeout is refused and a cancellation
    only counts before the start; a KeyboardInterrupt goes through the executor.  The
    container's variables are set for as long as the run lasts, for the whole process.
    """

    @property
    def name(self) -> str:
        """``in-process``."""
        return "in-process"

    def run(self, request: RunRequest) -> Run:
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
        return _InProcessRun(request, self).run()


class _InProcessRun:
    """One run: the state between its steps."""

    def __init__(self, request: RunRequest, runner: InProcessRunner) -> None:
        self._request = request
        self._runner = runner
        self._log = Log()
        self._errors: list[BaseException] = []
        self._callback_error: Exception | None = None
        self._started = time.monotonic()
        self._template = parse_template(request.template, "the run's template")
        self._workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        inputs = LiteralMap.FromString(request.inputs)
        words = container_command(self._template, self._workspace, inputs)
        self._loader = loader_call(self._template.id.name, words)
        variables = engine_variables(self._template, execution_id=new_execution_id())
        self._variables = {**variables, **request.environment}

    def run(self) -> Run:
        prepared = time.monotonic()
        end = self._execute()
        if self._callback_error is not None:
            raise self._callback_error
        ended = time.monotonic()
        names = tuple(self._template.interface.outputs.variables)
        verdict = judge(self._workspace.outputs, end, declared=names)
        return Run(
            task=self._template.id.name,
            runner=self._runner.name,
            phase=verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            exception=next(iter(self._errors), None),
            logs=self._log,
            environment=self._variables,
            timings=Timings(
                prepare=prepared - self._started,
                execute=ended - prepared,
                collect=time.monotonic() - ended,
            ),
            directory=self._workspace.directory,
            deck=self._workspace.deck,
        )

    def _execute(self) -> Exit:
        """Do what the entrypoint does in a container, and end as it would."""
        if self._request.cancellation.is_cancelled:
            return Exit(0, "cancelled", 0.0)
        started = time.monotonic()
        with _variables_set(self._variables), capture_output(self._on_line):
            written = self._container_run().execute()
        status = int(written is Verdict.UNWRITTEN)
        return Exit(status, None, time.monotonic() - started)

    def _container_run(self) -> ContainerRun:
        return ContainerRun(
            inputs=str(self._workspace.inputs),
            output_prefix=str(self._workspace.outputs),
            loader_args=self._loader.arguments,
            environ=os.environ,
            resolver=self._loader.resolver,
            raw_output_prefix=str(self._workspace.raw),
            on_error=self._errors.append,
        )

    def _on_line(self, line: LogLine) -> None:
        """Pass a line on; what the callback raises is not the executor's error."""
        self._log.append(line)
        if self._request.on_log is None or self._callback_error is not None:
            return
        try:
            self._request.on_log(line)
        except Exception as error:  # noqa: BLE001 - raised again after the run
            self._callback_error = error


@contextlib.contextmanager
def _variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and put back what they were."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
