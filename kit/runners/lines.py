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
        while len(rest) > MAX_LINE:
            lines.append(rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        if final and rest:
            lines.append(rest)
            rest = ""
        self._rest = rest
        for line in lines:
            self._emit(LogLine(self._stream, line))
