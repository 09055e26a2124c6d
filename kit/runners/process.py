"""Start a process group, stream its lines, stop it: knows nothing of tasks.

The child leads a session of its own, so a signal to its group reaches everything it
started and a terminal's Ctrl-C reaches only us.  One thread per process reads both
pipes and calls back.  POSIX only.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import selectors
import signal
import subprocess
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO, Literal, cast

from kit.runners.log import Lines, LogLine, Stream


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Deliver a SIGINT that comes in the block when the block has ended.

    Only the main thread handles signals, so any other has nothing to hold back.
    """
    handler = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(handler):
        yield
        return
    held: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            handler(*held[0])


StopReason = Literal["cancelled", "timed out"]

GRACE_SECONDS = 3.0
"""From SIGINT to SIGKILL."""

_DRAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Exit:
    """How a process ended.

    Attributes:
        status: Exit status, or minus the number of the signal that killed it.
        stopped: Why it was stopped from here, None if it ended by itself.
        seconds: Time from its start to its end.
    """

    status: int
    stopped: StopReason | None
    seconds: float

    @property
    def signal_name(self) -> str | None:
        """Name of the signal that killed it, as in ``SIGKILL``; None if none did."""
        if self.status >= 0:
            return None
        try:
            return signal.Signals(-self.status).name
        except ValueError:
            return f"signal {-self.status}"


class Stoppable(ABC):
    """The policy of stopping and waiting; a subclass sends the signals.

    A subclass calls :meth:`_emit` with each line, from one thread, and
    :meth:`_ended` once when all is over.

    Args:
        on_line: Called with each line as it is written.  If it raises, the process is
            stopped and :meth:`wait` raises that exception.
    """

    def __init__(self, on_line: Callable[[LogLine], None] | None) -> None:
        self._started = time.monotonic()
        self._on_line = on_line
        self._failure: BaseException | None = None
        self._stopped: StopReason | None = None
        self._killer: threading.Timer | None = None
        self._exit: Exit | None = None
        self._lock = threading.RLock()
        self._done = threading.Event()

    @abstractmethod
    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it; what has ended gets none."""

    def stop(self, reason: StopReason, *, grace: float = GRACE_SECONDS) -> None:
        """Ask it to end, and kill it after ``grace`` seconds.

        Returns at once, may be called from any thread, and does nothing the second
        time or when all has ended: the first reason stays.
        """
        with self._lock:
            if self._stopped is not None or self._done.is_set():
                return
            self._stopped = reason
            self._signal(signal.SIGINT)
            self._killer = threading.Timer(grace, self.kill)
            self._killer.daemon = True
            self._killer.start()

    def kill(self) -> None:
        """Kill all of it now."""
        self._signal(signal.SIGKILL)

    def wait(
        self, timeout: float | None = None, *, grace: float = GRACE_SECONDS
    ) -> Exit:
        """Wait for the end, stopping it if that takes ``timeout`` seconds.

        A KeyboardInterrupt while waiting cancels it, waits until it is gone (a second
        one kills it) and is raised again.
        """
        try:
            if not self._done.wait(timeout):
                self.stop("timed out", grace=grace)
                self._done.wait()
        except BaseException:
            self._abandon(grace)
            raise
        if self._failure is not None:
            raise self._failure
        return cast("Exit", self._exit)

    def __enter__(self) -> Stoppable:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing running, whatever happened to the one who would wait."""
        if not self._done.is_set():
            self._abandon()

    def _abandon(self, grace: float = GRACE_SECONDS) -> None:
        self.stop("cancelled", grace=grace)
        try:
            self._done.wait()
        except BaseException:
            self.kill()
            self._done.wait(_DRAIN_SECONDS)
            raise

    def _emit(self, line: LogLine) -> None:
        if self._on_line is None or self._failure is not None:
            return
        try:
            self._on_line(line)
        except BaseException as error:  # noqa: BLE001 - raised again where one waits
            self._failure = error
            self.stop("cancelled")

    def _note_exit(self, status: int) -> None:
        seconds = time.monotonic() - self._started
        self._exit = Exit(status, self._stopped, seconds)

    def _ended(self) -> None:
        if self._killer is not None:
            self._killer.cancel()
        self._done.set()


_CHUNK = 65_536
_POLL_SECONDS = 0.1


