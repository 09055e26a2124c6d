"""Files and folders of other stores: read, written, and copied many at once.

What fsspec and its stores do not do is here: one policy of retries for all of them, an
end of all work when the caller is interrupted, and names checked before they are
copied.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import fsspec
import fsspec.asyn

from kit.errors import MissingPackageError, StorageError, nearest
from kit.storage.failures import is_missing
from kit.storage.progress import ByteCounter, Move, transfer
from kit.storage.retries import RetryPolicy, with_retries
from kit.storage.urls import ELSEWHERE, redacted, store_environ

_S3 = ("s3", "s3a")
_WEB = ("http", "https")
_PACKAGES = {
    **dict.fromkeys(_S3, ("s3fs", "s3")),
    **dict.fromkeys(_WEB, ("aiohttp", "http")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", None)),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), ("adlfs", None)),
}
"""The package that brings a scheme's file system, and the extra of kit's with it."""


_T = TypeVar("_T")


@dataclass(frozen=True)
class Remote:
    """A file or folder in another store.

    Attributes:
        filesystem: Of its store, by fsspec.
        path: What it is called there.
        kind: Whether it is of S3, of a web server, or of another store.
        policy: How a step is asked again: not at all where the file system asks
            each of its requests again.
    """

    filesystem: Any
    path: str
    kind: Literal["s3", "web", "other"]
    policy: RetryPolicy

    def call(
        self, name: str, *arguments: Any, **options: Any
    ) -> Callable[[], Awaitable[Any]]:
        """Return what calls a method of the file system, whether it is async or not."""
        if self.filesystem.async_impl:
            method = getattr(self.filesystem, f"_{name}")
            return partial(method, *arguments, **options)
        plain = getattr(self.filesystem, name)
        return partial(asyncio.to_thread, plain, *arguments, **options)

    def at(self, path: str) -> Remote:
        """Return another path of the same store."""
        return replace(self, path=path)

    def make_folder(self, path: str) -> None:
        """Make a folder, where a store has folders.

        In S3 it would make the bucket, which is not ours to do.
        """
        if self.kind == "other":
            self.filesystem.makedirs(path, exist_ok=True)


def connect(url: str) -> Remote:
    """Return what a URL stands for.

    Raises:
        MissingPackageError: The package for its store is not installed.
        StorageError: No store has such URLs.
        StorageSettingError: A variable for stores is no such setting.
    """
    scheme = url.partition("://")[0].lower()
    try:
        if scheme in _S3:
            return _connect_s3(url)
        if scheme in _WEB:
            return _connect_web(url)
        filesystem, path = fsspec.core.url_to_fs(url)
        return Remote(filesystem, path, "other", RetryPolicy.from_environment())
    except ImportError as error:
        raise _missing_package(url, scheme, error) from error
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise
        raise _unknown(url, scheme) from error


def _connect_s3(url: str) -> Remote:
    from kit.storage.s3 import s3_store

    policy = RetryPolicy.from_environment()
    filesystem = s3_store(policy, store_environ())
    path = filesystem._strip_protocol(url)  # noqa: SLF001 - fsspec's own name for it in its docs
    return Remote(filesystem, path, "s3", replace(policy, retries=0))


def _connect_web(url: str) -> Remote:
    policy = RetryPolicy.from_environment()
    return Remote(_web(policy.timeout, os.getpid()), url, "web", policy)


@functools.lru_cache(maxsize=4)
def _web(wait: float, process: int) -> Any:
    """Return the file system of all web servers, as of :func:`_s3_store`."""
    del process
    import aiohttp

    # aiohttp's own limit is five minutes for all of a file, however large.
    limit = aiohttp.ClientTimeout(total=None, sock_connect=wait, sock_read=wait)
    # As curl and requests do: proxies and .netrc as the environment says.
    options = {"timeout": limit, "trust_env": True}
    return fsspec.filesystem("http", client_kwargs=options, skip_instance_cache=True)


def prepare(url: str) -> None:
    """Find a store's credentials now: the variables that name them may change."""
    remote = connect(url)
    if remote.kind == "s3":
        run(remote.filesystem.set_session())


def _missing_package(url: str, scheme: str, error: ImportError) -> MissingPackageError:
    package, extra = _PACKAGES.get(scheme, (error.name or str(error), None))
    return MissingPackageError(package, extra=extra, purpose=redacted(url))


