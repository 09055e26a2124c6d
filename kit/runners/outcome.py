"""Outcome of a run: its phase, outputs or error, timings and log."""

from __future__ import annotations

import dataclasses
import enum
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError, TaskExecution
from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import RunCancelled, RunCrashed, RunError, RunFailed, RunTimedOut
from kit.escape import shorten
from kit.notebook import Shown
from kit.runners.log import Log

if TYPE_CHECKING:
    from kit.forecast.ending import EndForecast
    from kit.forecast.launch import LaunchForecast
    from kit.shim.deck_file import Decks
    from kit.shim.report import RunReport

_LONGEST = 20_000  # characters of a text in an exception; error.pb has up to a megabyte
_TAIL_LINES = 10


class Phase(enum.Enum):
    """The state of a run, in the words of ``flyteidl.core.TaskExecution.Phase``.

    ``TIMED_OUT`` is kit's: the engine calls it a failure with a certain code.
    """

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (Phase.QUEUED, Phase.RUNNING)

    def to_flyte_idl(self) -> TaskExecution.Phase:
        """Return the engine's number for it."""
        name = "FAILED" if self is Phase.TIMED_OUT else self.value
        return cast("TaskExecution.Phase", TaskExecution.Phase.Value(name))


@dataclass(frozen=True)
class Timings:
    """Seconds that the parts of a run took; None for a part that was not told apart.

    A process that does not report its parts has one, ``execute``, from its start to its
    end; see :class:`~kit.shim.report.RunReport`.

    Attributes:
        serialize: Making the template and the literals of the inputs.
        stage: Writing the run's files and rendering its command.
        start: Starting the process or the container, until kit's code runs in it.
        load: Loading the template and its executor.
        inputs: Reading and converting the inputs.
        execute: The executor.
        outputs: Converting and writing the outputs.
        decks: Writing the decks.
        collect: The end of the process, and reading and judging what it left.
    """

    serialize: float | None = None
    stage: float | None = None
    start: float | None = None
    load: float | None = None
    inputs: float | None = None
    execute: float | None = None
    outputs: float | None = None
    decks: float | None = None
    collect: float | None = None

    @property
    def total(self) -> float:
        """All of them together."""
        return float(sum(filter(None, dataclasses.astuple(self))))


