"""What every runner does around the one step that is its own."""

from __future__ import annotations

import contextlib
import functools
import time
from types import TracebackType
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import KitError, StorageError
from kit.runners.command import container_command
from kit.runners.environment import engine_variables, new_execution_id
from kit.runners.log import Log
from kit.runners.log_line import LogLine
from kit.runners.outcome import Outcome, Phase, Timings
from kit.runners.request import RunRequest
from kit.runners.stoppable import Exit
from kit.runners.verdict import Verdict, judge
from kit.runners.workspace import Workspace
from kit.shim.recorder import REPORT_VARIABLE
from kit.shim.run_report import STEPS, RunReport, read_report
from kit.template.parse import parse_template

__all__ = ["Attempt"]

_ENTRYPOINTS = ("kit-execute", "kit.entrypoint")


class Attempt:
    """One try at a request: its files, its command, its log, and its end.

    At the end of the ``with`` block its log is finished; the folder that was made for
    what never started is gone then.

    Args:
        request: What to run.
        runner: Name of the runner.

    Raises:
        TemplateError: The template or its command cannot be run.
        StorageError: The folder of the run cannot be written.
    """

    def __init__(self, request: RunRequest, runner: str) -> None:
        self._began = time.monotonic()
        self._clock = time.time() - self._began
        self._runner = runner
        self.request = request
        self.template = parse_template(request.template, "the run's template")
        self.workspace = Workspace.create(
            request.directory, template=request.template, inputs=request.inputs
        )
        self.log = Log() if request.log is None else request.log
        self.log.write_to(self.workspace.log)
        self.inputs = LiteralMap.FromString(request.inputs)
        self._has_started = False
        self.words = self._rendered()
        self.timeout = request.timeout_for(self.template)
        self.environment = {
            **engine_variables(self.template, execution_id=new_execution_id()),
            **request.environment,
        }

    def __enter__(self) -> Attempt:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the log; if something was raised, that says more than its error."""
        errors = () if exception_type is None else (StorageError,)
        with contextlib.suppress(*errors):
            self.log.close()
        if exception_type is not None and not self._has_started:
            self.workspace.discard()

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.template.id.name

    def note_start(self, **facts: Any) -> None:
        """Tell that the task starts; ``facts`` are fields of the outcome so far."""
        self._has_started = True
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

    @property
    def report_variables(self) -> dict[str, str]:
        """The variable that asks kit's entrypoint for a report; in no shown command."""
        if any(name in word for word in self.words for name in _ENTRYPOINTS):
            return {REPORT_VARIABLE: str(self.workspace.report)}
        return {}

    @functools.cached_property
    def report(self) -> RunReport | None:
        """What the run, which has ended, told of itself from inside."""
        return read_report(self.workspace.report)

    def timings(self, started: float, ended: float) -> Timings:
        """Tell the parts that are seen from outside, and those that the run reports.

        Args:
            started: When the process was started, by ``time.monotonic``.
            ended: When it had ended.
        """
        stage, whole = started - self._began, ended - started
        steps = {} if self.report is None else self._steps(self.report, started, whole)
        if not steps:
            now = time.monotonic()
            return Timings(stage=stage, execute=whole, collect=now - ended)
        collect = time.monotonic() - started - sum(steps.values())
        return Timings(stage=stage, collect=collect, **steps)

    def _steps(
        self, report: RunReport, started: float, whole: float
    ) -> dict[str, float]:
        """Return the seconds of a report, unless they cannot be true."""
        steps = {name: report.seconds[name] for name in STEPS if name in report.seconds}
        inside = sum(steps.values())
        start = report.began - self._clock - started
        if 0 <= start <= whole:  # else another machine's clock
            steps["start"] = start
        return steps if inside <= whole else {}

    def outcome(self, verdict: Verdict, **facts: Any) -> Outcome:
        """Say how it ended; ``facts`` are further fields of the outcome."""
        self.log.close()
        return self._standing(
            verdict.phase,
            literals=verdict.literals,
            error=verdict.error,
            report=self.report,
            deck=self.workspace.deck,
            **facts,
        )

    def _rendered(self) -> list[str]:
        try:
            return container_command(self.template, self.workspace, self.inputs)
        except KitError:
            self.workspace.discard()
            raise

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
