"""Files of a run in and out of its container: mounted, or copied as tar archives."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import stat
import tarfile
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from kit.errors import EngineError, StorageError
from kit.runners.docker.container import Container
from kit.runners.docker.engine import Engine, LocalImage
from kit.runners.workspace import DECK_FILE, Workspace
from kit.storage import write_bytes

_IN_MEMORY = 8 * 2**20
_PAUSE = 1.5  # seconds; the engine takes up to a tenth of one to look
_LARGEST = 64_000_000  # bytes
_ROOT = ("", "0", "root")
_MOMENT = re.compile(r"([\dT:-]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_OTHERWISE = ("name=userns", "name=selinux")
"""Security options under which root in a container may not, or is somebody else."""


def can_mount(engine: Engine, image: LocalImage) -> bool:
    """Say whether what a container writes to a mounted folder belongs to this user.

    It does if root runs in the image, and the engine runs as this user and makes
    nobody else of root.  Podman does not say what it mounts before the start, so that
    nobody could see whether it has the same files.
    """
    is_root = image.user.partition(":")[0] in _ROOT
    if not is_root or engine.socket is None or engine.program == "podman":
        return False
    if Path(engine.socket).stat().st_uid != os.geteuid():
        return False
    options = engine.security_options()
    return not any(option.startswith(_OTHERWISE) for option in options)


@dataclass(frozen=True)
class Exchange(ABC):
    """The files of one run.

    Attributes:
        workspace: Its folder.
        secrets: Contents by absolute path.
        inputs: Files and folders of this machine that its inputs name.
    """

    workspace: Workspace
    secrets: Mapping[str, bytes]
    inputs: tuple[Path, ...]

    @property
    def written(self) -> tuple[Path, ...]:
        """What the container writes."""
        workspace = self.workspace
        return (workspace.outputs, workspace.raw, workspace.report)

    @property
    def read(self) -> tuple[Path, ...]:
        """What of the run's folder it starts from."""
        return (self.workspace.template, self.workspace.inputs)

    @abstractmethod
    def archive(self) -> IO[bytes] | None:
        """Return a tar file of what has to be copied in; None if nothing has."""

    def followed(self, container: Container) -> AbstractContextManager[None]:  # noqa: ARG002 - what is mounted is here
        """See that decks are here as a running container publishes them."""
        return contextlib.nullcontext()

    @abstractmethod
    def take_back(self, container: Container) -> None:
        """See that what an ended container wrote is here, and harmless.

        Raises:
            EngineError: It is not to be had, or leads outside the run's folder.
            OSError: It cannot be written here.
        """


class Copied(Exchange):
    """All of it is copied in before the start, and out after the end."""

    def archive(self) -> IO[bytes]:
        """Return a tar file of all that the container starts from."""
        workspace = self.workspace
        own = {str(path): path.read_bytes() for path in self.read}
        folders = (workspace.directory, workspace.outputs, workspace.raw)
        return archive_in({**own, **self.secrets}, self.inputs, folders)

    def followed(self, container: Container) -> AbstractContextManager[None]:
        """Copy each deck.html that is published while this lasts."""
        return deck_followed(container, self.workspace.outputs / DECK_FILE)

    def take_back(self, container: Container) -> None:
        """Copy what the container wrote."""
        directory = self.workspace.directory
        with container.read_out(directory) as chunks:
            extract_out(chunks, directory, tuple(path.name for path in self.written))


class Mounted(Exchange):
    """What is written and read is mounted; secrets and inputs are still copies."""

    def archive(self) -> IO[bytes] | None:
        """Return a tar file of the inputs' files and of secrets, if there are any."""
        if not self.secrets and not self.inputs:
            return None
        return archive_in(self.secrets, self.inputs)

    def is_seen_by(self, container: Container) -> bool:
        """Say whether a container has the very files that are mounted.

        Another machine's engine may have other files under the same paths.
        """
        here = self.workspace.template.stat()
        there = container.described(str(self.workspace.template))
        if there is None or there["size"] != here.st_size:
            return False
        return nanoseconds(there["mtime"]) == here.st_mtime_ns

    def take_back(self, container: Container) -> None:  # noqa: ARG002 - it is here
        """Leave nothing of what the container wrote that leads outside."""
        report = self.workspace.report
        if not report.stat().st_size:
            report.unlink()  # it was made to be mounted
        for folder in (self.workspace.outputs, self.workspace.raw):
            make_harmless(self.workspace.directory, folder)


def nanoseconds(moment: str) -> int | None:
    """Return a time as Go writes it, in nanoseconds since the epoch."""
    parts = _MOMENT.fullmatch(moment)
    if parts is None:
        return None
    second, fraction, zone = parts.groups(default="")
    zone = "+00:00" if zone == "Z" else zone
    whole = int(datetime.fromisoformat(f"{second}{zone}").timestamp())
    return whole * 10**9 + int(f"{fraction:0<9.9}")


def make_harmless(target: Path, folder: Path) -> None:
    """Do to files that a container wrote what copying them would have done.

    Links that lead outside are an error, pipes and devices go, and no program runs as
    its owner.
    """
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            _check_link(target, path)
        elif stat.S_ISREG(mode):
            path.chmod(stat.S_IMODE(mode) & 0o777)
        elif not stat.S_ISDIR(mode):
            path.unlink()


def _check_link(target: Path, path: Path) -> None:
    try:
        inside(target, path, str(path.relative_to(target)))
    except EngineError:
        path.unlink()
        raise


@contextlib.contextmanager
def deck_followed(container: Container, deck: Path) -> Iterator[None]:
    """Copy a container's deck.html out of it whenever it was published anew.

    Args:
        container: It runs.
        deck: The file, there as well as here.
    """
    done = threading.Event()
    thread = threading.Thread(
        target=_follow, args=(container, deck, done), name="kit-deck", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _follow(container: Container, deck: Path, done: threading.Event) -> None:
    """Look again and again; what fails now is copied at the end, or fails there."""
    known: tuple[object, object] | None = None
    while not done.wait(_PAUSE):
        with contextlib.suppress(EngineError, StorageError):
            facts = container.described(str(deck))
            if facts is None or not 0 < facts["size"] <= _LARGEST:
                continue
            state = (facts["mtime"], facts["size"])
            if state != known:
                _copy(container, deck)
                known = state


def _copy(container: Container, deck: Path) -> None:
    with container.read_out(deck) as chunks:
        data = first_file(chunks, _LARGEST)
    if data is not None:
        write_bytes(str(deck), data)


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
