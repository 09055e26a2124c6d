"""A context of its own for each local run, with an empty working directory."""

from __future__ import annotations

import datetime as dt
import functools
import os
import threading
from pathlib import Path

from kit.shim.checkpoint import Checkpoint
from kit.shim.context import ExecutionContext, current_context, local_context
from kit.storage import current_storage

__all__ = ["sandboxed"]

_making = threading.Lock()


def sandboxed(context: ExecutionContext | None) -> ExecutionContext:
    """Return the context of a new local run, with checkpoints and decks of its own.

    Args:
        context: What to start from; ``None`` for the current context.
    """
    base = current_context() if context is None else context
    storage = current_storage()
    outside = base is local_context()  # no run has called: its storage is the caller's
    run = object.__new__(_LocalRun)
    facts = run.__dict__
    facts.update(
        base.__dict__,
        execution_date=dt.datetime.now(dt.timezone.utc),
        raw_output_prefix=(
            storage.raw_output_prefix if outside else base.raw_output_prefix
        ),
        decks=[],
        place=_Place(storage.working_dir),
    )
    facts.pop("working_directory", None)
    facts.pop("checkpoints", None)
    return run


class _Place:
    """A directory with a new name, made when somebody asks where it is."""

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._made: str | None = None

    @property
    def directory(self) -> str:
        with _making:  # threads of one run ask for one directory
            if self._made is None:
                directory = Path(self._parent, os.urandom(16).hex())
                directory.mkdir(parents=True)
                self._made = str(directory)
            return self._made


class _LocalRun(ExecutionContext):
    """A run that makes its directory late: that is the slowest step of a small call.

    Contexts that are made of it by ``changed`` have the same place.
    """

    place: _Place

    @functools.cached_property
    def working_directory(self) -> str:
        return self.place.directory

    @functools.cached_property
    def checkpoints(self) -> Checkpoint:
        return Checkpoint(f"{self.place.directory}/__cp")
