"""The files of this machine that a run's inputs name: found, and named anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar

from kit.paths import is_local_file, is_local_folder, is_remote, local_path

__all__ = ["input_paths", "with_moved_files"]

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
