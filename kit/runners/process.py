"""Start a process group, stream its lines, stop it: knows nothing of tasks.

The child leads a session of its own, so a signal to its group reaches everything it
started and a terminal's Ctrl-C reaches only us.  One thread per process reads both
pipes and calls back.  POSIX only.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import IO, cast

from kit.runners.interrupts import held_back
from kit.runners.lines import Lines
from kit.runners.log_line import LogLine, Stream
from kit.runners.stoppable import Stoppable

__all__ = ["Process"]

_CHUNK = 65_536
_POLL_SECONDS = 0.1
_DRAIN_SECONDS = 0.5


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


_live: weakref.WeakSet[Process] = weakref.WeakSet()


@atexit.register
def _kill_the_living() -> None:
    """Leave no group behind when the interpreter ends while runs are going on."""
    for process in list(_live):
        process.kill()
