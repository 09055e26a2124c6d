"""Collect what code in this process prints, while other threads print as before.

``sys.stdout`` and ``sys.stderr`` are replaced while at least one capture is open.  The
replacement asks a context variable where a piece of text belongs, so runs in several
threads do not mix; text of any other thread goes where it always went.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from kit.runners.lines import Lines
from kit.runners.log_line import LogLine, Stream

__all__ = ["capture_output"]


class _Capture:
    """Cuts the text of one run into lines."""

    def __init__(self, on_line: Callable[[LogLine], None]) -> None:
        self._lock = threading.RLock()
        streams: tuple[Stream, Stream] = ("stdout", "stderr")
        self._lines = {stream: Lines(stream, on_line) for stream in streams}

    def write(self, stream: Stream, data: bytes, *, final: bool = False) -> None:
        token = _current.set(None)  # what takes the lines may print them
        try:
            with self._lock:
                self._lines[stream].feed(data, final=final)
        finally:
            _current.reset(token)

    def close(self) -> None:
        for stream in self._lines:
            self.write(stream, b"", final=True)


_current: contextvars.ContextVar[_Capture | None] = contextvars.ContextVar(
    "capture", default=None
)


class _Buffer(io.RawIOBase):
    """Takes bytes for one stream of one run."""

    def __init__(self, capture: _Capture, stream: Stream) -> None:
        self._capture = capture
        self._stream: Stream = stream

    def write(self, data: Any) -> int:
        self._capture.write(self._stream, bytes(data))
        return len(data)

    def writable(self) -> bool:
        return True


class _Router(io.TextIOBase):
    """Stands in for one standard stream."""

    def __init__(self, stream: Stream, original: TextIO) -> None:
        self._stream: Stream = stream
        self.original = original

    def write(self, text: str) -> int:
        capture = _current.get()
        if capture is None:
            return self.original.write(text)
        capture.write(self._stream, text.encode("utf-8", "replace"))
        return len(text)

    @property
    def buffer(self) -> Any:
        """What takes bytes, for the run that asks for it."""
        capture = _current.get()
        if capture is None:
            return self.original.buffer
        return _Buffer(capture, self._stream)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self.original.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class _Installation:
    """Puts the routers in place for the first capture and away after the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._routers: tuple[_Router, _Router] | None = None

    def acquire(self) -> None:
        with self._lock:
            self._count += 1
            if self._routers is None:
                out, err = _Router("stdout", sys.stdout), _Router("stderr", sys.stderr)
                self._routers = (out, err)
                sys.stdout, sys.stderr = out, err

    def release(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count or self._routers is None:
                return
            out, err = self._routers
            self._routers = None
            if sys.stdout is out:  # somebody else's replacement is theirs to undo
                sys.stdout = out.original
            if sys.stderr is err:
                sys.stderr = err.original


_installation = _Installation()


@contextlib.contextmanager
def capture_output(on_line: Callable[[LogLine], None]) -> Iterator[None]:
    """Call back with each line that this context prints, instead of printing it.

    Text of threads that the code starts is not captured, nor what is written to the
    file descriptors below Python.
    """
    capture = _Capture(on_line)
    token = _current.set(capture)
    _installation.acquire()
    try:
        yield
    finally:
        _installation.release()
        _current.reset(token)
        capture.close()
