"""Outputs of a run, by name, and decks while it goes on."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import nearest
from kit.notebook import Shown
from kit.runners.outcome import Failure, Outcome
from kit.runners.workspace import DECK_FILE
from kit.shim.deck_file import Decks

_LONGEST_ERROR = 500


@dataclass(frozen=True)
class OutputFacts:
    """What is known of outputs beside their values.

    Attributes:
        task: Name of the task.
        literals: The same values on the wire, None if they are not known.
        types: Their declared Python types, where they are known.
    """

    task: str
    literals: LiteralMap | None = None
    types: Mapping[str, Any] = field(default_factory=dict)


class Outputs(Shown, Mapping[str, Any]):
    """Python values by name, in the order of the interface.

    An output is an item, and an attribute too where its name is none of a mapping's
    own.

    Args:
        values: The values.
        task: Name of the task.
        literals: The same values on the wire, if they are known.
        types: Their declared Python types, if they are known.
        failure: Why there are none, if the run did not succeed.

    >>> outputs = Outputs({"o0": 3}, task="double")
    >>> outputs["o0"], outputs.o0
    (3, 3)
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        task: str,
        literals: LiteralMap | None = None,
        types: Mapping[str, Any] | None = None,
        failure: Failure | None = None,
    ) -> None:
        self._failure = failure
        self._values = dict(values)
        self._facts = OutputFacts(task, literals, dict(types or {}))

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(self._unknown(name)) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked for by copies and by IPython
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def _unknown(self, name: str) -> str:
        task = self._facts.task
        if self._failure is not None:
            error = str(self._failure)
            shown = error[:_LONGEST_ERROR] + "…" * (len(error) > _LONGEST_ERROR)
            return f"The run of {task!r} has no outputs, it did not succeed: {shown}"
        if not self._values:
            return f"The run of {task!r} made no outputs."
        made = ", ".join(self._values)
        text = f"The run of {task!r} made no output {name!r}; it made {made}."
        return text + nearest(name, self._values)

    def __repr__(self) -> str:
        return repr(self._values)


def facts_of(outputs: Outputs) -> OutputFacts:
    """Return what is known of outputs; an attribute would hide an output's name."""
    return outputs._facts  # noqa: SLF001 - of the same module


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
