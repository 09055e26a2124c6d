"""One attempt at a run: what every runner does around the step that is its own."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import ExecutorError, KitError, StorageError, TemplateError
from kit.runners.environment import engine_variables, new_execution_id
from kit.runners.judge import PhaseInfo, forecast_of, judge, refused, with_pods
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Outcome, Phase, Timings
from kit.runners.process import Exit
from kit.runners.runner import RunRequest
from kit.runners.workspace import Workspace
from kit.shim.local_files import Move, staged_inputs, with_moved_files
from kit.shim.report import STEPS, RunReport, read_report
from kit.shim.telemetry import REPORT_VARIABLE
from kit.template.macros import render_args
from kit.template.view import parse_template

if TYPE_CHECKING:
    from kit.forecast.launch import LaunchForecast

_log = logging.getLogger("kit")
_KIT_ENTRYPOINTS = ("kit-execute", "kit.entrypoint")


class Attempt:
    """One try at a request: its files, its command, its log, and its end.

    At the end of the ``with`` block its log is finished; the folder that was made for
    what never started is gone then.

    Args:
        request: What to run.
        runner: Name of the runner.
        copies_inputs: Whether the local files of its inputs are copied into its folder
            where its runtime would open them in place; a container has copies anyway.

    Raises:
        TemplateError: The template or its command cannot be run.
        StorageError: The folder of the run cannot be written.
    """

    def __init__(
        self, request: RunRequest, runner: str, *, copies_inputs: bool = True
    ) -> None:
        self._began = time.monotonic()
        self._clock = time.time() - self._began
        self._runner = runner
        self.request = request
        self._registered = parse_template(request.template, "the run's template")
        self.template = TaskTemplate.FromString(request.arriving_template)
        self.workspace = Workspace.create(
            request.directory,
            template=request.arriving_template,
            inputs=request.inputs,
        )
        self.log = Log() if request.log is None else request.log
        self.log.write_to(self.workspace.log)
        self.inputs = LiteralMap.FromString(request.inputs)
        self._own_names: Move | None = None
        if copies_inputs and not self._runs_kit:
            self._copy_inputs()
        self._has_started = False
        self._launch: Future[LaunchForecast | None] = Future()
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
        threading.Thread(
            target=self._forecast_launch, name="kit-forecast", daemon=True
        ).start()
        if self.request.on_start is not None:
            self.request.on_start(self._standing(Phase.RUNNING, **facts))

    def _forecast_launch(self) -> None:
        """Foretell the answer to a launch, while the task runs."""
        from kit.forecast.launch import forecast_launch

        found = None
        try:
            if not self.request.under:  # a proof, which may run nothing at all
                inputs = LiteralMap.FromString(self.request.inputs)
                platform = self.request.platform
                found = forecast_launch(self._registered, inputs, platform)
        except Exception:  # noqa: BLE001 - the run is not lost for it
            _log.exception("The launch of %s could not be foretold.", self.name)
        finally:
            self._launch.set_result(found)

    def on_line(self, line: LogLine) -> None:
        """Keep a line that the task wrote, and pass it on."""
        self.log.append(line)
        if self.request.on_log is not None:
            self.request.on_log(line)

    def judge(self, end: Exit, *, out_of_memory: bool = False) -> PhaseInfo:
        """Judge by the files of the run and how its process ended, here and on Flyte.

        Args:
            end: How the process ended.
            out_of_memory: Whether the kernel killed it for its use of memory.
        """
        folder, template = self.workspace.outputs, self.template
        declared = tuple(template.interface.outputs.variables)
        info = judge(folder, end, declared=declared, timeout=self.timeout)
        on_flyte = forecast_of(
            template,
            folder,
            end,
            out_of_memory=out_of_memory,
            platform=self.request.platform,
        )
        literals = info.literals
        if literals is not None and self._own_names is not None:
            literals = with_moved_files(literals, self._own_names)
        return dataclasses.replace(info, literals=literals, on_flyte=on_flyte)

    @property
    def _runs_kit(self) -> bool:
        """Whether the container's command is kit's entrypoint."""
        container = self.template.container
        words = (*container.command, *container.args)
        return any(name in word for word in words for name in _KIT_ENTRYPOINTS)

    @property
    def report_variables(self) -> dict[str, str]:
        """The variable that asks kit's entrypoint for a report; in no shown command."""
        if self._runs_kit:
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

    def outcome(self, ended: PhaseInfo, **facts: Any) -> Outcome:
        """Say how it ended; ``facts`` are further fields of the outcome."""
        launch = self._launch.result() if self._has_started else None
        if launch is not None and not launch.accepted:
            self.on_line(LogLine("stderr", f"kit: {refused(launch)}"))
        self.log.close()
        return self._standing(
            ended.phase,
            literals=ended.literals,
            error=with_pods(ended.error, ended.on_flyte),
            launch_on_flyte=launch,
            end_on_flyte=ended.on_flyte,
            report=self.report,
            deck=self.workspace.deck,
            **facts,
        )

    def _copy_inputs(self) -> None:
        """Hand over copies: what happens to them does not happen to the originals."""
        try:
            copied, own_names = staged_inputs(self.inputs, self.workspace.copies)
        except KitError:
            self.workspace.discard()
            raise
        if copied is not self.inputs:
            self.inputs, self._own_names = copied, own_names
            data = copied.SerializeToString(deterministic=True)
            self.workspace.inputs.write_bytes(data)

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