def _unknown(url: str, scheme: str) -> StorageError:
    if url.startswith(ELSEWHERE):
        place = url.removeprefix(ELSEWHERE)
        msg = (
            f"{place!r} is not read: it is a path that a run names, and not one of its "
            "own files. Get the file from where the run was, and pass its path."
        )
        return StorageError(msg)
    known = fsspec.available_protocols()
    return StorageError(
        f"Cannot open {redacted(url)}: no store has URLs of {scheme!r}."
        f"{nearest(scheme, known)} Expected a local path, or a URL of s3, https, gs, "
        "abfs or another protocol that fsspec knows."
    )


_LOOK_EVERY = 0.1
_LONGEST_END = 10.0
"""Seconds that a stopped coroutine has to clean up."""


def run(
    coroutine: Coroutine[Any, Any, _T], look: Callable[[], object] | None = None
) -> _T:
    """Run a coroutine to its end, or stop it when this thread is interrupted.

    Args:
        coroutine: Made for fsspec's loop.
        look: Called ten times a second meanwhile, in this thread.
    """
    loop = fsspec.asyn.get_loop()
    done = threading.Event()
    tasks: list[asyncio.Task[_T]] = []

    def begin() -> None:
        tasks.append(loop.create_task(coroutine))
        tasks[0].add_done_callback(lambda _: done.set())

    loop.call_soon_threadsafe(begin)
    try:
        while not done.wait(_LOOK_EVERY):
            if look is not None:
                look()
    except BaseException:
        loop.call_soon_threadsafe(lambda: tasks[0].cancel())  # noqa: PLW0108 - there is none yet
        done.wait(_LONGEST_END)
        raise
    return tasks[0].result()


_AT_ONCE = 32
_BIG_AT_ONCE = 4
_BIG = 5 * 2**20
"""What is uploaded in parts of this size, the least that S3 takes."""

_Job = Callable[[], Awaitable[None]]
_S3_PARTS = {"chunksize": _BIG, "max_concurrency": 4}


def download_file(url: str, local: Path) -> None:
    """Copy a file here, to a path that nobody looks at yet."""
    remote = connect(url)
    with transfer("download", url) as (move, look):
        run(_get(remote, local, move, is_all=True), look)
    if local.is_dir():  # what fsspec makes of a folder
        local.rmdir()
        msg = f"{redacted(url)} is a folder, expected a file: use FlyteDirectory."
        raise StorageError(msg)


def upload_file(local: str, url: str) -> None:
    """Copy a local file to another store."""
    remote = connect(url)
    remote.make_folder(remote.path.rpartition("/")[0])
    with transfer("upload", url) as (move, look):
        run(_put(remote, local, move, is_all=True), look)


def download_folder(url: str, local: Path) -> None:
    """Copy a folder with all that is in it here, to a path nobody looks at yet.

    Raises:
        StorageError: It is a file, or has names that no folder here can have.
    """
    remote = connect(url)
    found = run(
        with_retries(
            remote.call("find", remote.path, withdirs=True, detail=True), remote.policy
        )
    )
    files = _local_names(remote.path, found, url)
    local.mkdir()
    for name, entry in files.items():
        is_folder = entry["type"] == "directory"
        target = local / name if is_folder else (local / name).parent
        target.mkdir(parents=True, exist_ok=True)
    wanted = {n: e for n, e in files.items() if e["type"] != "directory"}
    sizes: list[int | None] = [entry.get("size") for entry in wanted.values()]
    with transfer("download", url) as (move, look):
        move.total = None if None in sizes else sum(filter(None, sizes))
        jobs = [
            (
                partial(_get, remote.at(entry["name"]), local / name, move),
                entry.get("size") or 0,
            )
            for name, entry in wanted.items()
        ]
        run(_all(jobs), look)


def upload_folder(local: str, url: str) -> None:
    """Copy a local folder with all that is in it to another store."""
    remote = connect(url)
    folders, files = _walk(local)
    base = remote.path.rstrip("/")
    for name in folders:
        remote.make_folder(f"{base}/{name}".rstrip("/"))
    with transfer("upload", url) as (move, look):
        move.total = sum(files.values())
        jobs = [
            (partial(_put, remote.at(f"{base}/{name}"), f"{local}/{name}", move), size)
            for name, size in files.items()
        ]
        run(_all(jobs), look)


async def _get(
    remote: Remote, local: Path, move: Move, *, is_all: bool = False
) -> None:
    counter = ByteCounter(move, is_all=is_all)
    step = remote.call("get_file", remote.path, str(local), callback=counter)
    await with_retries(lambda: _counted(remote, step, counter), remote.policy)


