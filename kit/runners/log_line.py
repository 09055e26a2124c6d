"""One line that a run wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LogLine", "Stream"]

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class LogLine:
    """One line of output without its line end, and the stream it came from."""

    stream: Stream
    text: str

    def __str__(self) -> str:
        return self.text
