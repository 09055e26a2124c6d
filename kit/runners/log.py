"""What a run wrote: lines marked with their stream, kept within bounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from kit.runners.log_file import LogFile
from kit.runners.log_line import LogLine, Stream

__all__ = ["Log", "LogLine", "Stream"]


class Log:
    """The last lines of a run, safe to append to and read from several threads.

    What no longer fits is forgotten from the front and counted in :attr:`dropped`,
    so a task that prints for hours costs no more memory than a quiet one.

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
        self.dropped = 0

    def append(self, line: LogLine) -> None:
        """Keep a line, and forget the oldest ones if there are now too many.

        Raises:
            StorageError: The file cannot be written.
        """
        with self._lock:
            if self._file is not None:
                self._file.write(line)
            self._lines.append(line)
            self._characters += len(line.text)
            while self._is_over_full():
                self._characters -= len(self._lines.popleft().text)
                self.dropped += 1

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
