"""Small questions to a store: a file's bytes, whether it is there, what is inside."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from kit.storage.failure import is_missing
from kit.storage.remote.connecting import Remote, connect
from kit.storage.remote.loop import run
from kit.storage.remote.retrying import patiently

__all__ = ["entries", "exists", "read", "walk", "write"]

_T = TypeVar("_T")


class _Enough(io.BytesIO):
    """Takes bytes until it has enough; whoever writes more is told to end.

    Args:
        limit: How many; None for all.
    """

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any) -> int:
        size = super().write(data)
        if self._limit is not None and self.tell() >= self._limit:
            raise _Full
        return size


class _Full(Exception):  # noqa: N818 - it is no error
    """There is enough."""


def _run(remote: Remote, step: Callable[[], Awaitable[_T]]) -> _T:
    return run(patiently(step, remote.patience))


def read(url: str, size: int | None) -> bytes:
    """Read a file, or as many of its first bytes as asked for."""
    remote = connect(url)
    if remote.kind == "other":
        with remote.filesystem.open(remote.path, "rb") as file:
            return bytes(file.read(-1 if size is None else size))

    async def once() -> bytes:
        taken = _Enough(size)
        with contextlib.suppress(_Full):
            await remote.ask("get_file", taken)()
        return taken.getvalue()[:size]

    return _run(remote, once)


def write(url: str, data: bytes) -> None:
    """Write a file whole."""
    remote = connect(url)
    remote.make_folder(remote.path.rpartition("/")[0])
    _run(remote, remote.ask("pipe_file", data))


def exists(url: str) -> bool:
    """Say whether a file or folder is there."""
    remote = connect(url)
    if remote.kind != "web":
        return bool(_run(remote, remote.ask("exists")))
    # To fsspec a web server that refuses or fails has nothing.
    try:
        read(url, 1)
    except Exception as error:
        if is_missing(error):
            return False
        raise
    return True


def entries(url: str) -> list[tuple[str, bool]]:
    """List a folder: the URL of each entry, and whether it is a folder."""
    remote = connect(url)
    found = []
    for entry in _run(remote, remote.ask("ls", detail=True)):
        inner = entry["name"].rstrip("/")
        # Object stores list a folder's own empty marker among what is in it.
        if inner != remote.path.rstrip("/"):
            name = inner.rpartition("/")[2]
            found.append((f"{url.rstrip('/')}/{name}", entry["type"] == "directory"))
    return found


def walk(
    url: str, maxdepth: int | None, *, topdown: bool, detail: bool
) -> tuple[str, Iterable[tuple[str, Any, Any]]]:
    """Return a folder's name in its store, and what fsspec's ``walk`` gives of it.

    Also a local folder, which fsspec walks the same way.
    """
    remote = connect(url)
    options = {"maxdepth": maxdepth, "on_error": "raise", "detail": detail}
    if remote.filesystem.async_impl:  # these know one direction only
        found = remote.filesystem.walk(remote.path, **options)
        return remote.path, found if topdown else reversed(list(found))
    return remote.path, remote.filesystem.walk(remote.path, topdown=topdown, **options)
