"""The decks that a run has published while it goes on."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kit.runners.outcome import Outcome
from kit.runners.workspace import DECK_FILE
from kit.shim.deck_file import Decks

__all__ = ["published_decks", "published_state"]

_LARGEST = 64_000_000  # bytes


def published_decks(run: Outcome) -> Decks:
    """Return the decks that are there by now; empty if there are none yet."""
    if run.phase.is_final:
        return run.decks
    path = _place(run)
    page = None if path is None else _read(path)
    if page is None:
        return Decks(title=run.task)
    return Decks.parse(page, title=run.task, path=str(path))


def published_state(run: Outcome) -> tuple[int, int] | None:
    """Return what changes when decks are published anew; None before the first."""
    path = _place(run)
    try:
        found = None if path is None else path.lstat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _place(run: Outcome) -> Path | None:
    return None if run.directory is None else run.directory / "outputs" / DECK_FILE


def _read(path: Path) -> str | None:
    """Read a file that a container may be writing: it may be a link, or a pipe."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                return None
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return None