@dataclass(frozen=True, kw_only=True)
class Outcome(Shown):
    """How a run of a task stands, or how it ended.

    Attributes:
        task: Name of the task.
        runner: Name of the runner.
        phase: Where it stands.
        outputs: Python values by name, in the order of the interface, converted with
            the declared types by :func:`kit.run`; empty on a run that did not succeed
            and on one that came from a runner directly.
        literals: The outputs as the wire has them; None if the run did not succeed.
        error: Why it did not succeed; None if it did.
        exception: The executor's own exception, where it ran in this process.
        logs: What was written to standard output and error.
        argv: The program and arguments that were run; empty if there was no process.
        environment: The variables that were set for it beyond the inherited ones.
        exit_status: Of the process; minus the signal's number if one killed it.
        timings: What took how long; not part of the repr.
        report: What was seen from inside; None if nothing was told, as by
            ``pyflyte-execute``.
        directory: Where inputs.pb, task.pb, outputs and raw data are; None if nowhere.
        deck: The deck.html that the run wrote; None if it wrote none.
        launch_on_flyte: What Flyte answers to a launch with these inputs; None if the
            run was not started.
        end_on_flyte: How Flyte ends an execution whose container ends like this; None
            if that is not known.
    """

    task: str
    runner: str
    phase: Phase
    outputs: Mapping[str, Any] = field(default_factory=dict)
    literals: LiteralMap | None = None
    error: Failure | None = None
    exception: BaseException | None = None
    logs: Log = field(default_factory=Log)
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    exit_status: int | None = None
    timings: Timings = field(default_factory=Timings)
    report: RunReport | None = None
    directory: Path | None = None
    deck: Path | None = None
    launch_on_flyte: LaunchForecast | None = None
    end_on_flyte: EndForecast | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the task ended with its outputs."""
        return self.phase is Phase.SUCCEEDED

    @property
    def decks(self) -> Decks:
        """The decks of its deck.html, read each time; empty if it wrote none.

        Raises:
            StorageError: The file is gone.
        """
        from kit.shim.deck_file import Decks

        if self.deck is None:
            return Decks(title=self.task)
        return Decks.read(self.deck, title=self.task)

    @property
    def command(self) -> str:
        """A line for a shell that does the same again; empty without a process."""
        if not self.argv:
            return ""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return shlex.join(["env", *variables, *self.argv])

    def with_timings(self, **seconds: float | None) -> Outcome:
        """Return the same with the seconds of further parts."""
        timings = dataclasses.replace(self.timings, **seconds)
        return dataclasses.replace(self, timings=timings)

    def raise_for_error(self) -> Outcome:
        """Return the run if it succeeded, so that calls can be chained.

        Raises:
            RunFailed: The task ended with an error document.
            RunCrashed: The process ended without a verdict.
            RunTimedOut: It was stopped at its timeout.
            RunCancelled: It was stopped by its user.
        """
        if self.succeeded:
            return self
        raise self._exception() from self.exception

    def _exception(self) -> RunError:
        text = f"The run of {self.task!r} {self._ending()}."
        if self.error is not None:
            text = f"{text}\n{shorten(str(self.error), _LONGEST)}"
        text += self._traceback_or_last_lines()
        if self.directory is not None:
            text = f"{text}\nIts files are in {self.directory}."
        return self._exception_class()(text)

    def _traceback_or_last_lines(self) -> str:
        """Show what tells most; the log of a failed run ends with its traceback."""
        if self.error is not None and self.error.traceback:
            return f"\n{shorten(self.error.traceback, _LONGEST)}"
        tail = self.logs.tail(_TAIL_LINES)
        lines = "".join(f"\n  {line.stream}: {line.text}" for line in tail)
        return f"\nThe last lines it wrote:{lines}" if lines else ""

    def _ending(self) -> str:
        if self.phase is Phase.TIMED_OUT:
            return "was stopped at its timeout"
        if self.phase is Phase.ABORTED:
            return "was cancelled"
        return "failed" if self._has_document else "crashed"

    @property
    def _has_document(self) -> bool:
        return self.error is not None and bool(self.error.code)

    def _exception_class(self) -> type[RunError]:
        if self.phase is Phase.TIMED_OUT:
            return RunTimedOut
        if self.phase is Phase.ABORTED:
            return RunCancelled
        return RunFailed if self._has_document else RunCrashed

    def __repr__(self) -> str:
        detail = f", {self.error.type}" if self.error is not None else ""
        return f"Outcome({self.task!r}, {self.runner}, {self.phase.value}{detail})"


Origin = Literal["USER", "SYSTEM", "UNKNOWN"]
Kind = Literal["RECOVERABLE", "NON_RECOVERABLE"]

_MESSAGE = re.compile(
    r"\ATrace:\n\n(?P<trace>.*)\n\nMessage:\n\n(?P<message>.*)\Z", re.DOTALL
)
_TYPE_AND_TEXT = re.compile(r"\A(?P<type>[\w.]+)(?:: (?P<text>.*))?\Z", re.DOTALL)


@dataclass(frozen=True)
class Failure:
    """An error as the engine would see it.

    Attributes:
        type: Name of the exception's class, or of what happened, as in ``SIGKILL``.
        message: Its text, without the traceback.
        origin: ``USER`` if the executor raised it, ``SYSTEM`` if what is around did.
        kind: ``RECOVERABLE`` errors are tried again by the engine.
        code: The error document's code; empty if there was no document.
        traceback: The traceback as text; empty if there was none.
    """

    type: str
    message: str
    origin: Origin = "UNKNOWN"
    kind: Kind = "NON_RECOVERABLE"
    code: str = ""
    traceback: str = ""

    @classmethod
    def from_document(cls, document: ErrorDocument) -> Failure:
        """Take an error document apart.

        The message holds traceback and text in the form ``pyflyte-execute`` writes
        them: ``Trace:``, the traceback, ``Message:``, type and text.  A message in any
        other form is kept whole.
        """
        error = document.error
        parts = _MESSAGE.match(error.message)
        text = _dedent(parts["message"]) if parts else error.message
        trace = _dedent(parts["trace"]) if parts else ""
        named = _TYPE_AND_TEXT.match(text)
        return cls(
            type=named["type"] if parts and named else error.code,
            message=(named["text"] or "") if parts and named else text,
            origin=_origin(error.origin),
            kind=_kind(error.kind),
            code=error.code,
            traceback=trace,
        )

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


def _origin(value: ExecutionError.ErrorKind) -> Origin:
    if value == ExecutionError.USER:
        return "USER"
    return "SYSTEM" if value == ExecutionError.SYSTEM else "UNKNOWN"


def _kind(value: ContainerError.Kind) -> Kind:
    recoverable = value == ContainerError.RECOVERABLE
    return "RECOVERABLE" if recoverable else "NON_RECOVERABLE"


def _dedent(trace: str) -> str:
    """Take away the indentation that the document's form puts before each line."""
    lines = trace.rstrip().split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    margin = min(indents, default=0)
    return "\n".join(line[margin:] for line in lines)
