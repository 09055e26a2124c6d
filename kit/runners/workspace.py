"""Workspace of a run: its folder, and the local files that its literals name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar

from kit.errors import StorageError
from kit.storage.urls import is_local_file, is_local_folder, is_remote, local_path
from kit.template.macros import RenderContext

DECK_FILE = "deck.html"
"""Where the decks are, in the folder of outputs."""


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
            template: The serialized TaskTemplate.
            inputs: The serialized LiteralMap.

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
        """Make its folders and write what a run starts from, or discard it.

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
            for folder in (self.work, self.outputs, self.raw):
                folder.mkdir(exist_ok=True)
            self.inputs.write_bytes(inputs)
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


def _literal(path: Path) -> str:
    """Write a path so that the engine's renderer, which expands ``$``, keeps it."""
    return str(path).replace("$", "$$")


_MSGPACK = "msgpack"
_LOCATIONS = ("path", "uri")  # of files and frames that are fields of a dataclass

Move = Callable[[str], str]


def input_paths(inputs: LiteralMap) -> list[Path]:
    """Return the absolute local files and folders that literals refer to, each once.

    What is not here is left to the task, as on the cluster.
    """
    named: dict[str, None] = {}

    def note(uri: str) -> str:
        named[uri] = None
        return uri

    with_moved_files(inputs, note)
    paths = (Path(local_path(uri)) for uri in named if not is_remote(uri))
    return [
        path
        for path in paths
        if path.is_absolute()
        and (is_local_file(str(path)) or is_local_folder(str(path)))
    ]


def with_moved_files(inputs: LiteralMap, move: Move) -> LiteralMap:
    """Return literals that name their files as ``move`` says, from the old names."""
    moved = LiteralMap()
    moved.CopyFrom(inputs)
    _move_all(moved.literals.values(), move)
    return moved


ELSEWHERE = "elsewhere://"
"""The scheme of a path that a run names and that is none of its own files."""


def confined(literals: LiteralMap, folders: Iterable[Path]) -> LiteralMap:
    """Return literals of which no local URI leads out of folders.

    A stranger's run may name any file of this machine, which would then be read, shown
    and saved as one of its outputs. Such a URI becomes an address (:data:`ELSEWHERE`),
    which no store reads.

    Args:
        literals: Outputs of a container, or what a file of a run holds.
        folders: The folders and files that are the run's own.
    """
    own = tuple(Path(os.path.realpath(folder)) for folder in folders)

    def confine(uri: str) -> str:
        path = local_path(uri)
        if is_remote(uri) or not uri or "\0" in path:
            return uri
        resolved = Path(os.path.realpath(path))
        if any(resolved.is_relative_to(folder) for folder in own):
            return uri
        return ELSEWHERE + path if os.path.lexists(path) else uri

    return with_moved_files(literals, confine)


def _move_all(literals: Iterable[Literal], move: Move) -> None:
    for literal in literals:
        kind = literal.WhichOneof("value")
        if kind == "collection":
            _move_all(literal.collection.literals, move)
        elif kind == "map":
            _move_all(literal.map.literals.values(), move)
        elif kind == "offloaded_metadata":
            _move(literal.offloaded_metadata, move)
        elif kind == "scalar":
            _move_scalar(literal.scalar, move)


def _move_scalar(scalar: Scalar, move: Move) -> None:
    kind = scalar.WhichOneof("value")
    if kind in ("blob", "schema", "structured_dataset"):
        _move(getattr(scalar, kind), move)
    elif kind == "union":
        _move_all([scalar.union.value], move)
    elif kind == "binary" and scalar.binary.tag == _MSGPACK:
        import msgpack

        before = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
        after = _move_plain(before, move)
        if after != before:
            scalar.binary.value = msgpack.packb(after)


def _move(message: Any, move: Move) -> None:
    uri = move(message.uri)
    if uri != message.uri:
        message.uri = uri


def _move_plain(value: Any, move: Move) -> Any:
    if isinstance(value, list):
        return [_move_plain(item, move) for item in value]
    if isinstance(value, dict):
        return {
            key: move(item)
            if key in _LOCATIONS and isinstance(item, str)
            else _move_plain(item, move)
            for key, item in value.items()
        }
    return value