_LOCAL_MODULES = {
    "kit-execute": ("kit.entrypoint",),
    "pyflyte-execute": ("flytekit.bin.entrypoint", "pyflyte-execute"),
}


@dataclass(frozen=True)
class LoaderCall:
    """How a container's arguments say to load the task.

    Attributes:
        resolver: Dotted location of the resolver.
        arguments: Its loader arguments.
    """

    resolver: str
    arguments: tuple[str, ...]


def container_command(
    template: TaskTemplate, workspace: Workspace, inputs: LiteralMap
) -> list[str]:
    """Render a container's command and arguments for a run in this workspace.

    Raises:
        TemplateError: The template has no container, or one without a command.
        MacroError: A macro cannot be rendered.
    """
    container = template.container
    words = [*container.command, *container.args]
    if not words:
        msg = (
            f"The template of {template.id.name!r} has no container command to run: "
            "make it from a task, or give its container args."
        )
        raise TemplateError(msg)
    return render_args(words, workspace.render_context(), inputs)


def local_command(command: list[str]) -> list[str]:
    """Exchange an entrypoint for this interpreter running the same module.

    Whatever is installed in the environment of this interpreter is used then, not what
    comes first on the PATH.  Any other program stays as it is.
    """
    entrypoint = _LOCAL_MODULES.get(command[0])
    if entrypoint is None:
        return command
    return [sys.executable, "-m", *entrypoint, *command[1:]]


def loader_call(template_name: str, command: list[str]) -> LoaderCall:
    """Find the resolver and the loader arguments in a rendered command.

    Raises:
        TemplateError: The command does not name them as ``kit-execute`` takes them.
    """
    try:
        resolver = command[command.index("--resolver") + 1]
        arguments = command[command.index("--") + 1 :]
    except (ValueError, IndexError) as error:
        msg = (
            f"The command of {template_name!r} names no resolver with its arguments "
            f"('--resolver LOCATION -- ARGUMENTS'): {command!r}. Such a task "
            "cannot run in-process; take the subprocess runner."
        )
        raise TemplateError(msg) from error
    return LoaderCall(resolver, tuple(arguments))


def refuse_main(template_name: str, command: list[str]) -> None:
    """Refuse an executor that another process would look for in its own ``__main__``.

    Raises:
        ExecutorError: Saying what to do about it.
    """
    for word in command:
        if word.startswith("__main__."):
            msg = (
                f"The executor {word} of {template_name!r} lives in a notebook or "
                "script, which no other process can import. Move it to a module, or "
                "run it here with runner='in-process'."
            )
            raise ExecutorError(msg)
