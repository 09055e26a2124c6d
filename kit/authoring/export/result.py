"""What an export wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.shown import Shown

__all__ = ["Export"]


@dataclass(frozen=True, repr=False)
class Export(Shown):
    """What :func:`kit.export` wrote.

    Attributes:
        path: The folder or file, as it was given.
        kind: ``"package"``, ``"module"`` or ``"archive"``.
        files: What was written, relative to the folder; the one file's name; or the
            names in the archive.
        tasks: Each task's place as ``module:variable``, which ``kit run`` takes; in an
            archive, their names.
        executors: Each executor's dotted name, which the container loads.
        requirements: What has to be installed.
        notes: What a reader should know.
    """

    path: Path
    kind: str
    files: tuple[str, ...]
    tasks: tuple[str, ...]
    executors: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that tasks and executors are imported from."""
        places = [place.partition(":")[0] for place in self.tasks if ":" in place]
        places += [place.rpartition(".")[0] for place in self.executors]
        return tuple(dict.fromkeys(places))

    def __repr__(self) -> str:
        tasks = f"{len(self.tasks)} task{'s' * (len(self.tasks) != 1)}"
        files = f"{len(self.files)} file{'s' * (len(self.files) != 1)}"
        return f"Export({str(self.path)!r}, {self.kind}, {tasks}, {files})"
