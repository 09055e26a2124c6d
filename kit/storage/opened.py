"""A file of another store, opened where it is."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from typing import IO, Any

from kit.storage.files import told

__all__ = ["open_remote"]


@contextlib.contextmanager
def open_remote(
    url: str, mode: str, options: Mapping[str, Any] | None = None
) -> Iterator[IO[Any]]:
    """Open a file of another store; text is UTF-8.

    What is written appears when the ``with`` block ends well, and only then, in stores
    that let a file be given up, as S3 does.

    Args:
        url: The file.
        mode: As of the builtin.
        options: Of fsspec's ``open``, such as ``cache_type``.

    Raises:
        StorageError: It cannot be opened.
        MissingPackageError: The package for its store is not installed.
    """
    with told("open", url):
        from kit.storage.remote.connecting import connect

        remote = connect(url)
        bare = mode.replace("t", "").replace("b", "") + "b"
        raw = remote.filesystem.open(remote.path, bare, **(options or {}))
    text = None if "b" in mode else io.TextIOWrapper(raw, encoding="utf-8")
    try:
        yield text or raw
    except BaseException:
        if text is not None:
            text.detach()
        _give_up(raw)
        raise
    with told("write", url):
        (text or raw).close()


def _give_up(raw: Any) -> None:
    """Close a file without having what was written appear."""
    if raw.writable() and hasattr(raw, "discard"):
        raw.discard()
        raw.closed = True  # or else its end would still write the rest
    else:
        raw.close()
