"""A run: queued, running, ended; and the runs of this session."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import CallError
from kit.notebook import Shown
from kit.runners.log import Log
from kit.runners.outcome import Failure, Outcome, Phase, Timings
from kit.runners.process import Cancellation
from kit.runners.runner import Runner, RunRequest
from kit.runners.subprocess import SubprocessRunner
from kit.running.cleanup import restore, tidied
from kit.running.outputs import Outputs, published_decks
from kit.shim.deck_file import Decks

if TYPE_CHECKING:
    from kit.running.on_flyte import OnFlyte
    from kit.shim.report import RunReport

_KEPT = 100
_GRACE_SECONDS = 10.0
_numbers = itertools.count(1)


class Run(Shown):
    """A run of a task, from its start; :func:`kit.run` makes one.

    What comes of it (outputs, error, decks, …) waits for its end: it is there when it
    is asked for.  ``phase``, ``logs``, ``template`` and ``inputs`` wait for nothing.
    Every method may be called from any thread.

    Args:
        request: What to run.
        runner: Where.
        finish: Makes of the runner's outcome what the user gets.
        keep: Whether its folder stays also if it succeeds.
        again: Starts a run of the same task with changed inputs.

    Attributes:
        task: Name of the task.
        runner: Name of the runner.
        number: Which run of the session it is, from 1.
        template: The template that runs.
        inputs: The inputs, as the wire has them.
        standing: How it stands now, without waiting.
        left_out: Names of variables whose values a saved run lacks.
    """

    def __init__(
        self,
        request: RunRequest,
        runner: Runner,
        *,
        finish: Callable[[Outcome], Outcome],
        keep: bool = False,
        again: Callable[[Mapping[str, Any]], Run] | None = None,
    ) -> None:
        self.template = TaskTemplate.FromString(request.template)
        self.inputs = LiteralMap.FromString(request.inputs)
        self.task = self.template.id.name
        self.runner = runner.name
        self.number = next(_numbers)
        log = Log() if request.log is None else request.log
        self.left_out: tuple[str, ...] = ()
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
        cls, request: RunRequest, outcome: Outcome, left_out: tuple[str, ...] = ()
    ) -> Run:
        """Return a run that has ended already."""
        run = cls(request, SubprocessRunner(), finish=lambda same: same, keep=True)
        run.runner = outcome.runner
        run.left_out = left_out
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
            ended = tidied(_not_run(self.standing, error), keep=self._keep)
            self._record(ended)
            self._end(ended, error)
            raise
        self._record(ended)
        self._end(ended)

    def _record(self, ended: Outcome) -> None:
        """Record what the run says of its template; the run is not lost for it."""
        from kit.running.record import record_run

        try:
            record_run(self._request, self._place, ended, self.number)
        except Exception:
            import logging

            logging.getLogger("kit").exception("No evidence of %r recorded.", self)

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
        outcome = self.outcome
        if isinstance(outcome.outputs, Outputs):
            return outcome.outputs
        return Outputs(outcome.outputs, task=self.task, failure=outcome.error)

    @property
    def literals(self) -> LiteralMap | None:
        """The outputs as the wire has them; None if it did not succeed."""
        return self.outcome.literals

    @property
    def error(self) -> Failure | None:
        """Why it did not succeed; None if it did."""
        self._done.wait()  # whatever its runner raised
        return self.standing.error

    @property
    def exception(self) -> BaseException | None:
        """The executor's own exception, where it ran in this process."""
        return self.outcome.exception

    @property
    def exit_status(self) -> int | None:
        """Of the process; minus the signal's number if one killed it."""
        return self.outcome.exit_status

    @functools.cached_property
    def on_flyte(self) -> OnFlyte:
        """What Flyte makes of the launch, and of such an end; waits for the end."""
        from kit.running.on_flyte import forecast_run

        self._done.wait()  # whatever its runner raised
        platform = self.request.platform
        return forecast_run(self.template, self.inputs, self.standing, platform)

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

    def save(
        self, path: str | Path, *, overwrite: bool = False, with_secrets: bool = False
    ) -> Path:
        """Write the run to a file when it has ended, with all it takes to replay it.

        It holds the template, the inputs with the local files that they name, and what
        came of it: see :mod:`kit.running.saved`.

        Args:
            path: The file, a zip file by its content.
            overwrite: Whether to replace a file that is there.
            with_secrets: Whether to save the values of ``environment=`` too whose
                names are those of secrets, as DB_PASSWORD is.

        Returns:
            The path.

        Raises:
            StorageError: A file is there, or cannot be written.
            SavedRunError: The files that it names are too many, or too large.
        """
        from kit.running.saved import save

        return save(
            self.request,
            self.outcome,
            Path(path),
            overwrite=overwrite,
            with_secrets=with_secrets,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Run:
        """Return a run that was saved, as it ended.

        Raises:
            CallError: It is not a path.
            StorageError: The file cannot be read.
            SavedRunError: It is not a saved run, or is damaged.
        """
        from kit.running.saved import guessed_outputs, unpacked

        given: Any = path
        if not isinstance(given, (str, os.PathLike)):
            msg = f"Run.load takes the path of a saved run, got {path!r:.80}."
            raise CallError(msg)
        saved = unpacked(Path(path))
        outcome = guessed_outputs(saved.request.template, saved.outcome)
        return cls.ended(saved.request, outcome, saved.left_out)

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


_lock = threading.Lock()
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
