"""Cut a stream of bytes into lines, whatever pieces it comes in."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable

from kit.runners.log_line import LogLine, Stream

__all__ = ["MAX_LINE", "Lines"]

MAX_LINE = 65_536
"""Characters after which a line is passed on although it has not ended."""


class Lines:
    """Decodes one stream and calls back with each of its lines.

    Bytes that are not UTF-8 become replacement characters.  A carriage return ends a
    line too, as in Python's text mode, so that progress bars are lines.
    """

    def __init__(self, stream: Stream, emit: Callable[[LogLine], None]) -> None:
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._stream: Stream = stream
        self._emit = emit
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take the next bytes; ``final`` also passes on a line that has no end."""
        *lines, rest = (self._rest + self._decoder.decode(data, final)).split("\n")
        if final and rest:
            lines.append(rest)
            rest = ""
        for line in lines:
            if len(line) <= MAX_LINE:
                self._emit(LogLine(self._stream, line))
            else:
                self._emit_in_pieces(line)
        whole = max(len(rest) - 1, 0) // MAX_LINE * MAX_LINE
        self._emit_in_pieces(rest[:whole])
        self._rest = rest[whole:]

    def _emit_in_pieces(self, text: str) -> None:
        for start in range(0, len(text), MAX_LINE):
            self._emit(LogLine(self._stream, text[start : start + MAX_LINE]))