async def _put(remote: Remote, local: str, move: Move, *, is_all: bool = False) -> None:
    counter = ByteCounter(move, is_all=is_all)
    options: dict[str, Any] = {"callback": counter}
    if remote.kind == "s3":
        options |= _S3_PARTS
    if remote.kind == "web":
        options["method"] = "put"
    step = remote.call("put_file", local, remote.path, **options)
    await with_retries(lambda: _counted(remote, step, counter), remote.policy)


async def _counted(
    remote: Remote, step: Callable[[], Awaitable[Any]], counter: ByteCounter
) -> None:
    """Await one attempt; given up, wait until nothing writes any more."""
    work = asyncio.ensure_future(step())
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        counter.stop()
        if remote.filesystem.async_impl:  # a thread ends by what the counter tells it
            work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        raise
    except BaseException:
        counter.undo()
        raise


async def _all(jobs: Iterable[tuple[_Job, int]]) -> None:
    """Await copies of files of some sizes, many at once; the first error ends all."""
    slots, big_slots = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_BIG_AT_ONCE)

    async def one(job: _Job, size: int) -> None:
        async with big_slots if size > _BIG else slots:
            await job()

    tasks = [asyncio.ensure_future(one(job, size)) for job, size in jobs]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _local_names(
    root: str, found: dict[str, dict[str, Any]], url: str
) -> dict[str, dict[str, Any]]:
    """Return what is in a folder by its path inside, having looked at every name."""
    base = root.rstrip("/")
    names: dict[str, dict[str, Any]] = {}
    for path, entry in found.items():
        if path.rstrip("/") == base:
            if entry["type"] != "directory" and not path.endswith("/"):
                msg = f"{redacted(url)} is a file, expected a folder: use FlyteFile."
                raise StorageError(msg)
            continue
        parts = [part for part in path[len(base) :].split("/") if part not in ("", ".")]
        name = "/".join(parts)
        is_folder = entry["type"] == "directory" or path.endswith("/")
        again = names.get(name)
        twice = again is not None and not (is_folder and again["type"] == "directory")
        if ".." in parts or twice:
            why = "leads out of it" if ".." in parts else "is there twice"
            msg = f"Cannot download {redacted(url)}: {name!r:.200} in it {why}."
            raise StorageError(msg)
        names[name] = {**entry, "type": "directory"} if is_folder else entry
    if not names and not found:
        raise FileNotFoundError(url)
    return names


def _walk(local: str) -> tuple[list[str], dict[str, int]]:
    """Return the folders in a folder, itself too, and the files with their sizes.

    Links are followed.

    Raises:
        StorageError: A link leads to a folder that it is in.
    """
    folders: list[str] = []
    files: dict[str, int] = {}

    def fail(error: OSError) -> None:
        raise error

    for folder, inside, names in os.walk(local, followlinks=True, onerror=fail):
        relative = Path(folder).relative_to(local).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        folders.append(prefix.rstrip("/"))
        for name in inside:
            _check_link(Path(folder, name))
        files |= {prefix + name: Path(folder, name).stat().st_size for name in names}
    return folders, files


def _check_link(folder: Path) -> None:
    if folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve()):
        msg = f"{folder} is a link to a folder that it is in: there is no end of it."
        raise StorageError(msg)


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
    return run(with_retries(step, remote.policy))


def read(url: str, size: int | None) -> bytes:
    """Read a file, or as many of its first bytes as asked for."""
    remote = connect(url)
    if remote.kind == "other":
        with remote.filesystem.open(remote.path, "rb") as file:
            return bytes(file.read(-1 if size is None else size))

    async def once() -> bytes:
        taken = _Enough(size)
        with contextlib.suppress(_Full):
            await remote.call("get_file", remote.path, taken)()
        return taken.getvalue()[:size]

    return _run(remote, once)


def write(url: str, data: bytes) -> None:
    """Write a file whole."""
    remote = connect(url)
    remote.make_folder(remote.path.rpartition("/")[0])
    _run(remote, remote.call("pipe_file", remote.path, data))


def exists(url: str) -> bool:
    """Say whether a file or folder is there."""
    remote = connect(url)
    if remote.kind != "web":
        return bool(_run(remote, remote.call("exists", remote.path)))
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
    for entry in _run(remote, remote.call("ls", remote.path, detail=True)):
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
