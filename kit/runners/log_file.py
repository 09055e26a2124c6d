"""All lines of a run, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from kit.errors import StorageError
from kit.runners.log_line import LogLine

__all__ = ["LogFile"]


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
