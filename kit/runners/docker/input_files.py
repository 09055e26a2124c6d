"""Find the files of this machine that a run's inputs name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar

from kit.paths import is_local_file, is_local_folder, is_remote, local_path

__all__ = ["input_paths"]

_MSGPACK = "msgpack"
_LOCATIONS = ("path", "uri")  # of files and frames that are fields of a dataclass


def input_paths(inputs: LiteralMap) -> list[Path]:
    """Return the absolute local files and folders that literals refer to, each once.

    What is not here is left to the task, as on the cluster.
    """
    named = dict.fromkeys(_of_literals(inputs.literals.values()))
    paths = (Path(local_path(uri)) for uri in named if not is_remote(uri))
    return [
        path
        for path in paths
        if path.is_absolute()
        and (is_local_file(str(path)) or is_local_folder(str(path)))
    ]


def _of_literals(literals: Iterable[Literal]) -> Iterator[str]:
    for literal in literals:
        kind = literal.WhichOneof("value")
        if kind == "collection":
            yield from _of_literals(literal.collection.literals)
        elif kind == "map":
            yield from _of_literals(literal.map.literals.values())
        elif kind == "offloaded_metadata":
            yield literal.offloaded_metadata.uri
        elif kind == "scalar":
            yield from _of_scalar(literal.scalar)


def _of_scalar(scalar: Scalar) -> Iterator[str]:
    kind = scalar.WhichOneof("value")
    if kind in ("blob", "schema", "structured_dataset"):
        yield getattr(scalar, kind).uri
    elif kind == "union":
        yield from _of_literals([scalar.union.value])
    elif kind == "binary" and scalar.binary.tag == _MSGPACK:
        import msgpack

        yield from _of_plain(msgpack.unpackb(scalar.binary.value, strict_map_key=False))


def _of_plain(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _of_plain(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _LOCATIONS and isinstance(item, str):
                yield item
            yield from _of_plain(item)
