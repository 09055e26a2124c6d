"""From what the executor returned to the literals of its outputs.

Every output goes out with the type that the interface declares, told back from its
literal type, and is matched by name.  Where the guess knows less than the value (on a
cluster the schema of a dataclass is stripped from the interface, an enum comes back
without its class) the value's own type is taken, if it is of the declared kind.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flyteidl.core import interface_pb2, literals_pb2, types_pb2
from google.protobuf.message import DecodeError

from kit.errors import (
    ContextError,
    ConversionError,
    GuessError,
    KitError,
    OutputCountError,
    OutputError,
    nearest,
)
from kit.shim.flytekit_bridge import to_kit_value
from kit.storage import current_storage
from kit.types import TypeEngine, describe
from kit.types.annotated import shown

__all__ = [
    "OffloadLimits",
    "load_offloaded",
    "named_outputs",
    "native_inputs",
    "offload",
    "output_literals",
    "parse_literal_map",
    "write_with_own_type",
]


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


_SHOWN = 4096  # characters of a literal in an error


def parse_literal_map(data: bytes, source: str) -> literals_pb2.LiteralMap:
    """Read a LiteralMap, such as inputs.pb.

    Args:
        data: The bytes; none at all are an empty map.
        source: Where they come from, for errors.

    Raises:
        ConversionError: The bytes are something else.
    """
    literals = literals_pb2.LiteralMap()
    try:
        literals.ParseFromString(data)
    except DecodeError as error:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: {error}."
        raise ConversionError(msg) from error
    if data and not literals.literals:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: it has no literals."
        raise ConversionError(msg)
    if "" in literals.literals:
        msg = f"{source} ({len(data)} bytes) is no LiteralMap: it has an empty name."
        raise ConversionError(msg)
    return literals


def native_inputs(
    literals: literals_pb2.LiteralMap,
    declared: Mapping[str, interface_pb2.Variable],
    engine: TypeEngine,
) -> dict[str, Any]:
    """Convert inputs to Python values of the types guessed from the interface.

    Inputs that are missing are left out, so that an executor's own defaults apply.  A
    task without inputs ignores whatever it is sent.

    Args:
        literals: The inputs; offloaded ones are loaded in place.
        declared: The interface's inputs.
        engine: Who converts.

    Returns:
        The values by name, in the order of the names.

    Raises:
        ConversionError: A name that the interface does not have, or a literal that does
            not fit its type.
        GuessError: An input's type tells no Python type.
    """
    if not declared:
        return {}
    _check_names(literals, declared)
    load_offloaded(literals)
    return {
        name: _native(name, literals.literals[name], declared[name], engine)
        for name in sorted(literals.literals)
    }


def _check_names(
    literals: literals_pb2.LiteralMap, declared: Mapping[str, interface_pb2.Variable]
) -> None:
    unknown = sorted(name for name in literals.literals if name not in declared)
    if not unknown:
        return
    expected = ", ".join(sorted(declared))
    msg = f"The task has no input {unknown[0]!r}: its inputs are {expected}."
    msg += nearest(unknown[0], declared)
    if len(literals.literals) > len(declared):
        msg = (
            f"Received more input values {len(literals.literals)} than allowed by "
            f"the input spec {len(declared)}. {msg}"
        )
    raise ConversionError(msg, path=("inputs", unknown[0]))


def _native(
    name: str,
    literal: literals_pb2.Literal,
    variable: interface_pb2.Variable,
    engine: TypeEngine,
) -> Any:
    python_type = engine.guess_type(variable.type)
    try:
        return engine.decoder(python_type)(literal)
    except ConversionError as error:
        msg = (
            f"Error converting input '{name}':\nLiteral value: {_shown(literal)}\n"
            f"Expected Python type: {python_type}\nException: {error.message}"
        )
        raise ConversionError(msg, path=("inputs", name, *error.path)) from error


def _shown(literal: literals_pb2.Literal) -> str:
    size = literal.ByteSize()
    return str(literal) if size <= _SHOWN else f"({size:,} bytes)\n"


_STRUCT = types_pb2.SimpleType.STRUCT
_PLAIN = (str, int, float, bool, type(None))  # their own type is what they failed with


def write_with_own_type(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    """Write a value into an empty literal by its own type, if that fits.

    Returns:
        Whether it was written; if not, ``out`` is in no defined state.
    """
    value = to_kit_value(value)
    kind = declared.WhichOneof("type")
    if kind == "collection_type" and isinstance(value, list):
        out.collection.SetInParent()
        return all(
            _write(v, declared.collection_type, engine, out.collection.literals.add())
            for v in value
        )
    if kind == "map_value_type" and isinstance(value, Mapping):
        out.map.SetInParent()
        return all(
            isinstance(key, str)
            and _write(v, declared.map_value_type, engine, out.map.literals[key])
            for key, v in value.items()
        )
    if kind == "union_type":
        return _write_union(value, declared, engine, out)
    return _write_leaf(value, declared, engine, out)


def _write(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    """Write an element by the declared type if it can be told, else by its own."""
    try:
        engine.encoder(engine.guess_type(declared))(value, out)
    except KitError:
        out.Clear()
        return write_with_own_type(value, declared, engine, out)
    return True


def _write_union(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    for variant in declared.union_type.variants:
        inner = literals_pb2.Literal()
        if _write(value, variant, engine, inner):
            out.scalar.union.value.CopyFrom(inner)
            out.scalar.union.type.CopyFrom(variant)
            return True
    return False


def _write_leaf(
    value: Any,
    declared: types_pb2.LiteralType,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> bool:
    if isinstance(value, _PLAIN) and type(value) in _PLAIN:
        return False
    try:
        own = engine.literal_type(type(value))
    except KitError:
        return False
    if not _same_kind(own, declared):
        return False
    with contextlib.suppress(ConversionError):
        engine.encoder(type(value))(value, out)
        _keep_declared_form(out, declared)
        return _allowed(out, declared)
    return False


def _same_kind(own: types_pb2.LiteralType, declared: types_pb2.LiteralType) -> bool:
    kind = declared.WhichOneof("type")
    if own.WhichOneof("type") != kind:
        return False
    if kind == "simple":
        return own.simple == declared.simple and _same_fields(own, declared)
    if kind == "blob":
        return _same_blob(own.blob, declared.blob)
    return kind in ("enum_type", "structured_dataset_type", "schema")


def _same_fields(own: types_pb2.LiteralType, declared: types_pb2.LiteralType) -> bool:
    """Compare the fields of two dataclasses, as far as both types tell them."""
    mine = set(own.structure.dataclass_type)
    theirs = set(declared.structure.dataclass_type)
    return own.simple != _STRUCT or not (mine and theirs) or mine == theirs


def _same_blob(own: types_pb2.BlobType, declared: types_pb2.BlobType) -> bool:
    return own.dimensionality == declared.dimensionality and (
        not own.format or not declared.format or own.format == declared.format
    )


def _keep_declared_form(
    out: literals_pb2.Literal, declared: types_pb2.LiteralType
) -> None:
    if declared.HasField("blob") and declared.blob.format:
        out.scalar.blob.metadata.type.CopyFrom(declared.blob)


def _allowed(out: literals_pb2.Literal, declared: types_pb2.LiteralType) -> bool:
    if not declared.HasField("enum_type"):
        return True
    return out.scalar.primitive.string_value in declared.enum_type.values


_FINISHED = (int, float, str, bool, list, dict, tuple, type(None))


def output_literals(
    value: Any,
    declared: Mapping[str, interface_pb2.Variable],
    engine: TypeEngine,
    *,
    order: Sequence[str] = (),
    task: str = "",
) -> literals_pb2.LiteralMap:
    """Convert what an executor returned.

    Args:
        value: For one output the value itself; for several a dict, a named tuple, or a
            tuple or list in ``order``; a LiteralMap goes out as it is.
        declared: The interface's outputs.
        engine: Who converts.
        order: The outputs' names in the order of their declaration, if it is known.
        task: Name of the task, for errors.

    Raises:
        OutputError: What was returned is not what the interface declares.
    """
    _refuse_unfinished(value)
    passed_on = _literal_map(value)
    if passed_on is not None:
        return passed_on
    values = named_outputs(value, declared, order, task)
    outputs = literals_pb2.LiteralMap()
    for name, output in values.items():
        _convert(name, output, declared[name], engine, outputs.literals[name])
    return outputs


def _refuse_unfinished(value: Any) -> None:
    """Refuse what has not run yet: a function with ``yield`` or ``async`` in it."""
    if type(value) in _FINISHED:  # asking inspect costs more than converting an int
        return
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        msg = (
            f"The executor returned a generator ({value!r}): its body has not run. Use "
            "return, not yield, in execute_from_model; for many values return a list."
        )
        raise OutputError(msg)
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        msg = (
            f"The executor returned a coroutine ({value!r}): its body has not run. "
            "Write execute_from_model without async and use asyncio.run(...) in it."
        )
        raise OutputError(msg)


def _literal_map(value: Any) -> literals_pb2.LiteralMap | None:
    """Take a LiteralMap as it is, flytekit's model of one too."""
    if isinstance(value, literals_pb2.LiteralMap):
        return value
    if type(value).__name__ == "LiteralMap" and hasattr(value, "to_flyte_idl"):
        message = value.to_flyte_idl()
        if isinstance(message, literals_pb2.LiteralMap):
            return message
    return None


