"""``FlyteSchema``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.definition.interface import kwtypes
from kit.errors import ConversionError, GuessError, StorageError, UnsupportedTypeError
from kit.types import FlyteSchema, default_engine
from kit.types.packed import pack
from kit.types.schema import SchemaOpenMode
from kit.types.structs import write_packed

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
Typed = FlyteSchema[kwtypes(a=int)]


@dataclass
class Holder:
    table: FlyteSchema
    typed: Typed


def round_trip(value, python_type):
    """Write a value and read it back as the same type."""
    literal = default_engine.to_literal(value, python_type)
    return default_engine.to_python(literal, python_type)


def test_columns():
    """Columns are in the literal type and told back from it."""
    known = kwtypes(i=int, f=float, s=str, b=bool, d=dt.datetime, t=dt.timedelta)
    schema = FlyteSchema[known]
    literal_type = default_engine.literal_type(schema)
    assert [c.name for c in literal_type.schema.columns] == list(known)
    assert default_engine.guess_type(literal_type) is schema
    assert schema.columns() == dict(known)
    assert schema.column_names() == list(known)
    assert repr(Typed) == "<class 'kit.types.schema.FlyteSchema[a=int]'>"


def test_no_columns():
    """A schema without columns is one of any."""
    assert FlyteSchema[None] is FlyteSchema[{}] is FlyteSchema
    empty = types_pb2.LiteralType(schema={})
    assert default_engine.guess_type(empty) is FlyteSchema
    with pytest.raises(ConversionError, match="Columns should be specified as an"):
        FlyteSchema[int]
    with pytest.raises(UnsupportedTypeError, match="not supported by FlyteSchema"):
        default_engine.literal_type(FlyteSchema[kwtypes(a=bytes)])
    unknown = types_pb2.LiteralType(schema={"columns": [{"name": "a", "type": 99}]})
    with pytest.raises(GuessError, match="Unknown schema column type 99 of 'a'"):
        default_engine.guess_type(unknown)


def test_frames(run_storage):
    """A frame is written to the run's outputs and read back, its columns alone."""
    literal = default_engine.to_literal(FRAME, FlyteSchema)
    assert literal.scalar.schema.uri.startswith(run_storage.raw_output_prefix)
    received = default_engine.to_python(literal, FlyteSchema)
    assert received.open().all().equals(FRAME)
    assert received.open(pa.Table).all().to_pydict() == FRAME.to_dict("list")
    assert list(round_trip(FRAME, Typed).open(pd.DataFrame).all()) == ["a"]


def test_written_by_hand(run_storage):
    """Frames that are written one after the other are all there."""
    schema = FlyteSchema()
    writer = schema.open(pd.DataFrame)
    writer.write(FRAME, FRAME)
    writer.write(FRAME)
    again = schema.open(override_mode=SchemaOpenMode.READ)
    assert len(again.all()) == 6
    assert len(schema.as_readonly().open().all()) == 6
    received = round_trip(schema, FlyteSchema)
    assert [len(part) for part in received.open().iter()] == [2, 2, 2]
    assert received.as_readonly() is received


def test_passed_on(run_storage):
    """A schema that came in goes out as it came, without being read."""
    literal = literals_pb2.Literal()
    literal.scalar.schema.uri = "s3://b/t"
    literal.scalar.schema.type.SetInParent()
    received = default_engine.to_python(literal, FlyteSchema)
    assert default_engine.to_literal(received, FlyteSchema) == literal
    assert repr(received) == "FlyteSchema(remote_path='s3://b/t')"


def test_a_dataset_is_read():
    """The literal of a structured dataset is read as a schema."""
    literal = default_engine.to_literal(FRAME, pd.DataFrame)
    assert default_engine.to_python(literal, FlyteSchema).open().all().equals(FRAME)


def test_modes():
    """What came from elsewhere cannot be written, and reading needs a place."""
    with pytest.raises(ValueError, match="remote_path is required"):
        FlyteSchema(supported_mode=SchemaOpenMode.READ)
    schema = FlyteSchema(
        remote_path="memory://nothing", supported_mode=SchemaOpenMode.READ
    )
    with pytest.raises(ConversionError, match="Readonly schema cannot be opened in wr"):
        schema.open(override_mode=SchemaOpenMode.WRITE)
    with pytest.raises(StorageError, match="memory://nothing"):
        schema.open()


@pytest.mark.parametrize("value", [[1], 3, "s3://b/x", None])
def test_refused(value):
    """What is no frame and no schema is refused."""
    with pytest.raises(ConversionError, match=r"DataFrames of type|cannot be None"):
        default_engine.to_literal(value, FlyteSchema)
    with pytest.raises(ConversionError, match="Cannot convert literal"):
        default_engine.to_python(default_engine.to_literal(1, int), FlyteSchema)


def test_as_a_field(run_storage):
    """In a dataclass a schema is its path, and comes back with its columns."""
    first, second = FlyteSchema(), Typed()
    first.open().write(FRAME)
    second.open().write(FRAME)
    made = round_trip(Holder(first, second), Holder)
    assert made.table.open().all().equals(FRAME)
    assert type(made.typed) is Typed
    assert list(made.typed.open().all()) == ["a"]
    literal = literals_pb2.Literal()
    write_packed(literal, pack({"remote_path": None}))
    with pytest.raises(ConversionError, match="FlyteSchema's path should not be None"):
        default_engine.to_python(literal, FlyteSchema)
    with pytest.raises(ConversionError, match="is no FlyteSchema"):
        default_engine.to_literal(Holder(3, second), Holder)
