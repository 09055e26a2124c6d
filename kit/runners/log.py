"""What a run wrote: lines marked with their stream, kept within bounds."""

from __future__ import annotations

import codecs
import contextlib
import contextvars
import io
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from kit.errors import StorageError

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class LogLine:
    """One line of output without its line end, and the stream it came from.

    Attributes:
        stream: The stream.
        text: The line.
        is_overwritten: Whether it ended in a carriage return alone: in a terminal the
            next line of its stream is written over it, as progress bars do.
    """

    stream: Stream
    text: str
    is_overwritten: bool = False

    def __str__(self) -> str:
        return self.text


class LogFile:
    """Writes each line after the name of its stream and a tab.

    The file is made with the first line, and a line that comes after the end is not
    written any more.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._is_closed = False

    def write(self, line: LogLine) -> None:
        """Write a line.

        Raises:
            StorageError: The file cannot be written.
        """
        if self._is_closed:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", errors="replace")
            self._file.write(f"{line.stream}\t{line.text}\n")
        except OSError as error:
            raise self._error(error) from error

    def flush(self) -> None:
        """Let a reader of the file see every line up to now.

        Raises:
            StorageError: The file cannot be written.
        """
        if self._file is None or self._is_closed:
            return
        try:
            self._file.flush()
        except OSError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Finish the file, for good also if that fails.

        Raises:
            StorageError: The file cannot be written.
        """
        self._is_closed = True
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> StorageError:
        return StorageError(f"The log of the run cannot be written: {error}.")


class Log:
    """The last lines of a run, safe to append to and read from several threads.

    What no longer fits is forgotten from the front and counted in :attr:`dropped`,
    so a task that prints for hours costs no more memory than a quiet one.  A line that
    is overwritten is replaced by the next one of its stream, so a progress bar is one
    line.

    >>> log = Log(max_lines=2)
    >>> for word in ("one", "two", "three"):
    ...     log.append(LogLine("stdout", word))
    >>> [line.text for line in log], log.dropped
    (['two', 'three'], 1)

    Args:
        max_lines: How many lines are kept in memory.
        max_characters: How many characters these may have; one line is always kept.

    Attributes:
        dropped: How many lines are forgotten.
        changes: How many lines were appended, those that replaced another one too.
    """

    def __init__(
        self,
        *,
        max_lines: int = 10_000,
        max_characters: int = 8_000_000,
    ) -> None:
        self._lines: deque[LogLine] = deque()
        self._characters = 0
        self._max_lines = max_lines
        self._max_characters = max_characters
        self._lock = threading.Lock()
        self._file: LogFile | None = None
        self._replaceable: dict[Stream, int] = {}  # the numbers of overwritten lines
        self.dropped = 0
        self.changes = 0

    def append(self, line: LogLine) -> None:
        """Keep a line, and forget the oldest ones if there are now too many.

        Raises:
            StorageError: The file cannot be written.
        """
        with self._lock:
            if self._file is not None:
                self._file.write(line)
            self.changes += 1
            place = self._place(line)
            if place is None:
                self._lines.append(line)
            else:
                self._characters -= len(self._lines[place].text)
                self._lines[place] = line
            self._characters += len(line.text)
            while self._is_over_full():
                self._characters -= len(self._lines.popleft().text)
                self.dropped += 1

    def _place(self, line: LogLine) -> int | None:
        """Return where the line is that this one overwrites; None if there is none."""
        number = self._replaceable.pop(line.stream, -1)
        is_kept = number >= self.dropped
        if line.is_overwritten:
            last = self.dropped + len(self._lines)
            self._replaceable[line.stream] = number if is_kept else last
        return number - self.dropped if is_kept else None

    def write_to(self, path: Path) -> None:
        """Write every line from now on to a file, which is made with the first."""
        with self._lock:
            self._file = LogFile(path)

    @property
    def path(self) -> Path | None:
        """The file that has every line, None if there is none."""
        if self._file is None or not self._file.path.is_file():
            return None
        with self._lock:
            self._file.flush()
        return self._file.path

    def close(self) -> None:
        """Finish the file; a line that still comes is kept in memory only.

        Raises:
            StorageError: The file cannot be written.
        """
        if self._file is not None:
            with self._lock:
                self._file.close()

    def _is_over_full(self) -> bool:
        if len(self._lines) > self._max_lines:
            return True
        return self._characters > self._max_characters and len(self._lines) > 1

    def __iter__(self) -> Iterator[LogLine]:
        with self._lock:
            return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def text(self, stream: Stream | None = None) -> str:
        """Join the kept lines of one stream, or of both, each with a line end."""
        chosen = (line for line in self if stream in (None, line.stream))
        return "".join(f"{line.text}\n" for line in chosen)

    def tail(self, count: int) -> tuple[LogLine, ...]:
        """Return the last ``count`` lines of both streams."""
        return tuple(self)[-count:] if count > 0 else ()

    def __repr__(self) -> str:
        return f"Log({len(self)} lines, {self.dropped} dropped)"


_LINE_END = re.compile("([\r\n])")
MAX_LINE = 65_536
"""Characters after which a line is passed on although it has not ended."""


class Lines:
    """Decodes one stream and calls back with each of its lines.

    Bytes that are not UTF-8 become replacement characters.  A carriage return ends a
    line too, which the next one overwrites.
    """

    def __init__(self, stream: Stream, emit: Callable[[LogLine], None]) -> None:
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        # It passes on both characters of a line end together.
        self._decoder = io.IncrementalNewlineDecoder(utf8, translate=False)
        self._stream: Stream = stream
        self._emit = emit
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take the next bytes; ``final`` also passes on a line that has no end."""
        text = self._decoder.decode(data, final).replace("\r\n", "\n")
        *lines, rest = _LINE_END.split(self._rest + text)
        for line, end in zip(lines[::2], lines[1::2], strict=True):
            self._emit_line(line, is_overwritten=end == "\r")
        if final and rest:
            self._emit_line(rest, is_overwritten=False)
            rest = ""
        whole = max(len(rest) - 1, 0) // MAX_LINE * MAX_LINE
        self._emit_in_pieces(rest[:whole])
        self._rest = rest[whole:]

    def _emit_line(self, line: str, *, is_overwritten: bool) -> None:
        if len(line) > MAX_LINE:
            self._emit_in_pieces(line)
        elif line or not is_overwritten:  # a carriage return at the start of a line
            self._emit(LogLine(self._stream, line, is_overwritten))

    def _emit_in_pieces(self, text: str) -> None:
        for start in range(0, len(text), MAX_LINE):
            self._emit(LogLine(self._stream, text[start : start + MAX_LINE]))


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
