"""Copying files and folders between another store and this machine, many at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from kit.errors import StorageError
from kit.storage.progress import Move, moving
from kit.storage.redaction import redacted
from kit.storage.remote.connecting import Remote, connect
from kit.storage.remote.loop import run
from kit.storage.remote.retrying import patiently
from kit.storage.remote.tally import Tally

__all__ = ["download_file", "download_folder", "upload_file", "upload_folder"]

_AT_ONCE = 32
_BIG_AT_ONCE = 4
_BIG = 5 * 2**20
"""What is uploaded in parts of this size, the least that S3 takes."""

_Job = Callable[[], Awaitable[None]]
_S3_PARTS = {"chunksize": _BIG, "max_concurrency": 4}


def download_file(url: str, local: Path) -> None:
    """Copy a file here, to a path that nobody looks at yet."""
    remote = connect(url)
    with moving("download", url) as (move, look):
        run(_get(remote, local, move, is_all=True), look)
    if local.is_dir():  # what fsspec makes of a folder
        local.rmdir()
        msg = f"{redacted(url)} is a folder, expected a file: use FlyteDirectory."
        raise StorageError(msg)


def upload_file(local: str, url: str) -> None:
    """Copy a local file to another store."""
    remote = connect(url)
    remote.make_folder(remote.path.rpartition("/")[0])
    with moving("upload", url) as (move, look):
        run(_put(remote, local, move, is_all=True), look)


def download_folder(url: str, local: Path) -> None:
    """Copy a folder with all that is in it here, to a path nobody looks at yet.

    Raises:
        StorageError: It is a file, or has names that no folder here can have.
    """
    remote = connect(url)
    found = run(patiently(_find(remote), remote.patience))
    files = _local_names(remote.path, found, url)
    local.mkdir()
    for name, entry in files.items():
        is_folder = entry["type"] == "directory"
        target = local / name if is_folder else (local / name).parent
        target.mkdir(parents=True, exist_ok=True)
    wanted = {n: e for n, e in files.items() if e["type"] != "directory"}
    sizes: list[int | None] = [entry.get("size") for entry in wanted.values()]
    with moving("download", url) as (move, look):
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
    with moving("upload", url) as (move, look):
        move.total = sum(files.values())
        jobs = [
            (partial(_put, remote.at(f"{base}/{name}"), f"{local}/{name}", move), size)
            for name, size in files.items()
        ]
        run(_all(jobs), look)


async def _get(
    remote: Remote, local: Path, move: Move, *, is_all: bool = False
) -> None:
    tally = Tally(move, is_all=is_all)
    step = remote.ask("get_file", str(local), callback=tally)
    await patiently(lambda: _counted(remote, step, tally), remote.patience)


async def _put(remote: Remote, local: str, move: Move, *, is_all: bool = False) -> None:
    tally = Tally(move, is_all=is_all)
    options: dict[str, Any] = {"callback": tally}
    if remote.kind == "s3":
        options |= _S3_PARTS
    if remote.kind == "web":
        options["method"] = "put"
    step = _put_step(remote, local, options)
    await patiently(lambda: _counted(remote, step, tally), remote.patience)


def _put_step(
    remote: Remote, local: str, options: dict[str, Any]
) -> Callable[[], Awaitable[Any]]:
    """Return what uploads: fsspec takes the local path first, then the other."""
    filesystem = remote.filesystem
    if filesystem.async_impl:
        return lambda: filesystem._put_file(local, remote.path, **options)  # noqa: SLF001 - fsspec's name for use in its loop
    return lambda: asyncio.to_thread(filesystem.put_file, local, remote.path, **options)


async def _counted(
    remote: Remote, step: Callable[[], Awaitable[Any]], tally: Tally
) -> None:
    """Await one attempt; given up, wait until nothing writes any more."""
    work = asyncio.ensure_future(step())
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        tally.stop()
        if remote.filesystem.async_impl:  # a thread ends by what the tally tells it
            work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        raise
    except BaseException:
        tally.undo()
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


def _find(remote: Remote) -> Callable[[], Awaitable[dict[str, Any]]]:
    return remote.ask("find", withdirs=True, detail=True)


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