def named_outputs(
    value: Any,
    declared: Mapping[str, interface_pb2.Variable],
    order: Sequence[str],
    task: str = "",
) -> dict[str, Any]:
    """Return what an executor returned by the names of the outputs.

    Raises:
        OutputError: It has not as many values, or names nobody declared.
    """
    if not declared:
        return {}
    if len(declared) == 1:
        (name,) = declared
        if isinstance(value, tuple):
            msg = (
                f"Output({name}) in task{task} received a tuple "
                f"{shown(value, write=repr)}, instead of "
                f"{type(value)}. A task with one output returns the value itself."
            )
            raise OutputError(msg, path=("outputs", name))
        return {name: value}
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        _check_names_of_outputs(value, declared)
        return dict(value)
    return _by_position(value, sorted(declared), order)


def _check_names_of_outputs(
    values: Mapping[str, Any], declared: Mapping[str, interface_pb2.Variable]
) -> None:
    expected = ", ".join(sorted(declared))
    for name in values:
        if not isinstance(name, str) or name not in declared:
            msg = f"The task has no output {name!r}: its outputs are {expected}."
            raise OutputError(msg + nearest(str(name), declared), path=("outputs",))
    missing = sorted(set(declared) - set(values))
    if missing:
        msg = (
            f"Length difference {len(declared)} {len(values)}: the outputs "
            f"{', '.join(missing)} were not returned. The task's outputs are "
            f"{expected}."
        )
        raise OutputCountError(msg, path=("outputs",))


