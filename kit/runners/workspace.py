"""Workspace of a run: its folder, and the local files that its literals name."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import StorageError
from kit.forecast.arrival import arriving_inputs, has_odd_number
from kit.runners.session import own_session
from kit.template.macros import RenderContext

DECK_FILE = "deck.html"
"""Where the decks are, in the folder of outputs."""

SESSION_FILE = "session"
"""Which process uses a temporary folder; empty once none does, see
:mod:`kit.running.cleanup`."""


@dataclass(frozen=True)
class Workspace:
    """Where a run's files are.

    Attributes:
        directory: The folder itself, absolute.
        is_temporary: Whether it was made for this run alone.
    """

    directory: Path
    is_temporary: bool = False

    @classmethod
    def create(
        cls, directory: Path | None, *, template: bytes, inputs: bytes
    ) -> Workspace:
        """Make the folder and write what a run starts from.

        Args:
            directory: The folder, made if missing; None makes a new temporary one.
            template: The serialized TaskTemplate, as it arrives in a container.
            inputs: The serialized LiteralMap, as it is launched.

        Raises:
            StorageError: The folder cannot be made or written, or holds a run already.
        """
        try:
            workspace = cls._placed(directory)
            workspace.fill(template, inputs)
        except OSError as error:
            msg = f"The folder of the run cannot be written: {error}."
            raise StorageError(msg) from error
        return workspace

    def discard(self) -> None:
        """Remove the folder of a run that did not begin, or only its claim to it."""
        if self.is_temporary:
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            self.template.unlink(missing_ok=True)

    @property
    def inputs(self) -> Path:
        """The inputs, as ``{{.input}}`` names them."""
        return self.directory / "inputs.pb"

    @property
    def template(self) -> Path:
        """The task's template, as ``{{.taskTemplatePath}}`` names it."""
        return self.directory / "task.pb"

    @property
    def outputs(self) -> Path:
        """The folder for outputs.pb, error.pb and deck.html."""
        return self.directory / "outputs"

    @property
    def raw(self) -> Path:
        """The folder for files and tables that outputs refer to."""
        return self.directory / "raw"

    @property
    def copies(self) -> Path:
        """The folder for copies of the local files that the inputs name."""
        return self.directory / "inputs"

    @property
    def work(self) -> Path:
        """The folder the process starts in."""
        return self.directory / "work"

    @property
    def home(self) -> Path:
        """The home folder of a process that has none of its caller's."""
        return self.directory / "home"

    @property
    def log(self) -> Path:
        """All lines that the run wrote, each after the name of its stream."""
        return self.directory / "log.txt"

    @property
    def report(self) -> Path:
        """What the run tells of itself from inside, where it does."""
        return self.directory / "report.json"

    @property
    def deck(self) -> Path | None:
        """The deck.html the run wrote, None if it wrote none."""
        path = self.outputs / DECK_FILE
        return path if path.is_file() else None

    def render_context(self) -> RenderContext:
        """Say what the macros of the container's arguments stand for."""
        return RenderContext(
            input=_literal(self.inputs),
            input_prefix=_literal(self.directory),
            output_prefix=_literal(self.outputs),
            raw_output_data_prefix=_literal(self.raw),
            checkpoint_output_prefix=_literal(self.raw / "_flytecheckpoints"),
            generated_name="local-n0-0",
            namespace="local",
            task_template_path=_literal(self.template),
        )

    @classmethod
    def _placed(cls, directory: Path | None) -> Workspace:
        if directory is not None:
            return cls(directory.absolute())
        made = Path(tempfile.mkdtemp(prefix="kit-run-"))
        return cls(made.absolute(), is_temporary=True)

    def fill(self, template: bytes, inputs: bytes) -> None:
        """Make its folders and write what arrives in a container, or discard it.

        The inputs become as Flyte brings them there, see :mod:`kit.forecast.arrival`.

        Raises:
            StorageError: It holds a run already.
            OSError: It cannot be written.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._claim(template)
        except OSError:
            if self.is_temporary:
                self.discard()
            raise
        try:
            if self.is_temporary:
                (self.directory / SESSION_FILE).write_text(own_session(), "utf-8")
            for folder in (self.work, self.outputs, self.raw):
                folder.mkdir(exist_ok=True)
            self.inputs.write_bytes(_arriving(inputs))
        except OSError:
            self.discard()
            raise

    def _claim(self, template: bytes) -> None:
        """Make the template's file: of two runs that want one folder, one succeeds."""
        if self.outputs.is_dir() and any(self.outputs.iterdir()):
            msg = (
                f"The folder {self.directory} holds the outputs of another run. "
                "Give a new or empty folder."
            )
            raise StorageError(msg)
        try:
            with self.template.open("xb") as file:
                file.write(template)
        except FileExistsError as error:
            msg = (
                f"The folder {self.directory} is used by another run. Give a new or "
                "empty folder."
            )
            raise StorageError(msg) from error


def _arriving(inputs: bytes) -> bytes:
    if not has_odd_number(inputs):
        return inputs
    return arriving_inputs(LiteralMap.FromString(inputs)).SerializeToString()


def _literal(path: Path) -> str:
    """Write a path so that the engine's renderer, which expands ``$``, keeps it."""
    return str(path).replace("$", "$$")
