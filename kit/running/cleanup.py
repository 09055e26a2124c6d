"""Cleanup of run directories."""

from __future__ import annotations

import atexit
import dataclasses
import shutil
from pathlib import Path

from kit.errors import StorageError
from kit.runners.outcome import Outcome, Phase
from kit.runners.runner import RunRequest
from kit.runners.workspace import Workspace

_at_exit: set[Path] = set()


def tidied(outcome: Outcome, *, keep: bool) -> Outcome:
    """Remove the folder of a good run, unless something is in it that is needed.

    Where outputs, decks or lines of the log are nowhere else, it stays until this
    process ends, and so does that of a run that was cancelled.  That of a run that
    failed stays for good.

    Args:
        outcome: How the run ended.
        keep: Whether the folder is to stay in any case.

    Returns:
        The outcome, without a directory if it is gone.
    """
    if keep:
        return outcome
    left = discarded(outcome)
    ends_here = left.succeeded or left.phase is Phase.ABORTED
    if left.directory is not None and ends_here:
        remove_at_exit(left.directory)
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
        Workspace(directory).fill(request.template, request.inputs)
    except FileExistsError:
        return False
    except OSError as error:
        msg = f"The folder of the run cannot be made again: {error}."
        raise StorageError(msg) from error
    remove_at_exit(directory)
    return True


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
