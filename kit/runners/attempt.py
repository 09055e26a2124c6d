"""What every runner does around the one step that is its own."""

from __future__ import annotations

import time
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.runners.command import container_command
from kit.runners.environment import engine_variables, new_execution_id
from kit.runners.log import Log
from kit.runners.log_line import LogLine
from kit.runners.outcome import Outcome, Phase, Timings
from kit.runners.request import RunRequest
from kit.runners.stoppable import Exit
from kit.runners.verdict import Verdict, judge
from kit.runners.workspace import Workspace
from kit.template.parse import parse_template

__all__ = ["Attempt"]


class Attempt:
    """One try at a request: its files, its command, its log, and its end.

    Args:
        request: What to run.
        runner: Name of the runner.

    Raises:
        TemplateError: The template or its command cannot be run.
        StorageError: The folder of the run cannot be written.
    """

    def __init__(self, request: RunRequest, runner: str) -> None:
        self._began = time.monotonic()
        self._runner = runner
        self.request = request
        self.template = parse_template(request.template, "the run's template")
        self.workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        self.log = Log() if request.log is None else request.log
        self.log.write_to(self.workspace.log)
        self.inputs = LiteralMap.FromString(request.inputs)
        self.words = container_command(self.template, self.workspace, self.inputs)
        self.timeout = request.timeout_for(self.template)
        self.environment = {
            **engine_variables(self.template, execution_id=new_execution_id()),
            **request.environment,
        }

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.template.id.name

    def note_start(self, **facts: Any) -> None:
        """Tell that the task starts; ``facts`` are fields of the outcome so far."""
        if self.request.on_start is not None:
            self.request.on_start(self._standing(Phase.RUNNING, **facts))

    def on_line(self, line: LogLine) -> None:
        """Keep a line that the task wrote, and pass it on."""
        self.log.append(line)
        if self.request.on_log is not None:
            self.request.on_log(line)

    def judge(self, end: Exit) -> Verdict:
        """Judge by the files of the run and how its process ended."""
        return judge(
            self.workspace.outputs,
            end,
            declared=tuple(self.template.interface.outputs.variables),
            timeout=self.timeout,
        )

    def timings(self, started: float, ended: float) -> Timings:
        """Tell the parts that are seen from outside.

        Args:
            started: When the process was started, by ``time.monotonic``.
            ended: When it had ended.
        """
        return Timings(
            stage=started - self._began,
            execute=ended - started,
            collect=time.monotonic() - ended,
        )

    def outcome(self, verdict: Verdict, **facts: Any) -> Outcome:
        """Say how it ended; ``facts`` are further fields of the outcome."""
        self.log.close()
        return self._standing(
            verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            deck=self.workspace.deck,
            **facts,
        )

    def _standing(self, phase: Phase, **facts: Any) -> Outcome:
        return Outcome(
            task=self.name,
            runner=self._runner,
            phase=phase,
            logs=self.log,
            environment=self.environment,
            directory=self.workspace.directory,
            **facts,
        )
