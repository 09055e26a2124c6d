"""What a test leaves behind: processes, threads, containers, mounts, folders."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from daemon import containers_of

from kit.runners.docker.engine import Engine
from kit.running.run import runs

_PATIENCE = 3.0
MARK = "KIT_TEST_FOOTPRINT"
"""A variable that all processes of a test inherit, however far they went."""


class Footprint:
    """Taken before a test, and compared after it.

    Args:
        scratch: Where the test's temporary folders are made.
        engine: Where it makes containers, if it does.
    """

    def __init__(self, scratch: Path, engine: Engine | None) -> None:
        self._scratch = scratch
        self._engine = engine
        self._threads = set(threading.enumerate())
        self._children = _children()
        self._mark = f"{MARK}={scratch}".encode()

    def left(self) -> dict[str, list[str]]:
        """Return what is there that was not, once it had the time to go."""
        kinds: dict[str, Callable[[], list[str]]] = {
            "threads": self._new_threads,
            "processes": self._new_processes,
            "containers": self._containers,
            "mounts": self._mounts,
            "folders": self._folders,
        }
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = {kind: look() for kind, look in kinds.items()}
            left = {kind: names for kind, names in found.items() if names}
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.02)

    def _new_threads(self) -> list[str]:
        return [
            thread.name
            for thread in threading.enumerate()
            if thread not in self._threads
        ]

    def _new_processes(self) -> list[str]:
        pids = (_children() - self._children) | _marked(self._mark)
        return [_command(pid) for pid in sorted(pids)]

    def _containers(self) -> list[str]:
        if self._engine is None:
            return []
        return [one["Names"][0] for one in containers_of(self._engine, os.getpid())]

    def _mounts(self) -> list[str]:
        points = (
            line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()
        )
        return [point for point in points if point.startswith(str(self._scratch))]

    def _folders(self) -> list[str]:
        """All but those of runs that say that theirs is there."""
        kept = {run.standing.directory for run in runs()}
        return [path.name for path in self._scratch.iterdir() if path not in kept]


def is_alive(pid: int) -> bool:
    """Say whether a process goes on; a zombie that nobody reaps does not."""
    state = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"])


def _processes() -> list[Path]:
    return [path for path in Path("/proc").iterdir() if path.name.isdigit()]


def _children() -> set[int]:
    """The processes that this one has started, zombies among them."""
    own = str(os.getpid())
    found = set()
    for path in _processes():
        fields = _read(path / "stat").rpartition(b")")[2].split()
        if len(fields) > 1 and fields[1].decode() == own:
            found.add(int(path.name))
    return found


def _marked(mark: bytes) -> set[int]:
    """The processes that inherited a variable, whoever is their parent by now."""
    return {
        int(path.name)
        for path in _processes()
        if mark in _read(path / "environ").split(b"\0")
        and path.name != str(os.getpid())
    }


def _command(pid: int) -> str:
    words = _read(Path(f"/proc/{pid}/cmdline")).decode("utf-8", "replace")
    return f"{pid} {words.replace(chr(0), ' ')}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended by now
        return b""
