"""Keep the outputs of local runs, under the key that flytekit would use.

Only tasks with ``cache=True`` in their metadata are kept.  The key is made of the name,
the cache version and the inputs: neither the image nor the code is in it, so a task
whose logic changes needs another ``cache_version``.

A cache saves time and decides nothing else: what cannot be read or written is a
warning, once, and the task runs.  An entry is a file of bytes with their digest, which
nothing unpickles.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flyteidl.core import literals_pb2

from kit.storage import is_remote, local_path, replace_file

if TYPE_CHECKING:
    from kit.definition.metadata import TaskMetadata

_FOLDER = "~/.kit/local-cache"
_MAGIC = b"kit-cache-1\n"
SUFFIX = ".outputs"
_LIMIT = 2**30
_SHORT = 256  # up to here pickle writes a bytes object's length in one byte
_warned: set[str] = set()
_OFF = ("", "false", "0", "off", "no")  # as in flytekit

Usable = Callable[[literals_pb2.LiteralMap], "str | None"]
"""Says why outputs cannot be taken, as half a sentence, or ``None`` if they can."""


def cache_enabled() -> bool:
    """Tell whether outputs are kept: not if ``FLYTE_LOCAL_CACHE_ENABLED`` says so."""
    return os.environ.get("FLYTE_LOCAL_CACHE_ENABLED", "true").lower() not in _OFF


class LocalCache:
    """Outputs on disk, by cache key.

    Args:
        folder: Where they are kept; by default what ``KIT_LOCAL_CACHE`` names, else
            ``~/.kit/local-cache``.
        limit: Bytes to keep at most; the oldest outputs go first.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, *, limit: int = _LIMIT
    ) -> None:
        chosen = folder or os.environ.get("KIT_LOCAL_CACHE") or _FOLDER
        self._folder = Path(chosen)
        self._limit = limit
        with self._problems_warned():
            self._folder = self._folder.expanduser().absolute()

    def __repr__(self) -> str:
        return f"LocalCache({str(self._folder)!r})"

    @property
    def folder(self) -> Path:
        """The folder of the entries, which need not exist."""
        return self._folder

    def get(
        self,
        name: str,
        metadata: TaskMetadata,
        inputs: literals_pb2.LiteralMap,
        usable: Usable = lambda _outputs: None,
    ) -> literals_pb2.LiteralMap | None:
        """Return the outputs of an earlier run with equal inputs, if there are any.

        Those that are damaged, that are not usable, or whose files are gone, are
        removed with a warning.
        """
        path = self._path(name, metadata, inputs)
        data = None
        with self._problems_warned(), contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
        if data is None:
            return None
        outputs = _unpacked(data)
        why = "is damaged" if outputs is None else _gone(outputs) or usable(outputs)
        if outputs is None or why is not None:
            _warn(f"The entry of {name} in the local cache {why}: the task runs again.")
            with self._problems_warned():
                path.unlink(missing_ok=True)
            return None
        _warn_once(
            f"task {name}",
            f"The outputs of {name} come from the local cache. Its key has the task's "
            "name, cache_version and inputs, but neither the image nor the code: "
            "change cache_version when the logic changes.",
        )
        return outputs

    def set(
        self,
        name: str,
        metadata: TaskMetadata,
        inputs: literals_pb2.LiteralMap,
        outputs: literals_pb2.LiteralMap,
    ) -> None:
        """Keep the outputs of a run."""
        data = _packed(outputs)
        if len(data) > self._limit:
            return
        with self._problems_warned():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(self._limit - len(data))
            replace_file(self._path(name, metadata, inputs), data)

    def clear(self) -> None:
        """Forget all outputs."""
        with self._problems_warned():
            self._make_room(0)

    def _path(
        self, name: str, metadata: TaskMetadata, inputs: literals_pb2.LiteralMap
    ) -> Path:
        ignored = tuple(metadata.cache_ignore_input_vars)
        key = cache_key(name, metadata.cache_version, inputs, ignored)
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{digest}{SUFFIX}"

    def _make_room(self, most: int) -> None:
        """Remove the oldest entries until the others have this many bytes at most."""
        found = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):  # another process removed it
                found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= most:
                return
            path.unlink(missing_ok=True)
            total -= size

    @contextlib.contextmanager
    def _problems_warned(self) -> Iterator[None]:
        """Warn, once, of what goes wrong with the folder."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home
            _warn_once(
                f"folder {self._folder}",
                f"The local cache {str(self._folder)!r} cannot be used "
                f"({type(error).__name__}: {error}). Tasks run without it; "
                "KIT_LOCAL_CACHE names another folder.",
            )


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


def _packed(outputs: literals_pb2.LiteralMap) -> bytes:
    data = outputs.SerializeToString(deterministic=True)
    return _MAGIC + hashlib.sha256(data).digest() + data


def _unpacked(entry: bytes) -> literals_pb2.LiteralMap | None:
    """Return the outputs in an entry; ``None`` if it is not as it was written."""
    head = len(_MAGIC) + hashlib.sha256().digest_size
    digest, data = entry[len(_MAGIC) : head], entry[head:]
    if not entry.startswith(_MAGIC) or hashlib.sha256(data).digest() != digest:
        return None
    return literals_pb2.LiteralMap.FromString(data)


def _gone(outputs: literals_pb2.LiteralMap) -> str | None:
    """Say which local file of some outputs is not there any more, if one is not."""
    for uri in (uri for value in outputs.literals.values() for uri in _uris(value)):
        if uri and not is_remote(uri) and not Path(local_path(uri)).exists():
            return f"names {uri!r}, which is gone"
    return None


def _uris(literal: literals_pb2.Literal) -> Iterator[str]:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        for item in literal.collection.literals:
            yield from _uris(item)
    elif kind == "map":
        for item in literal.map.literals.values():
            yield from _uris(item)
    elif literal.scalar.HasField("union"):
        yield from _uris(literal.scalar.union.value)
    else:
        for part in ("blob", "structured_dataset", "schema"):
            if literal.scalar.HasField(part):
                yield getattr(literal.scalar, part).uri


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)


def _warn_once(what: str, message: str) -> None:
    if what not in _warned:
        _warned.add(what)
        _warn(message)
