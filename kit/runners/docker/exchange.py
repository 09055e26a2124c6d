"""How a run's files get into a container, and what it wrote gets out of it.

They are mounted where that is sure to be right: the engine sees this process's files,
and what root writes in the container belongs to whoever runs this.  Else they are
copied, which takes any engine and any user of an image, and up to a fifth of a second.
Paths are the same on both sides, so that the locations in inputs and outputs stay true.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from kit.errors import EngineError
from kit.runners.docker.archive import archive_in, extract_out, inside
from kit.runners.docker.container import Container
from kit.runners.docker.engine import Engine
from kit.runners.docker.image import LocalImage
from kit.runners.docker.live_deck import deck_followed
from kit.runners.workspace import DECK_FILE, Workspace

__all__ = [
    "Copied",
    "Exchange",
    "Mounted",
    "can_mount",
    "make_harmless",
    "nanoseconds",
]

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
