"""Files as tar archives: into a container, and out of it without harm."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from kit.errors import EngineError

__all__ = ["archive_in", "extract_out", "first_file", "inside"]

_IN_MEMORY = 8 * 2**20


def archive_in(
    files: Mapping[str, bytes], inputs: Iterable[Path], folders: Iterable[Path] = ()
) -> IO[bytes]:
    """Return a tar file of what a container starts from, relative to ``/``.

    Args:
        files: Contents by absolute path.
        inputs: Files and folders of this machine.
        folders: Folders that are made, for anyone to write.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in inputs:
            tar.add(path, arcname=_name(path), filter=_readable)
        for folder in folders:
            info = tarfile.TarInfo(_name(folder))
            info.type, info.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(info)
        for name, content in files.items():
            _add_file(tar, name, content)
    file.seek(0)
    return file


def _add_file(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path.lstrip("/"))
    info.mode, info.size = 0o644, len(content)
    tar.addfile(info, io.BytesIO(content))


def _readable(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Let the image's user read what the caller may read."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode |= 0o755 if info.isdir() else 0o444
    return info


def _name(path: Path) -> str:
    return str(path).lstrip("/")


def extract_out(chunks: Iterable[bytes], target: Path, wanted: tuple[str, ...]) -> None:
    """Extract some of what is in a container's copy of the run's folder.

    Names and links come from the task: nothing is written outside ``target``.

    Args:
        chunks: A tar file whose one top folder stands for ``target``.
        target: The run's folder here.
        wanted: Which folders and files in it.

    Raises:
        EngineError: The archive is cut off, or holds what would not stay inside.
    """
    stream = io.BufferedReader(_Chunks(iter(chunks)), _IN_MEMORY)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                steps = member.name.rstrip("/").split("/")[1:]
                if steps and steps[0] in wanted:
                    _extract(tar, member, target, steps)
    except tarfile.TarError as error:
        raise _cut_off(error) from error


def first_file(chunks: Iterable[bytes], most: int) -> bytes | None:
    """Return the content of an archive's first member, if it is a file and not larger.

    Args:
        chunks: A tar file.
        most: The largest size, in bytes.

    Raises:
        EngineError: The archive is cut off.
    """
    stream = io.BufferedReader(_Chunks(iter(chunks)), _IN_MEMORY)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            member = tar.next()
            if member is None or not member.isreg() or member.size > most:
                return None
            file = tar.extractfile(member)
            return None if file is None else file.read()
    except tarfile.TarError as error:
        raise _cut_off(error) from error


def _cut_off(error: tarfile.TarError) -> EngineError:
    return EngineError(
        f"What the engine copied out of the container is cut off: {error}."
    )


def _extract(
    tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, steps: list[str]
) -> None:
    path = inside(target, target.joinpath(*steps), member.name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif member.issym():
        inside(target, path.parent / member.linkname, member.name)
        path.symlink_to(member.linkname)
    elif member.islnk():
        original = target.joinpath(*member.linkname.split("/")[1:])
        shutil.copyfile(inside(target, original, member.name), path)
    else:
        source = tar.extractfile(member)
        if source is not None:  # None: a device or a pipe
            with source:
                _write(source, path)


def _write(source: IO[bytes], path: Path) -> None:
    """Write a file, whole or not at all."""
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(source, file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def inside(target: Path, path: Path, name: str) -> Path:
    """Return the path if it stays in the folder, symbolic links followed."""
    resolved = Path(os.path.realpath(path))
    if not resolved.is_relative_to(os.path.realpath(target)):
        msg = (
            f"The container's file {name!r} leads outside the folder of the run, and "
            "was not copied. Let the task write files there instead of links."
        )
        raise EngineError(msg)
    return path


class _Chunks(io.RawIOBase):
    """Reads pieces of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
