"""Large literals, which are stored in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flyteidl.core import interface_pb2, literals_pb2
from google.protobuf.message import DecodeError

from kit.errors import (
    ContextError,
    ConversionError,
    OutputError,
)
from kit.storage import current_storage

_MIB = 1024 * 1024


@dataclass(frozen=True)
class OffloadLimits:
    """Literals of ``smallest`` to below ``largest`` bytes are offloaded."""

    smallest: int
    largest: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> OffloadLimits | None:
        """Read the engine's limits; None when offloading is off."""
        smallest = environ.get("_F_L_MIN_SIZE_MB")
        if smallest is None:
            return None
        largest = environ.get("_F_L_MAX_SIZE_MB", "1000")
        try:
            return cls(int(smallest) * _MIB, int(largest) * _MIB)
        except ValueError as error:
            msg = (
                "_F_L_MIN_SIZE_MB and _F_L_MAX_SIZE_MB are whole numbers of MiB, got "
                f"{smallest!r} and {largest!r}."
            )
            raise ContextError(msg) from error


def offload(
    outputs: literals_pb2.LiteralMap,
    declared: Mapping[str, interface_pb2.Variable],
    *,
    prefix: str,
    limits: OffloadLimits | None,
) -> dict[str, literals_pb2.Literal]:
    """Replace the large literals of ``outputs``, in place, by where they will be.

    Args:
        outputs: The outputs; large ones are replaced.
        declared: The outputs' variables, for the type that stands beside the place.
        prefix: Folder or URL that the outputs are written to.
        limits: The engine's limits; nothing is offloaded without.

    Returns:
        The literals taken out, by the name of the file that they must be written to
        before outputs.pb is.

    Raises:
        OutputError: A literal is larger than the engine takes at all.
    """
    files: dict[str, literals_pb2.Literal] = {}
    if limits is None:
        return files
    for name, literal in outputs.literals.items():
        size = literal.ByteSize()
        if size >= limits.largest:
            msg = (
                f"Literal {name} is too large to be offloaded. Max literal size is "
                f"{limits.largest} whereas the literal size is {size} bytes. Return "
                "the data as a FlyteFile, a FlyteDirectory or a StructuredDataset."
            )
            raise OutputError(msg, path=("outputs", name))
        if size >= limits.smallest:
            file = f"{name}_offloaded_metadata.pb"
            files[file] = literals_pb2.Literal()
            files[file].CopyFrom(literal)
            literal.CopyFrom(
                _reference(literal, declared[name], f"{prefix.rstrip('/')}/{file}")
            )
    return files


def load_offloaded(literals: literals_pb2.LiteralMap) -> None:
    """Replace every offloaded literal of a map by what it stands for, in place.

    Raises:
        StorageError: An offloaded literal cannot be read.
        ConversionError: What was read is no literal.
    """
    for name in literals.literals:
        _load(literals.literals[name])


def _reference(
    literal: literals_pb2.Literal, variable: interface_pb2.Variable, uri: str
) -> literals_pb2.Literal:
    return literals_pb2.Literal(
        offloaded_metadata=literals_pb2.LiteralOffloadedMetadata(
            uri=uri, size_bytes=literal.ByteSize(), inferred_type=variable.type
        ),
        hash=literal.hash or _hash(literal),
    )


def _hash(literal: literals_pb2.Literal) -> str:
    """Hash a literal as flytekit and the engine do: SHA-256 of its canonical JSON."""
    import base64
    import hashlib
    import json

    from google.protobuf.json_format import MessageToDict

    text = json.dumps(MessageToDict(literal), sort_keys=True, separators=(",", ":"))
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _load(literal: literals_pb2.Literal) -> None:
    if literal.HasField("offloaded_metadata"):
        uri = literal.offloaded_metadata.uri
        data = current_storage().read_bytes(uri)
        try:
            literal.ParseFromString(data)
        except DecodeError as error:
            msg = f"The offloaded literal at {uri} is no Literal: {error}."
            raise ConversionError(msg) from error
    elif literal.HasField("collection"):
        for element in literal.collection.literals:
            _load(element)
    elif literal.HasField("map"):
        for element in literal.map.literals.values():
            _load(element)
