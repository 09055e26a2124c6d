"""A run: started, under way, ended."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import itertools
import os
import shutil
import stat
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import CallError, StorageError, nearest
from kit.notebook import Shown
from kit.runners.attempt import DECK_FILE, Workspace
from kit.runners.log import Log
from kit.runners.process import Cancellation
from kit.runners.runner import Failure, Outcome, Phase, Runner, RunRequest, Timings
from kit.shim.deck_file import Decks

if TYPE_CHECKING:
    from kit.shim.report import RunReport

__all__ = [
    "OutputFacts",
    "Outputs",
    "Run",
    "RunResults",
    "Runs",
    "announced",
    "discarded",
    "facts_of",
    "next_number",
    "note",
    "published_decks",
    "published_state",
    "restore",
    "runs",
    "tidied",
]


@dataclass(frozen=True)
class OutputFacts:
    """What is known of outputs beside their values.

    Attributes:
        task: Name of the task.
        literals: The same values on the wire, None if they are not known.
        types: Their declared Python types, where they are known.
    """

    task: str
    literals: LiteralMap | None = None
    types: Mapping[str, Any] = field(default_factory=dict)


class Outputs(Shown, Mapping[str, Any]):
    """Python values by name, in the order of the interface.

    An output is an item, and an attribute too where its name is none of a mapping's
    own.

    Args:
        values: The values.
        task: Name of the task.
        literals: The same values on the wire, if they are known.
        types: Their declared Python types, if they are known.

    >>> outputs = Outputs({"o0": 3}, task="double")
    >>> outputs["o0"], outputs.o0
    (3, 3)
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        task: str,
        literals: LiteralMap | None = None,
        types: Mapping[str, Any] | None = None,
    ) -> None:
        self._values = dict(values)
        self._facts = OutputFacts(task, literals, dict(types or {}))

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(self._unknown(name)) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked for by copies and by IPython
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def _unknown(self, name: str) -> str:
        task = self._facts.task
        if not self._values:
            return f"The run of {task!r} made no outputs."
        made = ", ".join(self._values)
        text = f"The run of {task!r} made no output {name!r}; it made {made}."
        return text + nearest(name, self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def facts_of(outputs: Outputs) -> OutputFacts:
    """Return what is known of outputs; an attribute would hide an output's name."""
    return outputs._facts  # noqa: SLF001 - of the same module


class RunResults(Shown, ABC):
    """The facts of a run.

    Attributes:
        task: Name of the task.
        standing: How it stands now, without waiting.
    """

    task: str
    standing: Outcome

    @abstractmethod
    def wait(self, timeout: float | None = None) -> RunResults:
        """Wait until it has ended; what its runner raises is raised."""

    @abstractmethod
    def _wait_quietly(self) -> None:
        """Wait until it has ended, whatever its runner raised."""

    @abstractmethod
    def _started(self) -> Outcome:
        """Wait until it was started, or ended without; return how it stands."""

    # --- what came of it --------------------------------------------------------------

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.wait().standing

    @property
    def succeeded(self) -> bool:
        """Whether the task ended with its outputs."""
        return self.outcome.succeeded

    @property
    def outputs(self) -> Outputs:
        """Python values by name, converted with the declared types."""
        made = self.outcome.outputs
        return made if isinstance(made, Outputs) else Outputs(made, task=self.task)

    @property
    def literals(self) -> LiteralMap | None:
        """The outputs as the wire has them; None if it did not succeed."""
        return self.outcome.literals

    @property
    def error(self) -> Failure | None:
        """Why it did not succeed; None if it did."""
        self._wait_quietly()
        return self.standing.error

    @property
    def exception(self) -> BaseException | None:
        """The executor's own exception, where it ran in this process."""
        return self.outcome.exception

    @property
    def exit_status(self) -> int | None:
        """Of the process; minus the signal's number if one killed it."""
        return self.outcome.exit_status

    @property
    def timings(self) -> Timings:
        """Seconds that its parts took."""
        return self.outcome.timings

    @property
    def report(self) -> RunReport | None:
        """What was seen from inside: types, versions, memory; None if not told."""
        return self.outcome.report

    @property
    def deck(self) -> Path | None:
        """The deck.html that it wrote; None if it wrote none."""
        return self.outcome.deck

    @property
    def decks(self) -> Decks:
        """The decks of its deck.html, read each time; empty if it wrote none.

        Raises:
            StorageError: The file is gone.
        """
        return self.outcome.decks

    # --- known once it was started ----------------------------------------------------

    @property
    def directory(self) -> Path | None:
        """Its folder, with inputs.pb, task.pb, outputs and raw data.

        That of a good run is removed at its end unless it was to be kept: None then. If
        outputs or decks are in it, it stays until this process ends.
        """
        return self._started().directory

    @property
    def published(self) -> Decks:
        """The decks that it has published by now; waits for nothing."""
        return published_decks(self.standing)

    @property
    def argv(self) -> tuple[str, ...]:
        """The program and arguments; empty if there is no process."""
        return self._started().argv

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that are set for it beyond the inherited ones."""
        return self._started().environment


_at_exit: set[Path] = set()


def tidied(outcome: Outcome, *, keep: bool) -> Outcome:
    """Remove the folder of a good run, unless something is in it that is needed.

    Where outputs, decks or lines of the log are nowhere else, it stays until this
    process ends.  That of a run that did not succeed stays for good.

    Args:
        outcome: How the run ended.
        keep: Whether the folder is to stay in any case.

    Returns:
        The outcome, without a directory if it is gone.
    """
    if keep:
        return outcome
    left = discarded(outcome)
    if left.directory is not None and left.succeeded:
        _remove_at_exit(left.directory)
    return left


def discarded(outcome: Outcome) -> Outcome:
    """Remove the folder of a good run in which is nothing that is needed.

    Returns:
        The outcome, without a directory if it is gone.
    """
    directory = outcome.directory
    if directory is None or not outcome.succeeded or _is_needed(outcome, directory):
        return outcome
    shutil.rmtree(directory, ignore_errors=True)
    return dataclasses.replace(outcome, directory=None)


def restore(directory: Path, request: RunRequest) -> bool:
    """Make the folder of a good run anew, as it was at its start.

    It stays until this process ends.

    Returns:
        Whether it is there; what somebody else made of it is left as it is.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        directory.mkdir(mode=0o700)
        Workspace(directory).fill(request.template, request.inputs)
    except FileExistsError:
        return False
    except OSError as error:
        msg = f"The folder of the run cannot be made again: {error}."
        raise StorageError(msg) from error
    _remove_at_exit(directory)
    return True


def _is_needed(outcome: Outcome, directory: Path) -> bool:
    if outcome.deck is not None or outcome.logs.dropped:
        return True
    if outcome.literals is None:
        return False
    return str(directory).encode() in outcome.literals.SerializeToString()


def _remove_at_exit(directory: Path) -> None:
    if not _at_exit:
        atexit.register(_remove_all)
    _at_exit.add(directory)


def _remove_all() -> None:
    while _at_exit:
        shutil.rmtree(_at_exit.pop(), ignore_errors=True)


class Run(RunResults):
    """A run of a task, from its start; :func:`kit.run` makes one.

    What comes of it (outputs, error, decks, …) waits for its end: it is there when it
    is asked for.  ``phase``, ``logs``, ``template`` and ``inputs`` wait for nothing.
    Every method may be called from any thread.

    Args:
        request: What to run.
        runner: Where.
        number: Which run of the session it is, from 1.
        finish: Makes of the runner's outcome what the user gets.
        keep: Whether its folder stays also if it succeeds.
        again: Starts a run of the same task with changed inputs.

    Attributes:
        task: Name of the task.
        runner: Name of the runner.
        number: Which run of the session it is.
        template: The template that runs.
        inputs: The inputs, as the wire has them.
        standing: How it stands now, without waiting.
    """

    def __init__(
        self,
        request: RunRequest,
        runner: Runner,
        *,
        number: int,
        finish: Callable[[Outcome], Outcome],
        keep: bool = False,
        again: Callable[[Mapping[str, Any]], Run] | None = None,
    ) -> None:
        self.template = TaskTemplate.FromString(request.template)
        self.inputs = LiteralMap.FromString(request.inputs)
        self.task = self.template.id.name
        self.runner = runner.name
        self.number = number
        log = Log() if request.log is None else request.log
        self._request = dataclasses.replace(request, log=log, on_start=self._note_start)
        self._place = runner
        self._finish = finish
        self._keep = keep or request.directory is not None
        self._again = again
        self.standing = Outcome(
            task=self.task, runner=self.runner, phase=Phase.QUEUED, logs=log
        )
        self._made = time.monotonic()
        self._ended = 0.0
        self._problem: BaseException | None = None
        self._watchers: list[Callable[[Run], None]] = []
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._begun = threading.Event()
        self._done = threading.Event()

    @classmethod
    def ended(
        cls, request: RunRequest, outcome: Outcome, runner: Runner, number: int
    ) -> Run:
        """Return a run that has ended already."""
        run = cls(request, runner, number=number, finish=lambda same: same, keep=True)
        run.runner = outcome.runner
        run._end(outcome)
        return run

    # --- what goes on -----------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where it stands now."""
        return self.standing.phase

    @property
    def logs(self) -> Log:
        """What it has written to standard output and error by now."""
        return self.standing.logs

    @property
    def seconds(self) -> float:
        """How long it takes by now, from its making, or took."""
        return (self._ended or time.monotonic()) - self._made

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._done.is_set()

    def carry_out(self) -> None:
        """Run it here and now, to its end.

        Raises:
            BaseException: What the runner raises: the request cannot be run, the
                engine is not there, or Ctrl-C.
        """
        try:
            ended = self._finish(self._place.run(self._request))
            ended = tidied(ended, keep=self._keep)
        except BaseException as error:
            self._end(_not_run(self.standing, error), error)
            raise
        self._end(ended)

    def carry_out_in_background(self) -> None:
        """Run it in a thread; what the runner raises is raised where one waits."""
        name = f"kit-run-{self.number}"
        threading.Thread(target=self._in_thread, name=name, daemon=True).start()

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until it has ended, or for so many seconds.

        Returns:
            The run, which has ended unless the time ran out: see :attr:`is_done`.

        Raises:
            KeyboardInterrupt: From Ctrl-C, after the run was stopped.
            EngineError: No container engine answers, it lacks the image, or it fails.
            StorageError: The folder of the run cannot be written.
        """
        try:
            ended = self._done.wait(timeout)
        except KeyboardInterrupt:
            self.cancel()
            self._done.wait()
            raise
        if ended and self._problem is not None:
            raise self._problem
        return self

    def _wait_quietly(self) -> None:
        self._done.wait()

    def cancel(self) -> None:
        """Ask it to stop, and return at once; does nothing when it has ended.

        A process gets SIGINT, and SIGKILL if it does not end in time.
        """
        self._request.cancellation.cancel()

    def watch(self, callback: Callable[[Run], None]) -> Callable[[], None]:
        """Call back whenever the phase has changed, from any thread.

        What the callback raises is logged, and nothing of the run's.

        Returns:
            What stops it.
        """
        with self._lock:
            self._watchers.append(callback)

        def forget() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._watchers.remove(callback)

        return forget

    def raise_for_error(self) -> Run:
        """Return the run if it succeeded, so that calls can be chained.

        Raises:
            RunFailed: The task ended with an error document.
            RunCrashed: The process ended without a verdict.
            RunTimedOut: It was stopped at its timeout.
            RunCancelled: It was stopped by its user.
        """
        self.outcome.raise_for_error()
        return self

    @property
    def command(self) -> str:
        """A line for a shell that does the same again; empty without a process.

        A folder that it names and that went with a good run is made anew, as it was at
        the start, and stays until this process ends.

        Raises:
            StorageError: That folder cannot be written.
        """
        outcome = self._started()
        folder = self._folder if outcome.argv and outcome.directory is None else None
        if folder is not None and restore(folder, self._request):
            self.standing = dataclasses.replace(self.standing, directory=folder)
        return outcome.command

    # --- again ------------------------------------------------------------------------

    def rerun(self, **inputs: Any) -> Run:
        """Run the task once more, as it was run, with these inputs changed.

        Raises:
            CallError: An input is unknown, or the run came from a file, without the
                task: see :func:`kit.replay`.
            ConversionError: An input does not fit its declared type.
        """
        if self._again is None:
            msg = (
                f"{self!r} came from a file, without its task. Call kit.replay with "
                "it, which runs the template with the inputs as they were."
            )
            raise CallError(msg)
        return self._again(inputs)

    @property
    def request(self) -> RunRequest:
        """What was asked for, to ask for it again."""
        return dataclasses.replace(
            self._request,
            directory=None,
            on_start=None,
            log=None,
            cancellation=Cancellation(),
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run to a file when it has ended, with all it takes to replay it.

        It holds the template, the inputs with the local files that they name, and what
        came of it: see :mod:`kit.running.saved`.

        Args:
            path: The file, a zip file by its content.
            overwrite: Whether to replace a file that is there.

        Returns:
            The path.

        Raises:
            StorageError: A file is there, or cannot be written.
            SavedRunError: The files that it names are too many, or too large.
        """
        from kit.running.saved import save

        return save(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Return a run that was saved, as it ended.

        Raises:
            StorageError: The file cannot be read.
            SavedRunError: It is no saved run, or is damaged.
        """
        from kit.running.saved import load

        return load(Path(path))

    # --- inside -----------------------------------------------------------------------

    def _started(self) -> Outcome:
        self._begun.wait()
        return self.standing

    def _note_start(self, started: Outcome) -> None:
        self.standing = started
        self._folder = started.directory
        self._begun.set()
        self._tell()

    def _in_thread(self) -> None:
        # It is kept for the one who waits, who must get every kind of it.
        with contextlib.suppress(BaseException):
            self.carry_out()

    def _end(self, outcome: Outcome, problem: BaseException | None = None) -> None:
        self._problem = problem
        self._ended = time.monotonic()
        self.standing = outcome
        self._begun.set()
        self._done.set()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for callback in watchers:
            try:
                callback(self)
            except Exception:  # noqa: PERF203 - there are few of them
                import logging

                logging.getLogger("kit").exception("A watcher of %r failed.", self)

    def __repr__(self) -> str:
        standing = self.standing
        detail = f", {standing.error.type}" if standing.error is not None else ""
        return f"Run({self.task!r}, {self.runner}, {standing.phase.value}{detail})"


def _not_run(standing: Outcome, error: BaseException) -> Outcome:
    """Say that the runner itself failed, or was interrupted."""
    interrupted = isinstance(error, KeyboardInterrupt)
    phase = Phase.ABORTED if interrupted else Phase.FAILED
    text = str(error) or "the run was interrupted"
    failure = Failure(type(error).__name__, text, origin="SYSTEM")
    return dataclasses.replace(standing, phase=phase, error=failure, exception=error)


_LARGEST = 64_000_000  # bytes


def published_decks(run: Outcome) -> Decks:
    """Return the decks that are there by now; empty if there are none yet."""
    if run.phase.is_final:
        return run.decks
    path = _place(run)
    page = None if path is None else _read(path)
    if page is None:
        return Decks(title=run.task)
    return Decks.parse(page, title=run.task, path=str(path))


def published_state(run: Outcome) -> tuple[int, int] | None:
    """Return what changes when decks are published anew; None before the first."""
    path = _place(run)
    try:
        found = None if path is None else path.lstat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _place(run: Outcome) -> Path | None:
    return None if run.directory is None else run.directory / "outputs" / DECK_FILE


def _read(path: Path) -> str | None:
    """Read a file that a container may be writing: it may be a link, or a pipe."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                return None
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return None


_KEPT = 100
_GRACE_SECONDS = 10.0

_lock = threading.Lock()
_numbers = itertools.count(1)
_runs: deque[Run] = deque(maxlen=_KEPT)
_announcing: ContextVar[tuple[Callable[[Run], None], ...]] = ContextVar(
    "announcing", default=()
)


class Runs(Shown, Sequence[Run]):
    """Runs in the order of their start.

    Args:
        runs: The runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = tuple(runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Runs: ...

    def __getitem__(self, index: int | slice) -> Run | Runs:
        if isinstance(index, slice):
            return Runs(self._runs[index])
        return self._runs[index]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {run.number}  {run!r}" for run in self._runs)
        return f"Runs({len(self._runs)}){':' if lines else ''}{lines}"


def runs(task: str | None = None) -> Runs:
    """Return the last 100 runs of this session, the newest last.

    Args:
        task: Only those of the task of this name.
    """
    with _lock:
        found = tuple(_runs)
    return Runs([run for run in found if task in (None, run.task)])


def next_number() -> int:
    """Return the number of a run that is about to be made."""
    return next(_numbers)


def note(run: Run) -> None:
    """List a run, and tell those who wait for it in this thread."""
    with _lock:
        _runs.append(run)
    for callback in _announcing.get():
        callback(run)


@contextlib.contextmanager
def announced(callback: Callable[[Run], None]) -> Iterator[None]:
    """Call back with each run that this thread starts in the block, before it runs.

    :func:`kit.run` returns a run in this process when it has ended.
    """
    token = _announcing.set((*_announcing.get(), callback))
    try:
        yield
    finally:
        _announcing.reset(token)


@atexit.register
def _cancel_all() -> None:
    """Leave nothing running when the session ends."""
    unfinished = [run for run in runs() if not run.is_done]
    for run in unfinished:
        run.cancel()
    for run in unfinished:
        run._done.wait(_GRACE_SECONDS)  # noqa: SLF001 - not to raise what it raised
