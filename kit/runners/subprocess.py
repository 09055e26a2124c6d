"""Run a template in a fresh process, by its own container's arguments.

Nothing of the author's process comes along but its environment variables and its
import path: what is not in the template is not there, as on the cluster.  An isolated
run has not even those.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import ClassVar

from kit.errors import StorageError
from kit.evidence import Rung
from kit.runners.attempt import Attempt, local_command, refuse_main
from kit.runners.environment import (
    inherited_environment,
    isolated_environment,
    python_path,
)
from kit.runners.judge import PhaseInfo
from kit.runners.outcome import Failure, Outcome, Phase
from kit.runners.process import GRACE_SECONDS, Exit, Process
from kit.runners.runner import RunRequest
from kit.shim.secrets import secret_variables


@dataclass(frozen=True)
class SubprocessRunner:
    """Runs tasks with ``kit-execute`` (or ``pyflyte-execute``) of this interpreter.

    Attributes:
        rung: What its runs are evidence of.
        grace: Seconds between SIGINT and SIGKILL when a run is stopped.
        isolated: Whether the process gets the container's variables only, and imports
            only what is installed.
    """

    rung: ClassVar[Rung] = Rung.RUN
    grace: float = GRACE_SECONDS
    isolated: bool = False

    @property
    def name(self) -> str:
        """``subprocess``."""
        return "subprocess"

    def run(self, request: RunRequest) -> Outcome:
        """Run one task to its end, or to its timeout.

        A KeyboardInterrupt meanwhile stops the process and is raised again.

        Raises:
            TemplateError: The template or its command cannot be run.
            ExecutorError: The executor lives in this process only.
            StorageError: The folder of the run cannot be written.
        """
        with Attempt(request, self.name) as attempt:
            return _SubprocessRun(attempt, self).run()


class _SubprocessRun:
    """One run: the state between its steps."""

    def __init__(self, attempt: Attempt, runner: SubprocessRunner) -> None:
        self._runner = runner
        self._attempt = attempt
        refuse_main(self._attempt.name, self._attempt.words)
        self._argv = self._local_argv()
        if not runner.isolated:
            self._add_python_path()

    def run(self) -> Outcome:
        with _temporary_folder() as folder:
            return self._run_with(folder)

    def _run_with(self, temporary: str) -> Outcome:
        attempt = self._attempt
        started = time.monotonic()
        try:
            process = self._start(temporary)
        except OSError as error:
            return attempt.outcome(_not_started(self._argv[0], error), argv=self._argv)
        with process:
            attempt.note_start(argv=self._argv)
            end = self._wait(process)
        ended = time.monotonic()
        return attempt.outcome(
            attempt.judge(end),
            argv=self._argv,
            exit_status=end.status,
            timings=attempt.timings(started, ended),
        )

    def _local_argv(self) -> tuple[str, ...]:
        words, under = self._attempt.words, self._attempt.request.under
        if not under:
            return tuple(local_command(words))
        return (sys.executable, *under, *words)

    def _add_python_path(self) -> None:
        """Let it import what is importable here, after what its own path names."""
        request, variables = self._attempt.request, self._attempt.environment
        if "PYTHONPATH" in request.environment:
            return
        paths = [variables.get("PYTHONPATH", ""), python_path()]
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, paths))

    def _environment(self, temporary: str) -> dict[str, str]:
        """Return all variables; secrets are in no :attr:`Outcome.environment`."""
        return {
            **self._surroundings(),
            "TMPDIR": temporary,
            **secret_variables(self._attempt.template, os.environ),
            **self._attempt.environment,
            **self._attempt.report_variables,
        }

    def _surroundings(self) -> dict[str, str]:
        if not self._runner.isolated:
            return inherited_environment(os.environ)
        home = self._attempt.workspace.home
        home.mkdir(exist_ok=True)
        return isolated_environment(os.environ, home)

    def _start(self, temporary: str) -> Process:
        return Process(
            self._argv,
            cwd=self._attempt.workspace.work,
            env=self._environment(temporary),
            on_line=self._attempt.on_line,
        )

    def _wait(self, process: Process) -> Exit:
        attempt, grace = self._attempt, self._runner.grace
        attempt.request.cancellation.on_cancel(
            lambda: process.stop("cancelled", grace=grace)
        )
        return process.wait(attempt.timeout, grace=grace)


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for temporary files, which goes with the run as a pod's does.

    Its path is short, since sockets are made in such folders.

    Raises:
        StorageError: It cannot be made.
    """
    try:
        return tempfile.TemporaryDirectory(
            prefix="kit-tmp-", ignore_cleanup_errors=True
        )
    except OSError as error:
        msg = f"No temporary folder can be made for the run: {error}."
        raise StorageError(msg) from error


def _not_started(program: str, error: OSError) -> PhaseInfo:
    text = (
        f"{program!r} cannot be started: {error.strerror}. It is the command of the "
        "task's container, and must be on the PATH to run here"
    )
    return PhaseInfo(Phase.FAILED, error=Failure("NotStarted", text, origin="SYSTEM"))
