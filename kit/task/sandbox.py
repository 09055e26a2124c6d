"""A working directory for each local run, and the context that says where it is."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

from kit.shim.checkpoint import Checkpoint
from kit.shim.context import ExecutionContext, current_context, local_context
from kit.storage import current_storage

__all__ = ["sandbox"]

_idle: dict[tuple[int, str], list[str]] = {}  # by process and storage


@contextlib.contextmanager
def sandbox(context: ExecutionContext | None) -> Iterator[ExecutionContext]:
    """Give a run an empty working directory, and checkpoints and decks of its own.

    A directory that is still empty after its run serves the next one: making one is
    the slowest step of a small task's call.
    """
    base = current_context() if context is None else context
    storage = current_storage()
    parent = storage.working_dir
    outside = base is local_context()  # no run has called: its storage is the caller's
    idle = _idle.setdefault((os.getpid(), parent), [])
    try:
        directory = idle.pop()
    except IndexError:
        directory = _new_directory(parent)
    try:
        yield base.changed(
            execution_date=dt.datetime.now(dt.timezone.utc),
            raw_output_prefix=(
                storage.raw_output_prefix if outside else base.raw_output_prefix
            ),
            working_directory=directory,
            checkpoints=Checkpoint(f"{directory}/__cp"),
            decks=[],
        )
    finally:
        if _is_empty(directory):
            idle.append(directory)


def _new_directory(parent: str) -> str:
    directory = Path(parent, os.urandom(16).hex())
    directory.mkdir(parents=True)
    return str(directory)


def _is_empty(directory: str) -> bool:
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is None
    except OSError:  # the run removed it, or put something else in its place
        return False