def _by_position(
    value: Any, names: Sequence[str], order: Sequence[str]
) -> dict[str, Any]:
    if not isinstance(value, (tuple, list)):
        msg = (
            f"'{type(value).__name__}' object is not iterable as {len(names)} outputs: "
            f"return a dict with the names {', '.join(names)}, or a tuple. Got "
            f"{shown(value, write=repr)}."
        )
        raise OutputError(msg, path=("outputs",))
    if sorted(order) != list(names):
        msg = (
            f"The executor returned a tuple, but the template does not tell the order "
            f"of the outputs {', '.join(names)}: return a dict with these names. "
            "(Templates of the kit runtime tell it in their config.)"
        )
        raise OutputError(msg, path=("outputs",))
    if len(value) != len(order):
        msg = (
            f"Length difference {len(order)} {len(value)}: the task has the "
            f"{len(order)} outputs {', '.join(order)}, and the executor returned "
            f"{len(value)} values."
        )
        if len(value) > len(order):
            msg = f"list index out of range: {msg}"
        raise OutputCountError(msg, path=("outputs",))
    return dict(zip(order, value, strict=True))


def _convert(
    name: str,
    value: Any,
    variable: interface_pb2.Variable,
    engine: TypeEngine,
    out: literals_pb2.Literal,
) -> None:
    value = to_kit_value(value)
    error: KitError
    try:
        python_type = engine.guess_type(variable.type)
        engine.encoder(python_type)(value, out)
    except ConversionError as failure:
        error, text, path = failure, failure.message, failure.path
        expected = str(python_type)
    except GuessError as failure:
        error, text, path, expected = failure, str(failure), (), "a type it can tell"
    else:
        return
    out.Clear()
    if write_with_own_type(value, variable.type, engine, out):
        return
    msg = (
        f"failed to convert return value for var {name}: {text}\n"
        f"Failed to convert output in position {name} of value "
        f"{_shown_of_outputs(value, engine)}, expected type {expected}."
    )
    raise OutputError(msg, path=("outputs", name, *path)) from error


def _shown_of_outputs(value: Any, engine: TypeEngine) -> str:
    if value is None or type(value) in (bool, int, float, str):
        try:
            literal = engine.to_literal(value, type(value))
        except KitError:  # an int beyond 64 bits, a text that is no Unicode
            return shown(value, write=repr)
        return describe(literal)[:1000]
    return shown(value, write=repr)
