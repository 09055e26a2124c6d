"""Runs to files, and back."""

from __future__ import annotations

import atexit
import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import KitError, StorageError
from kit.runners.outcome import Outcome
from kit.runners.subprocess import SubprocessRunner
from kit.running.archive import extract, pack
from kit.running.outputs import Outputs
from kit.running.saved import SavedRun, read_saved, write_saved
from kit.shim.inputs import native_inputs
from kit.types import default_engine

if TYPE_CHECKING:
    from kit.running.run import Run

__all__ = ["guessed_outputs", "load", "save", "unpacked"]


def save(run: Run, path: Path, *, overwrite: bool) -> Path:
    """Write a run to a file when it has ended; see :meth:`Run.save`."""
    outcome = run.outcome
    if path.exists() and not overwrite:
        msg = f"{path} is there already: give another path, or overwrite=True."
        raise StorageError(msg)
    try:
        with tempfile.TemporaryDirectory(prefix="kit-save-") as folder:
            write_saved(Path(folder), run.request, outcome)
            pack(Path(folder), path)
    except OSError as error:
        raise StorageError(f"The run cannot be saved: {error}.") from error
    return path


def load(path: Path) -> Run:
    """Return a run that was saved; see :meth:`Run.load`."""
    from kit.running.run import Run
    from kit.running.session import next_number

    saved = unpacked(path)
    outcome = guessed_outputs(saved.request.template, saved.outcome)
    return Run.ended(saved.request, outcome, SubprocessRunner(), next_number())


def unpacked(path: Path) -> SavedRun:
    """Unpack a saved run into a folder that stays until this process ends.

    Raises:
        StorageError: The file cannot be read.
        SavedRunError: It is no saved run, or is damaged.
    """
    folder = Path(tempfile.mkdtemp(prefix="kit-saved-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        extract(path, folder)
        return read_saved(folder, path)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error}.") from error


def guessed_outputs(template: bytes, outcome: Outcome) -> Outcome:
    """Convert the outputs with the types that the template tells of.

    They stay literals where their types tell no Python type.
    """
    if outcome.literals is None:
        return outcome
    declared = TaskTemplate.FromString(template).interface.outputs.variables
    literals = LiteralMap()
    literals.CopyFrom(outcome.literals)
    try:
        outputs = native_inputs(literals, declared, default_engine)
    except KitError:
        outputs = dict(outcome.literals.literals)
    made = Outputs(outputs, task=outcome.task, literals=outcome.literals)
    return dataclasses.replace(outcome, outputs=made)