class Process(Stoppable):
    """A running process group.

    Args:
        argv: Program and arguments; no shell is involved.
        cwd: Working directory.
        env: The whole environment.
        on_line: Called with each line as it is written, always from one thread.  If it
            raises, the process is stopped and :meth:`wait` raises that exception.

    Raises:
        OSError: The program or the working directory is missing or not permitted.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        on_line: Callable[[LogLine], None] | None = None,
    ) -> None:
        super().__init__(on_line)
        try:
            with held_back():
                self._start(argv, cwd, env)
        except BaseException:
            if self in _live:  # interrupted: nobody else knows of it yet
                self.kill()
                self._done.wait()
            raise

    def _start(
        self,
        argv: Sequence[str],
        cwd: str | os.PathLike[str] | None,
        env: Mapping[str, str] | None,
    ) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - running what it is given is its job
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        _live.add(self)
        _watchdog.watch(self.pid)
        name = f"kit-process-{self.pid}"
        threading.Thread(target=self._pump, name=name, daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id of the leader, which is also the id of its group."""
        return self._popen.pid

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:  # the leader is not reaped under this lock: its id stays ours
            if self._exit is not None:
                return
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                return  # PermissionError: macOS, when all that is left is a zombie

    def _pump(self) -> None:
        """Read until the leader is gone and its pipes are empty, then reap it."""
        try:
            with selectors.DefaultSelector() as selector:
                self._watch(selector, self._popen.stdout, "stdout")
                self._watch(selector, self._popen.stderr, "stderr")
                self._read_while_alive(selector)
                _wait_without_reaping(self._popen)
                self._signal(signal.SIGKILL)  # what the leader left behind
                self._drain(selector)
        except BaseException as error:  # noqa: BLE001 - raised again where one waits
            self._failure = self._failure or error
            self.kill()
        finally:
            self._reap()
            self._close()

    def _watch(
        self, selector: selectors.BaseSelector, pipe: IO[bytes] | None, stream: Stream
    ) -> None:
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, Lines(stream, self._emit))

    def _read_while_alive(self, selector: selectors.BaseSelector) -> None:
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            for key, _ in ready:
                _read(selector, key)
            if not ready and _has_ended(self._popen):
                return  # a process that left the group may hold the pipes for ever

    def _drain(self, selector: selectors.BaseSelector) -> None:
        deadline = time.monotonic() + _DRAIN_SECONDS
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(_POLL_SECONDS):
                _read(selector, key)
        for key in list(selector.get_map().values()):
            key.data.feed(b"", final=True)

    def _reap(self) -> None:
        with self._lock:
            self._note_exit(self._popen.wait())
        _watchdog.forget(self.pid)

    def _close(self) -> None:
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()
        _live.discard(self)
        self._ended()

    def __repr__(self) -> str:
        state = "running" if self._exit is None else f"ended {self._exit.status}"
        return f"Process({self.pid}, {state})"


def _read(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pipe, lines = cast("IO[bytes]", key.fileobj), cast("Lines", key.data)
    try:
        data = os.read(pipe.fileno(), _CHUNK)
    except BlockingIOError:
        return
    lines.feed(data, final=not data)
    if not data:
        selector.unregister(pipe)


def _has_ended(popen: subprocess.Popen[bytes]) -> bool:
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return popen.poll() is not None
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    return os.waitid(os.P_PID, popen.pid, flags) is not None


def _wait_without_reaping(popen: subprocess.Popen[bytes]) -> None:
    """Wait for the end but leave the zombie, so that nobody can get its id yet."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        popen.wait()
    else:
        os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)


_WATCH = f"""
trap '' HUP INT TERM
while read -r line; do groups=$line; done
for group in $groups; do kill -s INT -- "-$group"; done 2>/dev/null
[ -z "$groups" ] || sleep {GRACE_SECONDS:g}
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
"""
"""Keeps the last line it was sent: the groups to end when nobody can send any more."""


class _Watchdog:
    """Ends the process groups of this process if it is killed, by ``kill -9`` too.

    A shell reads from a pipe which groups run; the pipe ends with this process.  There
    is a shell for as long as there is a group.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._owner = 0
        self._shell: subprocess.Popen[bytes] | None = None

    def watch(self, group: int) -> None:
        """End a group with this process."""
        with self._lock:
            if self._owner != os.getpid():  # a fork: the shell is its parent's
                self._owner, self._groups, self._shell = os.getpid(), set(), None
            if self._shell is None:
                self._shell = _start_watch()
            self._groups.add(group)
            self._send()

    def forget(self, group: int) -> None:
        """Leave a group alone that has ended: its number may become another's."""
        with self._lock:
            self._groups.discard(group)
            self._send()
            if not self._groups and self._shell is not None:
                shell, self._shell = self._shell, None
                shell.communicate()

    def _send(self) -> None:
        if self._shell is None or self._shell.stdin is None:
            return
        line = " ".join(map(str, sorted(self._groups)))
        try:
            self._shell.stdin.write(f"{line}\n".encode())
        except OSError as error:
            _log.warning(_UNWATCHED, error)


def _start_watch() -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(  # noqa: S603 - a constant script
            ["/bin/sh", "-c", _WATCH],
            bufsize=0,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        _log.warning(_UNWATCHED, error)
        return None


_UNWATCHED = "No watchdog (%s): if this process is killed, its runs go on."
_log = logging.getLogger("kit")
_watchdog = _Watchdog()
_live: weakref.WeakSet[Process] = weakref.WeakSet()


@atexit.register
def _kill_the_living() -> None:
    """Leave no group behind when the interpreter ends while runs are going on."""
    for process in list(_live):
        process.kill()


class Cancellation:
    """Given to a run when it starts, thrown by whoever wants it to stop.

    >>> switch = Cancellation()
    >>> switch.on_cancel(lambda: print("stopping"))
    >>> switch.cancel()
    stopping
    >>> switch.is_cancelled
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the switch has been thrown."""
        return self._cancelled

    def cancel(self) -> None:
        """Throw the switch; the second time does nothing."""
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
            self._cancelled = True
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back once when the switch is thrown, at once if it already is."""
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def __repr__(self) -> str:
        return f"Cancellation({'cancelled' if self._cancelled else 'open'})"
