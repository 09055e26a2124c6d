"""What came of a run."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError, TaskExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import DecodeError

from kit.errors import (
    RunCancelled,
    RunCrashed,
    RunError,
    RunFailed,
    RunTimedOut,
    StorageError,
)
from kit.notebook import Shown
from kit.runners.log import Log, LogLine
from kit.runners.process import Cancellation, Exit
from kit.shim.error_document import parse_error_document

if TYPE_CHECKING:
    from kit.shim.deck_file import Decks
    from kit.shim.report import RunReport

__all__ = [
    "Failure",
    "Kind",
    "Origin",
    "Outcome",
    "Phase",
    "RunRequest",
    "Runner",
    "Timings",
    "Verdict",
    "judge",
]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A template, its inputs, and how to run them.

    Attributes:
        template: A serialized ``flyteidl.core.TaskTemplate``; its container's arguments
            hold the resolver and the loader arguments.
        inputs: A serialized ``flyteidl.core.LiteralMap``.
        timeout: Seconds until the run is stopped; None takes the template's, if any.
        environment: Variables that win over the template's.
        directory: Where the run's files go, made if missing; None makes a new one that
            stays until it is deleted by hand or by the system.
        on_log: Called with each line of output as it is written, from one thread.
        on_start: Called when the task starts, with what is known of it by then.
        log: What gets the lines; a new one by default.
        cancellation: Stops the run from another thread.
        under: A Python program (a script, or a folder with a ``__main__``) and its
            arguments, which is given the container's command as further arguments and
            carries it out, in the interpreter that would have run it; empty runs the
            command by itself.
    """

    template: bytes
    inputs: bytes = b""
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    on_log: Callable[[LogLine], None] | None = None
    on_start: Callable[[Outcome], None] | None = None
    log: Log | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    under: tuple[str, ...] = ()

    def timeout_for(self, template: TaskTemplate) -> float | None:
        """Return the seconds that a run of the template may take, None for any time."""
        if self.timeout is not None:
            return self.timeout
        own = template.metadata.timeout
        seconds = own.seconds + own.nanos / 1e9
        return seconds if seconds > 0 else None


class Runner(Protocol):
    """A place where the container-shaped call happens.

    Implementations report what happened to the *task* in the returned run and raise
    only for what is wrong with the request or with the runner itself.
    """

    @property
    def name(self) -> str:
        """What the runner is called, as in ``subprocess``."""

    def run(self, request: RunRequest) -> Outcome:
        """Run one task to its end."""


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
        import shlex

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
            text = f"{text}\n{self.error}"
        text += self._traceback_or_last_lines()
        if self.directory is not None:
            text = f"{text}\nIts files are in {self.directory}."
        return self._exception_class()(text)

    def _traceback_or_last_lines(self) -> str:
        """Show what tells most; the log of a failed run ends with its traceback."""
        if self.error is not None and self.error.traceback:
            return f"\n{self.error.traceback}"
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


_SHELL_SIGNAL_BASE = 128
_SIGKILL_HINT = (
    "kit did not send it; the kernel does when memory runs out, so look at how much "
    "the task needs"
)


@dataclass(frozen=True)
class Verdict:
    """How a run ended: its phase, and either its outputs or why there are none."""

    phase: Phase
    literals: LiteralMap | None = None
    error: Failure | None = None


def judge(
    directory: Path,
    end: Exit,
    *,
    declared: tuple[str, ...] = (),
    timeout: float | None = None,
) -> Verdict:
    """Judge a run that has ended.

    Args:
        directory: The folder of its output prefix.
        end: How its process ended.
        declared: Names of the outputs its interface declares.
        timeout: The seconds it was given, for the text of a timeout.
    """
    if end.stopped == "timed out":
        text = "the run was stopped at its timeout"
        text = text if timeout is None else f"{text} of {timeout:g} seconds"
        return Verdict(Phase.TIMED_OUT, error=Failure("TimedOut", text))
    if end.stopped == "cancelled":
        error = Failure("Cancelled", "the run was stopped by its user")
        return Verdict(Phase.ABORTED, error=error)
    document = next(iter(sorted(directory.glob("error*.pb"))), None)
    if document is not None:
        return Verdict(Phase.FAILED, error=_read_document(document))
    if end.status != 0:
        return _crashed(*_death(end))
    return _read_outputs(directory / "outputs.pb", declared)


def _crashed(kind: str, text: str) -> Verdict:
    return Verdict(Phase.FAILED, error=Failure(kind, text, origin="SYSTEM"))


def _death(end: Exit) -> tuple[str, str]:
    """Name what ended a process that left no verdict of its own."""
    name = end.signal_name or _signal_of_status(end.status)
    if name is None:
        text = f"the process ended with status {end.status} and left no error document"
        return "ExitStatus", text
    text = f"the process was killed by {name}"
    return name, f"{text}: {_SIGKILL_HINT}" if name == "SIGKILL" else text


def _signal_of_status(status: int) -> str | None:
    """Read the status with which a shell reports a signal, as in 137 for SIGKILL."""
    if status <= _SHELL_SIGNAL_BASE:
        return None
    name = Exit(_SHELL_SIGNAL_BASE - status, None, 0.0).signal_name
    return name if name is not None and name.startswith("SIG") else None


def _read_document(path: Path) -> Failure:
    try:
        document = parse_error_document(path.read_bytes(), str(path))
    except (StorageError, OSError) as error:
        return Failure("UnreadableError", str(error), origin="SYSTEM")
    return Failure.from_document(document)


def _read_outputs(path: Path, declared: tuple[str, ...]) -> Verdict:
    literals = LiteralMap()
    try:
        literals.ParseFromString(path.read_bytes())
    except FileNotFoundError:
        return _crashed(
            "NoOutputs",
            "the process ended with status 0 without outputs.pb and error.pb: its "
            "executor ended the process itself, or raised IgnoreOutputs",
        )
    except (OSError, DecodeError) as error:
        return _crashed("UnreadableOutputs", f"{path} cannot be read: {error}")
    missing = [name for name in declared if name not in literals.literals]
    if missing:
        text = f"outputs.pb lacks declared outputs: {', '.join(missing)}"
        return _crashed("MissingOutputs", text)
    return Verdict(Phase.SUCCEEDED, literals=literals)
