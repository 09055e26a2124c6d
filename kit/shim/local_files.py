"""Local files that literals name: found, copied for a run, and kept from strangers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar
from google.protobuf.struct_pb2 import Struct, Value

from kit.storage import (
    converted_errors,
    copy_file,
    copy_folder,
    is_local_file,
    is_local_folder,
    is_remote,
    local_path,
)
from kit.storage.urls import ELSEWHERE, is_store

_MSGPACK = "msgpack"
_PLACES = ("path", "uri", "remote_path")
"""The keys under which fields of a dataclass name their files."""
_SHAPES = (
    {"path"},
    {"path", "metadata"},
    {"uri"},
    {"uri", "file_format"},
    {"remote_path"},
)
"""The keys of fields that are files, directories, datasets and schemas."""

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


def with_moved_files(literals: LiteralMap, move: Move) -> LiteralMap:
    """Return literals that name their files as ``move`` says, from the old names."""
    moved = LiteralMap()
    moved.CopyFrom(literals)
    _Mover(move).move_all(moved.literals.values())
    return moved


def staged_inputs(inputs: LiteralMap, folder: Path) -> tuple[LiteralMap, Move]:
    """Copy the local files and folders that inputs name, as a pod downloads its own.

    What an executor does to an input is done to the copy then, as on the cluster.

    Args:
        inputs: The inputs.
        folder: Where the copies go; made if there are any.

    Returns:
        The inputs that name the copies, and what gives a copy's name back its own.

    Raises:
        StorageError: A file cannot be read, or copied.
    """
    copies: dict[str, str] = {}
    for number, path in enumerate(input_paths(inputs)):
        place = folder / str(number) / path.name
        place.parent.mkdir(parents=True)
        with converted_errors("copy", str(path)):
            (copy_folder if path.is_dir() else copy_file)(str(path), place)
        copies[str(path)] = str(place)
    own = {place: path for path, place in copies.items()}

    def original(uri: str) -> str:
        parts = PurePosixPath(local_path(uri)).parents
        for place in (local_path(uri), *map(str, parts)):
            if place in own:
                return own[place] + local_path(uri)[len(place) :]
        return uri

    moved = with_moved_files(inputs, lambda uri: copies.get(local_path(uri), uri))
    return (moved if copies else inputs), original


def confined(literals: LiteralMap, folders: Iterable[Path]) -> LiteralMap:
    """Return literals of which no URI leads to a file that is not in folders.

    A stranger's run may name any file of this machine, which would then be read, shown
    and saved as one of its outputs. Such a URI becomes an address
    (:data:`~kit.storage.urls.ELSEWHERE`), which no store reads, and so does one with a
    scheme that may read local files.

    Args:
        literals: Outputs of a container, or what a file of a run holds.
        folders: The folders and files that are the run's own.
    """
    own = tuple(Path(os.path.realpath(folder)) for folder in folders)

    def confine(uri: str) -> str:
        path = local_path(uri)
        if not uri or is_store(uri) or uri.startswith(ELSEWHERE):
            return uri
        if is_remote(uri) or "\0" in path:
            return ELSEWHERE + uri
        resolved = Path(os.path.realpath(path))
        if any(resolved.is_relative_to(folder) for folder in own):
            return uri
        return ELSEWHERE + path

    moved = LiteralMap()
    moved.CopyFrom(literals)
    _Mover(confine, any_shape=True).move_all(moved.literals.values())
    return moved


@dataclass(frozen=True)
class _Mover:
    """Renames the files of literals, in place.

    Attributes:
        move: Returns the new name of a file.
        any_shape: Whether a field that has other keys beside the place counts, too:
            it may be text of the user's.
    """

    move: Move
    any_shape: bool = False

    def move_all(self, literals: Iterable[Literal]) -> None:
        for literal in literals:
            kind = literal.WhichOneof("value")
            if kind == "collection":
                self.move_all(literal.collection.literals)
            elif kind == "map":
                self.move_all(literal.map.literals.values())
            elif kind == "offloaded_metadata":
                self._move(literal.offloaded_metadata)
            elif kind == "scalar":
                self._move_scalar(literal.scalar)

    def _move_scalar(self, scalar: Scalar) -> None:
        kind = scalar.WhichOneof("value")
        if kind in ("blob", "schema", "structured_dataset"):
            self._move(getattr(scalar, kind))
        elif kind == "union":
            self.move_all([scalar.union.value])
        elif kind == "generic":
            self._move_struct(scalar.generic)
        elif kind == "binary" and scalar.binary.tag == _MSGPACK:
            import msgpack

            before = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
            after = self._moved(before)
            if after != before:
                scalar.binary.value = msgpack.packb(after)

    def _move(self, message: Any) -> None:
        uri = self.move(message.uri)
        if uri != message.uri:
            message.uri = uri

    def _moved(self, value: Any) -> Any:
        """Return a plain value with its files renamed."""
        if isinstance(value, list):
            return [self._moved(item) for item in value]
        if isinstance(value, dict):
            is_file = self._is_file(value)
            return {
                key: self.move(item)
                if is_file and key in _PLACES and isinstance(item, str)
                else self._moved(item)
                for key, item in value.items()
            }
        return value

    def _move_struct(self, struct: Struct) -> None:
        is_file = self._is_file(struct.fields)
        for key, value in struct.fields.items():
            self._move_value(value, is_place=is_file and key in _PLACES)

    def _move_value(self, value: Value, *, is_place: bool = False) -> None:
        kind = value.WhichOneof("kind")
        if kind == "struct_value":
            self._move_struct(value.struct_value)
        elif kind == "list_value":
            for item in value.list_value.values:
                self._move_value(item)
        elif kind == "string_value" and is_place:
            value.string_value = self.move(value.string_value)

    def _is_file(self, keys: Iterable[Any]) -> bool:
        return self.any_shape or set(keys) in _SHAPES
