"""Errors of stores, made errors of kit: what failed, why, and what to do."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from kit.errors import (
    KitError,
    StorageError,
    StorageForbiddenError,
    StorageNotFoundError,
    StorageUnavailableError,
)
from kit.storage.urls import redacted

_MISSING = {404, 410}
_FORBIDDEN = {401, 403, 407}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError"}
# Of aiohttp, botocore, urllib3 and fsspec.
_TRANSIENT_NAMES = {
    "ClientConnectionError",
    "ClientPayloadError",
    "EndpointConnectionError",
    "FSTimeoutError",
    "HTTPClientError",
    "IncompleteRead",
    "ResponseParserError",
    "TimeoutError",
}
# … and those of them that no second attempt mends.
_LASTING_NAMES = {
    "ClientConnectorDNSError",
    "ClientSSLError",
    "InvalidURL",
    "SSLError",
}
_FORBIDDEN_ADVICE = (
    "its store refuses it. Check the permissions and the credentials of this process."
)
_UNAVAILABLE_ADVICE = (
    "its store did not answer well, also when asked again. Try later, or raise "
    "KIT_STORAGE_RETRIES or KIT_STORAGE_TIMEOUT."
)


@contextlib.contextmanager
def converted_errors(action: str, path: str) -> Iterator[None]:
    """Raise what goes wrong in a ``with`` block as one of kit's errors."""
    try:
        yield
    except Exception as error:  # each fsspec store has errors of its own
        made = failure(action, path, error)
        if made is error:
            raise
        raise made from raised_from(made, error)


def failure(action: str, path: str, error: BaseException) -> KitError:
    """Return the error to raise for one of a store's own.

    Args:
        action: What was tried, such as ``"download"``.
        path: The path or URL of it.
        error: What was raised.
    """
    if isinstance(error, KitError):
        return error
    where = redacted(path)
    why = redacted(f"{type(error).__name__}: {error}")
    for kind, applies, advice in (
        (StorageNotFoundError, is_missing, _missing_advice(error)),
        (StorageForbiddenError, _is_forbidden, _FORBIDDEN_ADVICE),
        (StorageUnavailableError, is_transient, _UNAVAILABLE_ADVICE),
    ):
        if applies(error):
            return kind(f"Cannot {action} {where}: {advice} ({why})")
    return StorageError(
        f"Cannot {action} {where}: {why}. Check the path and its permissions, and for "
        "a URL that its store can do this."
    )


def _missing_advice(error: BaseException) -> str:
    if "bucket" in str(error).lower():
        return "there is no such bucket. Check its name."
    return "there is no such file or folder. Check the path."


def raised_from(made: KitError, error: BaseException) -> BaseException | None:
    """Return the cause to show with an error of kit's.

    None where kit's says all there is to know, or where the cause tells credentials.
    """
    if made is error:
        return error.__cause__
    if isinstance(made, _SELF_EXPLAINING):
        return None
    text = "".join(str(one) for one in _causes(error))
    return error if redacted(text) == text else None


def is_missing(error: BaseException) -> bool:
    """Say whether what was asked for is not there."""
    return isinstance(error, FileNotFoundError) or _status(error) in _MISSING


def _is_forbidden(error: BaseException) -> bool:
    return (
        isinstance(error, PermissionError)
        or _status(error) in _FORBIDDEN
        or without_credentials(error)
    )


def without_credentials(error: BaseException) -> bool:
    """Say whether a store would not even be asked, for want of credentials."""
    return bool(_class_names(error) & _NO_CREDENTIALS)


def is_transient(error: BaseException) -> bool:
    """Say whether trying again may help."""
    if isinstance(error, KitError):
        return False
    status = _status(error)
    if status is not None:
        return status in _TRANSIENT
    names = _class_names(error)
    if names & _LASTING_NAMES:
        return False
    return (
        isinstance(error, (TimeoutError, ConnectionError))
        or bool(names & _TRANSIENT_NAMES)
        or getattr(error, "errno", None) == errno.ETIMEDOUT
    )


def _class_names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _status(error: BaseException) -> int | None:
    """Return the HTTP status behind an error, if it has one."""
    for one in _causes(error):
        response = getattr(one, "response", None)
        if isinstance(response, dict):  # botocore's
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:  # aiohttp's
            status = getattr(one, "status", None)
        if isinstance(status, int):
            return status
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it says it was raised from."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:  # a library's may be its own
        seen.append(cause)
        yield cause
        cause = cause.__cause__


_SELF_EXPLAINING = (
    StorageNotFoundError,
    StorageForbiddenError,
    StorageUnavailableError,
)
