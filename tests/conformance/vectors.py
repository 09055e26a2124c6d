"""Where the vectors are, and what a case is."""

from __future__ import annotations

import base64
import functools
import gzip
import importlib
import json
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

HERE = Path(__file__).parent
OWN_COPY = HERE / "data"
SHARED = HERE.parents[2] / "shared" / "conformance"


def folder() -> Path:
    """Return the folder in ``KIT_VECTORS``, or the shared one, or the own copy."""
    named = os.environ.get("KIT_VECTORS")
    if named:
        return Path(named)
    return SHARED if SHARED.is_dir() else OWN_COPY


@dataclass(frozen=True)
class Case:
    """One definition and what flytekit makes of it; fields as in the vectors."""

    name: str
    kind: str
    definition: dict[str, Any]
    settings: dict[str, Any] | None = None
    tags: list[str] = field(default_factory=list)
    proto: str | None = None
    json: Any = None
    b64: str | None = None
    error: dict[str, Any] | None = None
    match: str = "exact"
    needs: list[str] = field(default_factory=list)
    normalized_uri: bool = False

    @property
    def operation(self) -> str:
        """What is done: the kind, or for an error the kind that must fail."""
        if self.kind == "error":
            return str(self.definition["operation"])
        return self.kind

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Case:
        """Read an entry of a vectors file, whatever else it says."""
        known = {
            name: entry[name] for name in cls.__dataclass_fields__ if name in entry
        }
        return cls(**known)


def cases() -> Iterator[Case]:
    """Read the cases of every file whose cases are of flytekit's form."""
    for path in sorted(folder().glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = content.get("cases") if isinstance(content, dict) else None
        yield from map(Case.of, filter(_is_flytekits, entries or ()))


def vectors(name: str) -> list[dict[str, Any]]:
    """Read the vectors of one file of the backend's; none if it is not there."""
    path = folder() / name
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))[
        "vectors"
    ]
    return found


def message(proto: str, b64: str) -> Message:
    """Parse a message of the named type."""
    parsed = _message_class(proto)()
    parsed.ParseFromString(base64.b64decode(b64))
    return parsed


@functools.cache
def recorded(kind: str) -> tuple[dict[str, Any], ...]:
    """Read what a live Flyte answered: every file of a kind, ``pod`` for instance.

    The files are ``<kind>_*.json``, or the same compressed: ``.json.gz``.
    """
    paths = sorted(folder().glob(f"{kind}_*.json*"))
    return tuple(json.loads(_uncompressed(path)) for path in paths)


def _uncompressed(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@functools.cache
def _message_class(proto: str) -> type[Message]:
    """Find a message's class, whichever module of its package has it."""
    package = importlib.import_module(proto.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_pb2"):
            importlib.import_module(f"{package.__name__}.{module.name}")
    descriptor = descriptor_pool.Default().FindMessageTypeByName(proto)
    return message_factory.GetMessageClass(descriptor)


def _is_flytekits(entry: dict[str, Any]) -> bool:
    return {"name", "kind", "definition"} <= entry.keys()
