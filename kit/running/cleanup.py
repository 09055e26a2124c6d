"""Cleanup of run directories.

A temporary folder names the process that uses it.  Folders that no process uses any
more, of runs and proofs that failed, of ``kit run`` and of processes that were killed,
stay to be looked at: the newest of them, within bounds.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kit.errors import StorageError
from kit.runners.outcome import Outcome, Phase
from kit.runners.runner import RunRequest
from kit.runners.session import own_session, session_is_dead
from kit.runners.workspace import SESSION_FILE, Workspace

MOST_FOLDERS = 50
MOST_BYTES = 1 << 30
"""Of the folders that no process uses any more; the newest one stays in any case."""

_NAME = re.compile(r"kit-(run|proof)-[a-z0-9_]{8}")
_LONGEST_SESSION = 1_000  # characters
_at_exit: set[Path] = set()


def tidied(outcome: Outcome, *, keep: bool) -> Outcome:
    """Remove the folder of a good run, unless something is in it that is needed.

    Where outputs, decks or lines of the log are nowhere else, it stays until this
    process ends, and so does that of a run that was cancelled.  That of a run that
    failed stays among the newest, see :func:`release`.

    Args:
        outcome: How the run ended.
        keep: Whether the folder is to stay in any case.

    Returns:
        The outcome, without a directory if it is gone.
    """
    if keep:
        if outcome.directory is not None:
            _keep(outcome.directory)
        return outcome
    left = discarded(outcome)
    if left.directory is None:
        return left
    if left.succeeded or left.phase is Phase.ABORTED:
        remove_at_exit(left.directory)
    else:
        release(left.directory)
    return left


def discarded(outcome: Outcome) -> Outcome:
    """Remove the folder of a good run in which is nothing that is needed.

    Returns:
        The outcome, without a directory if it is gone.
    """
    directory = outcome.directory
    if directory is None or not outcome.succeeded or _is_needed(outcome, directory):
        return outcome
    shutil.rmtree(directory, ignore_errors=True)
    return dataclasses.replace(outcome, directory=None)


def restore(directory: Path, request: RunRequest) -> bool:
    """Make the folder of a good run anew, as it was at its start.

    It stays until this process ends.

    Returns:
        Whether it is there; what somebody else made of it is left as it is.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        directory.mkdir(mode=0o700)
        Workspace(directory, is_temporary=True).fill(request.template, request.inputs)
    except FileExistsError:
        return False
    except OSError as error:
        msg = f"The folder of the run cannot be made again: {error}."
        raise StorageError(msg) from error
    remove_at_exit(directory)
    return True


def claim(directory: Path) -> None:
    """Note that this process uses a temporary folder."""
    _note(directory, own_session())


def _note(directory: Path, session: str) -> None:
    with contextlib.suppress(OSError):  # on a full disk, as all that is written there
        path = directory / SESSION_FILE
        path.write_text(session, "utf-8")
        now = time.time_ns()  # the clock of files may stand still for milliseconds
        os.utime(path, ns=(now, now))


def _keep(directory: Path) -> None:
    """Take a folder out of those that are removed some day."""
    session = directory / SESSION_FILE
    with contextlib.suppress(OSError):  # no temporary folder
        if session.read_text("utf-8", "replace") == own_session():
            session.unlink()


def release(directory: Path) -> None:
    """Leave a temporary folder to be looked at, and remove the oldest of such folders.

    There are at most :data:`MOST_FOLDERS` of them, of :data:`MOST_BYTES` together.
    """
    _note(directory, "")
    size = 0
    for position, folder in enumerate(_unused()):
        size += size_of(folder)
        if position and (position >= MOST_FOLDERS or size > MOST_BYTES):
            shutil.rmtree(folder, ignore_errors=True)


def _unused() -> Iterator[Path]:
    """Yield this user's temporary folders that no process uses, the newest first."""
    found = []
    for folder in Path(tempfile.gettempdir()).glob("kit-*"):
        if not _NAME.fullmatch(folder.name):
            continue
        try:
            status, session = folder.lstat(), folder / SESSION_FILE
            is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
            if is_own and _is_over(session):
                found.append((session.lstat().st_mtime_ns, folder))
        except OSError:  # gone meanwhile, or not one of these
            continue
    yield from (folder for _, folder in sorted(found, reverse=True))


def _is_over(session: Path) -> bool:
    if not stat.S_ISREG(session.lstat().st_mode):  # a pipe would never end
        return False
    with session.open(encoding="utf-8", errors="replace") as file:
        text = file.read(_LONGEST_SESSION)
    return not text or session_is_dead(text)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder, without following links."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # gone meanwhile
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - many
    return size


def _is_needed(outcome: Outcome, directory: Path) -> bool:
    if outcome.deck is not None or outcome.logs.dropped:
        return True
    if outcome.literals is None:
        return False
    return str(directory).encode() in outcome.literals.SerializeToString()


def remove_at_exit(directory: Path) -> None:
    """Remove a folder when this process ends."""
    if not _at_exit:
        atexit.register(_remove_all)
    _at_exit.add(directory)


def _remove_all() -> None:
    while _at_exit:
        shutil.rmtree(_at_exit.pop(), ignore_errors=True)
