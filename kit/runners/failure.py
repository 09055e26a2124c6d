"""Why a run did not succeed, as facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError

__all__ = ["Failure", "Kind", "Origin"]

Origin = Literal["USER", "SYSTEM", "UNKNOWN"]
Kind = Literal["RECOVERABLE", "NON_RECOVERABLE"]

_MESSAGE = re.compile(
    r"\ATrace:\n\n(?P<trace>.*)\n\nMessage:\n\n(?P<message>.*)\Z", re.DOTALL
)
_TYPE_AND_TEXT = re.compile(r"\A(?P<type>[\w.]+)(?:: (?P<text>.*))?\Z", re.DOTALL)


@dataclass(frozen=True)
class Failure:
    """An error as the engine would see it.

    Attributes:
        type: Name of the exception's class, or of what happened, as in ``SIGKILL``.
        message: Its text, without the traceback.
        origin: ``USER`` if the executor raised it, ``SYSTEM`` if what is around did.
        kind: ``RECOVERABLE`` errors are tried again by the engine.
        code: The error document's code; empty if there was no document.
        traceback: The traceback as text; empty if there was none.
    """

    type: str
    message: str
    origin: Origin = "UNKNOWN"
    kind: Kind = "NON_RECOVERABLE"
    code: str = ""
    traceback: str = ""

    @classmethod
    def from_document(cls, document: ErrorDocument) -> Failure:
        """Take an error document apart.

        The message holds traceback and text in the form ``pyflyte-execute`` writes
        them: ``Trace:``, the traceback, ``Message:``, type and text.  A message in any
        other form is kept whole.
        """
        error = document.error
        parts = _MESSAGE.match(error.message)
        text = _dedent(parts["message"]) if parts else error.message
        trace = _dedent(parts["trace"]) if parts else ""
        named = _TYPE_AND_TEXT.match(text)
        return cls(
            type=named["type"] if parts and named else error.code,
            message=(named["text"] or "") if parts and named else text,
            origin=_origin(error.origin),
            kind=_kind(error.kind),
            code=error.code,
            traceback=trace,
        )

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


def _origin(value: ExecutionError.ErrorKind) -> Origin:
    if value == ExecutionError.USER:
        return "USER"
    return "SYSTEM" if value == ExecutionError.SYSTEM else "UNKNOWN"


def _kind(value: ContainerError.Kind) -> Kind:
    recoverable = value == ContainerError.RECOVERABLE
    return "RECOVERABLE" if recoverable else "NON_RECOVERABLE"


def _dedent(trace: str) -> str:
    """Take away the indentation that the document's form puts before each line."""
    lines = trace.rstrip().split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    margin = min(indents, default=0)
    return "\n".join(line[margin:] for line in lines)
