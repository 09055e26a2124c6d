"""What Flyte is told about a run that failed: the error.pb beside the outputs.

Flyte decides by three of its fields: an error of origin USER counts against the task's
own retries and one of origin SYSTEM against the platform's, and only a RECOVERABLE one
is tried again at all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TypeAlias

from flyteidl.core import errors_pb2, execution_pb2
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import (
    ExecutorError,
    KitError,
    OutputError,
    RecoverableError,
    StorageError,
)
from kit.shim.executable import author_traceback, is_authors
from kit.shim.flytekit_bridge import mro_names

MAX_MESSAGE_BYTES = 1 << 20
"""Longest message: propeller reads 2 MiB by default, admin keeps 32,000 bytes of it."""

Kind: TypeAlias = errors_pb2.ContainerError.Kind
Origin: TypeAlias = execution_pb2.ExecutionError.ErrorKind
_RECOVERABLE = errors_pb2.ContainerError.RECOVERABLE
_NON_RECOVERABLE = errors_pb2.ContainerError.NON_RECOVERABLE
_USER = execution_pb2.ExecutionError.USER
_SYSTEM = execution_pb2.ExecutionError.SYSTEM


class Terminated(BaseException):
    """The process was asked to end by a signal; no ``except Exception`` stops it."""


def error_document(
    error: BaseException, environ: Mapping[str, str] | None = None
) -> errors_pb2.ErrorDocument:
    """Describe an exception the way Flyte's engine reads it.

    Args:
        error: What ended the run, with its traceback.
        environ: Variables of the container, for the worker's name in a distributed
            task.

    Returns:
        The document, with a message of at most :data:`MAX_MESSAGE_BYTES`.
    """
    origin = _origin(error)
    return errors_pb2.ErrorDocument(
        error=errors_pb2.ContainerError(
            code=_clean(_code(error, origin)),
            message=_bounded(_message(error)),
            kind=_kind(error, origin),
            origin=origin,
            timestamp=_timestamp(error),
            worker=_clean(_worker(environ or {})),
        )
    )


def parse_error_document(
    data: bytes, source: str = "error.pb"
) -> errors_pb2.ErrorDocument:
    """Read an error document.

    Raises:
        StorageError: The bytes are no error document.
    """
    document = errors_pb2.ErrorDocument()
    try:
        document.ParseFromString(data)
    except DecodeError as error:
        msg = f"{source} is no error document: {error}."
        raise StorageError(msg) from error
    if not document.HasField("error"):
        msg = f"{source} holds no error: it has {len(data)} bytes."
        raise StorageError(msg)
    return document


def error_file_name(environ: Mapping[str, str]) -> str:
    """Name the file: ``error.pb``, or one of its own for each distributed worker."""
    if not _error_strategy(environ):
        return "error.pb"
    return f"error-{os.urandom(16).hex()}.pb"


def is_ignore_outputs(error: BaseException) -> bool:
    """Say whether an exception is how a task ends well without outputs."""
    names = mro_names(error)
    return (
        "kit.errors.IgnoreOutputs" in names
        or "flytekit.core.base_task.IgnoreOutputs" in names
    )


def _origin(error: BaseException) -> Origin:
    """Tell whose error it is: the author's code and what it returned, or the rest."""
    if isinstance(error, Terminated):
        return _SYSTEM
    if is_authors(error) or isinstance(error, (ExecutorError, OutputError)):
        return _USER
    return _SYSTEM


def _kind(error: BaseException, origin: Origin) -> Kind:
    """Tell whether another attempt may go better.

    What kit says about bytes, types and names is the same at every attempt.  Storage
    and everything unforeseen around the executor may be a passing trouble.
    """
    if origin == _USER:
        return _RECOVERABLE if _says_recoverable(error) else _NON_RECOVERABLE
    if isinstance(error, KitError) and not isinstance(error, StorageError):
        return _NON_RECOVERABLE
    return _RECOVERABLE


def _says_recoverable(error: BaseException) -> bool:
    return isinstance(error, RecoverableError) or (
        "flytekit.exceptions.base.FlyteRecoverableException" in mro_names(error)
    )


def _code(error: BaseException, origin: Origin) -> str:
    """Return the exception's own ``error_code``, else its class after the origin."""
    if isinstance(error, Terminated):
        return "SYSTEM:Terminated"
    own = _own_code(error)
    if own:
        return own
    side = "USER" if origin == _USER else "SYSTEM"
    return f"{side}:{type(error).__name__}"


def _own_code(error: BaseException) -> str:
    for holder in (error, type(error)):  # flytekit's is a property of the metaclass
        try:
            own = getattr(holder, "error_code", None)
        except Exception:  # noqa: BLE001, S112 - an author's property may raise anything
            continue
        if isinstance(own, (str, int)):
            return str(own)
    return ""


def _message(error: BaseException) -> str:
    """Write trace and summary in the form that Flyte's console knows from flytekit."""
    import textwrap
    import traceback

    trace = "".join(
        traceback.format_exception(
            type(error), error, _shown_traceback(error), chain=not _is_kits(error)
        )
    )
    summary = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, SystemExit):
        summary += ": the task ended its process. Return the outputs, or raise an error"
    if isinstance(error, KeyboardInterrupt):
        summary += ": the task raised it; nobody stopped the run. Raise an error"
    indent = "    "
    return (
        f"Trace:\n\n{textwrap.indent(trace, indent)}\n"
        f"Message:\n\n{textwrap.indent(summary, indent)}"
    )


def _is_kits(error: BaseException) -> bool:
    return isinstance(error, KitError) and not is_authors(error)


def _shown_traceback(error: BaseException) -> TracebackType | None:
    """Return the frames that help: an author's own, or all where something broke.

    What kit raises on purpose explains itself, and its frames would only hide that.
    """
    if is_authors(error) or _is_kits(error):
        return author_traceback(error)
    return error.__traceback__


def _bounded(text: str) -> str:
    """Cut the middle out of a long text: both ends of a traceback matter."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= MAX_MESSAGE_BYTES:
        return data.decode("utf-8")
    mark = f"\n… {len(data) - MAX_MESSAGE_BYTES:,} bytes are left out here …\n"
    half = (MAX_MESSAGE_BYTES - len(mark.encode())) // 2
    head = data[:half].decode("utf-8", "ignore")
    tail = data[-half:].decode("utf-8", "ignore")
    return head + mark + tail


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _timestamp(error: BaseException) -> Timestamp:
    """Return the time that flytekit's exceptions carry, else now."""
    known = "flytekit.exceptions.base.FlyteException" in mro_names(error)
    stamp = getattr(error, "timestamp", None) if known else None
    seconds = time.time() if stamp is None else float(stamp)
    whole = int(seconds)
    return Timestamp(seconds=whole, nanos=int((seconds - whole) * 1_000_000_000))


def _error_strategy(environ: Mapping[str, str]) -> str:
    return environ.get("FLYTE_INTERNAL_DIST_ERROR_STRATEGY", environ.get("_F_DES", ""))


def _worker(environ: Mapping[str, str]) -> str:
    if not _error_strategy(environ):
        return ""
    return environ.get("FLYTE_INTERNAL_WORKER_NAME", environ.get("_F_WN", ""))
