"""Paths, URLs and variables of stores, and what of them may be shown."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

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


ELSEWHERE = "elsewhere://"
"""Before a path that a run names and that is not one of its own files."""

_STORES = frozenset(
    (
        *("abfs", "abfss", "adl", "az", "dbfs", "gcs", "gs", "hdfs", "http", "https"),
        *("lakefs", "oci", "ocilake", "oss", "s3", "s3a", "tos", "tosfs", "webhdfs"),
    )
)


def is_store(path: str) -> bool:
    """Say whether a path is a URL of a store, of which nothing is on this machine.

    fsspec has other schemes, which read local files: ``local://``, ``git://``,
    ``zip://``, and URLs through others.

    >>> is_store("s3://bucket/key"), is_store("local:///etc/passwd")
    (True, False)
    >>> is_store("simplecache::s3://bucket/key")
    False
    """
    return path.partition("://")[0].lower() in _STORES


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


_kept: list[Mapping[str, str]] = []


def store_environ() -> Mapping[str, str]:
    """Return the variables that stores are set up with: today's, or those kept."""
    return _kept[-1] if _kept else os.environ


@contextlib.contextmanager
def kept_environ() -> Iterator[None]:
    """Keep the variables of stores as they are now, whatever a task does to its own.

    It counts for all threads: files of a run are read and written from several.
    """
    _kept.append(dict(os.environ))
    try:
        yield
    finally:
        _kept.pop()


_HIDDEN = "***"
_PASSWORD = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/'\"]*@")
_QUERY = re.compile(r"([A-Za-z][\w+.-]{0,30}://(?:(?!://)[^\s?'\"<>])+\?)([^\s'\"<>]+)")
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
    for secret in _secrets(store_environ() if environ is None else environ):
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
