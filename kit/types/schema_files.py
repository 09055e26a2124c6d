"""The parquet files in a schema's folder, read and written as frames."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.types.frames import (
    PARQUET,
    frame_handler,
    read_frame,
    read_parts,
    write_frame,
)

__all__ = ["SchemaOpenMode", "SchemaReader", "SchemaWriter"]


class SchemaOpenMode(enum.Enum):
    """What a schema is open for."""

    READ = "r"
    WRITE = "w"


@dataclasses.dataclass(frozen=True)
class SchemaReader:
    """Reads the frames of a schema's folder.

    Attributes:
        from_path: The folder.
        columns: The names of the columns to read; all if empty.
        frame_type: The class to read them as.
    """

    from_path: str
    columns: tuple[str, ...]
    frame_type: Any

    @property
    def column_names(self) -> list[str] | None:
        """The names of the columns to read, ``None`` for all."""
        return list(self.columns) or None

    def all(self) -> Any:
        """Read all as one frame.

        Raises:
            ConversionError: It cannot be read.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.from_path)
        return read_frame(handler, self.from_path, self.column_names)

    def iter(self) -> Iterator[Any]:
        """Read it file by file.

        Raises:
            ConversionError: It cannot be read.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.from_path)
        return read_parts(handler, self.from_path, self.column_names)


@dataclasses.dataclass(frozen=True)
class SchemaWriter:
    """Writes frames into a schema's folder.

    Attributes:
        to_path: The folder.
        frame_type: The class of the frames.
    """

    to_path: str
    frame_type: Any

    def write(self, *frames: Any) -> None:
        """Write frames, each into a file of its own.

        Raises:
            ConversionError: One cannot be written.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.to_path)
        folder = Path(self.to_path)
        folder.mkdir(parents=True, exist_ok=True)
        there = len(list(folder.iterdir()))
        for part, frame in enumerate(frames, start=there):
            write_frame(handler, frame, self.to_path, part=part)
