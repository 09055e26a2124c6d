"""Run a template in a fresh process, by its own container's arguments.

Nothing of the author's process comes along but its environment variables and its
import path: what is not in the template is not there, as on the cluster.  An isolated
run has not even those.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from dataclasses import dataclass

from flyteidl.core.literals_pb2 import LiteralMap

from kit.runners.command import container_command, local_command, refuse_main
from kit.runners.environment import (
    engine_variables,
    inherited_environment,
    isolated_environment,
    new_execution_id,
    python_path,
)
from kit.runners.failure import Failure
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Phase, Run, Timings
from kit.runners.process import Process
from kit.runners.request import RunRequest
from kit.runners.secret_variables import secret_variables
from kit.runners.stoppable import GRACE_SECONDS, Exit
from kit.runners.verdict import Verdict, judge
from kit.runners.workspace import Workspace
from kit.template.parse import parse_template

__all__ = ["SubprocessRunner"]


@dataclass(frozen=True)
class SubprocessRunner:
    """Runs tasks with ``kit-execute`` (or ``pyflyte-execute``) of this interpreter.

    Attributes:
        grace: Seconds between SIGINT and SIGKILL when a run is stopped.
        isolated: Whether the process gets the container's variables only, and imports
            only what is installed.
    """

    grace: float = GRACE_SECONDS
    isolated: bool = False

    @property
    def name(self) -> str:
        """``subprocess``."""
        return "subprocess"

    def run(self, request: RunRequest) -> Run:
        """Run one task to its end, or to its timeout.

        A KeyboardInterrupt meanwhile stops the process and is raised again.

        Raises:
            TemplateError: The template or its command cannot be run.
            ExecutorError: The executor lives in this process only.
            StorageError: The folder of the run cannot be written.
        """
        return _SubprocessRun(request, self).run()


class _SubprocessRun:
    """One run: the state between its steps."""

    def __init__(self, request: RunRequest, runner: SubprocessRunner) -> None:
        self._request = request
        self._runner = runner
        self._started = time.monotonic()
        self._log = Log()
        self._template = parse_template(request.template, "the run's template")
        self._workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        inputs = LiteralMap.FromString(request.inputs)
        words = container_command(self._template, self._workspace, inputs)
        refuse_main(self._template.id.name, words)
        self._timeout = request.timeout_for(self._template)
        self._argv = self._local_argv(words)
        self._variables = self._make_variables()

    def run(self) -> Run:
        prepared = time.monotonic()
        try:
            process = self._start()
        except OSError as error:
            return self._run(_not_started(self._argv[0], error), Timings())
        end = self._wait(process)
        ended = time.monotonic()
        verdict = judge(
            self._workspace.outputs,
            end,
            declared=tuple(self._template.interface.outputs.variables),
            timeout=self._timeout,
        )
        timings = Timings(
            prepare=prepared - self._started,
            execute=ended - prepared,
            collect=time.monotonic() - ended,
        )
        run = self._run(verdict, timings)
        return dataclasses.replace(run, exit_status=end.status)

    def _local_argv(self, words: list[str]) -> list[str]:
        if not self._request.under:
            return local_command(words)
        return [sys.executable, *self._request.under, *words]

    def _make_variables(self) -> dict[str, str]:
        variables = engine_variables(self._template, execution_id=new_execution_id())
        if self._runner.isolated:
            return {**variables, **self._request.environment}
        own_path = variables.get("PYTHONPATH", "")
        paths = [path for path in (own_path, python_path()) if path]
        variables["PYTHONPATH"] = os.pathsep.join(paths)
        return {**variables, **self._request.environment}

    def _environment(self) -> dict[str, str]:
        """Return all variables; secrets are in no run's :attr:`Run.environment`."""
        return {
            **self._surroundings(),
            **secret_variables(self._template, os.environ),
            **self._variables,
        }

    def _surroundings(self) -> dict[str, str]:
        if not self._runner.isolated:
            return inherited_environment(os.environ)
        self._workspace.home.mkdir(exist_ok=True)
        return isolated_environment(os.environ, self._workspace.home)

    def _start(self) -> Process:
        return Process(
            self._argv,
            cwd=self._workspace.work,
            env=self._environment(),
            on_line=self._on_line,
        )

    def _wait(self, process: Process) -> Exit:
        grace = self._runner.grace
        with process:
            self._request.cancellation.on_cancel(
                lambda: process.stop("cancelled", grace=grace)
            )
            return process.wait(self._timeout, grace=grace)

    def _on_line(self, line: LogLine) -> None:
        self._log.append(line)
        if self._request.on_log is not None:
            self._request.on_log(line)

    def _run(self, verdict: Verdict, timings: Timings) -> Run:
        return Run(
            task=self._template.id.name,
            runner=self._runner.name,
            phase=verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            logs=self._log,
            argv=tuple(self._argv),
            environment=self._variables,
            timings=timings,
            directory=self._workspace.directory,
            deck=self._workspace.deck,
        )


def _not_started(program: str, error: OSError) -> Verdict:
    text = (
        f"{program!r} cannot be started: {error.strerror}. It is the command of the "
        "task's container, and must be on the PATH to run here"
    )
    return Verdict(Phase.FAILED, error=Failure("NotStarted", text, origin="SYSTEM"))
