"""Local paths and URLs: which is which, and local files that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = [
    "is_local_file",
    "is_local_folder",
    "is_remote",
    "is_web",
    "local_path",
    "whole",
]

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
