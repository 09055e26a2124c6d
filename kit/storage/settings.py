"""How long and how often to try: read from the environment, and checked."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kit.errors import (
    KitError,
    StorageError,
    StorageForbiddenError,
    StorageNotFoundError,
    StorageSettingError,
    StorageUnavailableError,
)

__all__ = [
    "Patience",
    "failure",
    "is_local_file",
    "is_local_folder",
    "is_missing",
    "is_remote",
    "is_transient",
    "is_web",
    "local_path",
    "raised_from",
    "redacted",
    "whole",
    "without_credentials",
]


_RETRIES = ("KIT_STORAGE_RETRIES", "FLYTE_AWS_RETRIES")
_BACKOFF = ("KIT_STORAGE_BACKOFF", "FLYTE_AWS_BACKOFF_SECONDS")
_TIMEOUT = ("KIT_STORAGE_TIMEOUT",)


@dataclass(frozen=True)
class Patience:
    """How a store that does not answer well is asked again.

    Attributes:
        retries: How often, after the first time.
        backoff: Seconds before the first retry; twice as long before each further
            one, up to 30.  Each wait is cut by a random part of up to a half.
        timeout: Seconds to wait for a connection, and for each next byte.
    """

    retries: int = 3
    backoff: float = 0.5
    timeout: float = 60.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Patience:
        """Read it from kit's variables, or else from those that flytekit has.

        Raises:
            StorageSettingError: A variable is no number, or out of range.
        """
        environ = os.environ if environ is None else environ
        return cls(
            retries=int(_number(environ, _RETRIES, cls.retries, 0, 100, whole=True)),
            backoff=_number(environ, _BACKOFF, cls.backoff, 0, 300),
            timeout=_number(environ, _TIMEOUT, cls.timeout, 0.1, 86_400),
        )


def _number(
    environ: Mapping[str, str],
    names: tuple[str, ...],
    default: float,
    least: float,
    most: float,
    *,
    whole: bool = False,
) -> float:
    """Return the number in the first of some variables that is set."""
    for name in names:
        text = environ.get(name, "").strip()
        if not text:
            continue
        try:
            number = int(text) if whole else float(text)
        except ValueError:
            number = math.nan
        if least <= number <= most:
            return number
        kind = "a whole number" if whole else "a number"
        msg = f"{name} is {text!r:.80}, expected {kind} from {least:g} to {most:g}."
        raise StorageSettingError(msg)
    return default


_HIDDEN = "***"
_PASSWORD = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/'\"]*@")
_QUERY = re.compile(r"([A-Za-z][\w+.-]*://[^\s?'\"<>]+\?)([^\s'\"<>]+)")
_VALUE = re.compile(r"=[^&#;]*")

# An access key's id is no secret, but with the other half it is a credential.
_SECRET_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "FLYTE_AWS_ACCESS_KEY_ID",
    "FLYTE_AWS_SECRET_ACCESS_KEY",
)
_SHORTEST_SECRET = 8
"""Shorter values are words, such as a sandbox's user name, that stand in hosts too."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Hide passwords and the values of queries in the URLs of a text.

    Args:
        text: A URL, or a message with some in it.
        environ: Where the credentials of stores are, hidden wherever they stand.

    >>> redacted("https://ada:pw@host/in.csv?X-Amz-Signature=0a1b&n=2")
    'https://***@host/in.csv?X-Amz-Signature=***&n=***'
    >>> redacted("s3://bucket/what?.csv is not there")
    's3://bucket/what?.csv is not there'
    """
    text = _PASSWORD.sub(f"{_HIDDEN}@", text)
    text = _QUERY.sub(_hide_query, text)
    for secret in _secrets(os.environ if environ is None else environ):
        text = text.replace(secret, _HIDDEN)
    return text


def _hide_query(match: re.Match[str]) -> str:
    place, query = match.groups()
    if "=" in query:
        return place + _VALUE.sub(f"={_HIDDEN}", query)
    # Of a web server the whole query may be a token; a key may have a question mark.
    return place + (_HIDDEN if place.lower().startswith("http") else query)


def _secrets(environ: Mapping[str, str]) -> list[str]:
    values = {environ.get(name, "") for name in _SECRET_VARIABLES}
    return sorted((v for v in values if len(v) >= _SHORTEST_SECRET), key=len)[::-1]


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


_FORBIDDEN_ADVICE = (
    "its store refuses it. Check the permissions and the credentials of this process."
)
_UNAVAILABLE_ADVICE = (
    "its store did not answer well, also when asked again. Try later, or raise "
    "KIT_STORAGE_RETRIES or KIT_STORAGE_TIMEOUT."
)


def _missing_advice(error: BaseException) -> str:
    if "bucket" in str(error).lower():
        return "there is no such bucket. Check its name."
    return "there is no such file or folder. Check the path."


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


def raised_from(made: KitError, error: BaseException) -> BaseException | None:
    """Return the cause to show with an error of kit's.

    None where kit's says all there is to know, or where the cause tells credentials.
    """
    if made is error:
        return error.__cause__
    if isinstance(made, _TOLD_IN_FULL):
        return None
    text = "".join(str(one) for one in _causes(error))
    return error if redacted(text) == text else None


_TOLD_IN_FULL = (StorageNotFoundError, StorageForbiddenError, StorageUnavailableError)


# As of RFC 3986, with the `_` and `::` that fsspec's have.
_SCHEME = re.compile(r"[A-Za-z_][A-Za-z0-9_+.:-]*")


def is_remote(path: str) -> bool:
    """Say whether a path is a URL of another store than the local file system.

    >>> is_remote("s3://bucket/key"), is_remote("file:///tmp/x"), is_remote("data/x")
    (True, False, False)

    fsspec's URLs through others are such URLs, too.

    >>> is_remote("simplecache::s3://bucket/key"), is_remote("data/a://b")
    (True, False)
    """
    scheme, separator, _ = path.partition("://")
    return bool(separator and _SCHEME.fullmatch(scheme)) and scheme.lower() != "file"


def is_web(path: str) -> bool:
    """Say whether a path is a URL of a web server, which has files but no folders."""
    return path.lower().startswith(("http://", "https://"))


def local_path(path: str) -> str:
    """Return a local path without its ``file://``, unquoted only if it had one.

    >>> local_path("file:///data/a%20b"), local_path("/data/a%20b")
    ('/data/a b', '/data/a%20b')
    """
    if path.lower().startswith("file://"):
        return unquote(urlsplit(path).path)
    return path


def is_local_file(path: str) -> bool:
    """Say whether a local path is a file; one that could not even be, is not.

    >>> is_local_file("/no/such/file"), is_local_file("x" * 10_000)
    (False, False)
    """
    try:
        return Path(local_path(path)).is_file()
    except (OSError, ValueError):  # such as a name too long, or with a zero byte
        return False


def is_local_folder(path: str) -> bool:
    """Say whether a local path is a folder; one that could not even be, is not."""
    try:
        return Path(local_path(path)).is_dir()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path beside a file's, to be written and then put in its place."""
    temporary = path.parent / f".kit-{os.urandom(16).hex()}"
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
