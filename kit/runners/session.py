"""Sessions: which process made a container or a folder, and whether it has ended."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path

_SEPARATOR = " "


def own_session() -> str:
    """Return what no other process on any machine has: where it runs, id and start."""
    return _SEPARATOR.join([_place(), _boot(), str(os.getpid()), _start(os.getpid())])


def session_is_dead(session: str) -> bool:
    """Say whether a process of this machine has ended; of others nothing is known."""
    place, boot, pid, start = (session.split(_SEPARATOR) + [""] * 4)[:4]
    if place != _place() or not pid.isdigit():
        return False
    return boot != _boot() or not _is_alive(int(pid)) or _start(int(pid)) != start


@functools.lru_cache(maxsize=1)
def _place() -> str:
    """Tell this machine and, inside a container, this container, from all others."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - a link to no path
    except OSError:
        namespace = "-"
    return f"{platform.node()}:{namespace}"


@functools.lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return "-"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _status(pid)[:1] != ["Z"]


def _start(pid: int) -> str:
    """Return when a process started, in ticks since the boot, as ``/proc`` has it."""
    fields = _status(pid)
    return fields[19] if fields else "-"


def _status(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
