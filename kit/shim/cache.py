"""Keep the outputs of local runs, under the key that flytekit would use.

Only tasks with ``cache=True`` in their metadata are kept.  The key is made of the name,
the cache version and the inputs: neither the image nor the code is in it, so a task
whose logic changes needs another ``cache_version``.
"""

from __future__ import annotations

import functools
import hashlib
import os
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.core import literals_pb2

from kit.errors import MissingPackageError
from kit.shim.inputs import parse_literal_map

if TYPE_CHECKING:
    from kit.definition.metadata import TaskMetadata

_FOLDER = "~/.kit/local-cache"
_SHORT = 256  # up to here pickle writes a bytes object's length in one byte


class LocalCache:
    """Outputs on disk, by cache key.

    Args:
        folder: Where they are kept; by default what ``KIT_LOCAL_CACHE`` names, else
            ``~/.kit/local-cache``.

    It holds files open: close it, or use it in a ``with`` block.

    Raises:
        MissingPackageError: The ``cache`` extra is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        chosen = folder or os.environ.get("KIT_LOCAL_CACHE") or _FOLDER
        self._folder = Path(chosen).expanduser().absolute()
        self._disk = _open(str(self._folder))

    def __enter__(self) -> LocalCache:  # noqa: PYI034 - typing.Self is newer than 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._disk.close()

    def __repr__(self) -> str:
        return f"LocalCache({str(self._folder)!r})"

    def get(
        self, name: str, metadata: TaskMetadata, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap | None:
        """Return the outputs of an earlier run with equal inputs, if there is one."""
        data = self._disk.get(_key_of(name, metadata, inputs))
        if data is None:
            return None
        _warn_once(name)
        return parse_literal_map(data, f"{self._folder}, task {name}")

    def set(
        self,
        name: str,
        metadata: TaskMetadata,
        inputs: literals_pb2.LiteralMap,
        outputs: literals_pb2.LiteralMap,
    ) -> None:
        """Keep the outputs of a run."""
        key = _key_of(name, metadata, inputs)
        self._disk.set(key, outputs.SerializeToString(deterministic=True))

    def clear(self) -> None:
        """Forget all outputs."""
        self._disk.clear()


def cache_key(
    task_name: str,
    cache_version: str,
    inputs: literals_pb2.LiteralMap,
    ignore: Collection[str] = (),
) -> str:
    """Return flytekit's key, ``<name>-<version>-<md5>``.

    Args:
        task_name: Full name of the task.
        cache_version: Its ``cache_version``.
        inputs: The inputs; a literal with a hash counts by its hash only.
        ignore: Inputs that do not count.
    """
    counted = literals_pb2.LiteralMap()
    for name, literal in inputs.literals.items():
        if name not in ignore:
            _reduce(literal, counted.literals[name])
    digest = _md5(counted.SerializeToString(deterministic=True))
    return f"{task_name}-{cache_version}-{digest}"


def _reduce(literal: literals_pb2.Literal, out: literals_pb2.Literal) -> None:
    """Copy a literal with everything that has a hash replaced by that hash."""
    if literal.hash:
        out.hash = literal.hash
    elif literal.HasField("collection"):
        out.collection.SetInParent()
        for element in literal.collection.literals:
            _reduce(element, out.collection.literals.add())
    elif literal.HasField("map"):
        out.map.SetInParent()
        for name, element in literal.map.literals.items():
            _reduce(element, out.map.literals[name])
    else:
        out.CopyFrom(literal)


def _md5(data: bytes) -> str:
    """Hash bytes as ``joblib.hash`` does: MD5 of their pickle, protocol 3, no memo."""
    if len(data) < _SHORT:
        head = b"C" + len(data).to_bytes(1, "little")
    else:
        head = b"B" + len(data).to_bytes(4, "little")
    pickled = b"\x80\x03" + head + data + b"."
    return hashlib.md5(pickled, usedforsecurity=False).hexdigest()


def _key_of(name: str, metadata: TaskMetadata, inputs: literals_pb2.LiteralMap) -> str:
    ignored = tuple(metadata.cache_ignore_input_vars)
    return cache_key(name, metadata.cache_version, inputs, ignored)


def _open(folder: str) -> Any:
    try:
        from diskcache import Cache
    except ImportError as error:
        raise MissingPackageError("diskcache", extra="cache") from error
    return Cache(folder)


@functools.cache
def _warn_once(name: str) -> None:
    warnings.warn(
        f"The outputs of {name} come from the local cache. Its key has the task's "
        "name, cache_version and inputs, but neither the image nor the code: change "
        "cache_version when the logic changes.",
        UserWarning,
        stacklevel=2,
    )
