"""``StructuredDataset`` and data frames."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.definition.interface import kwtypes
from kit.errors import ConversionError, MissingPackageError, UnsupportedTypeError
from kit.types import FlyteSchema, HashMethod, StructuredDataset, default_engine, frames
from kit.types.packed import pack, unpack
from kit.types.structs import write_packed

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
np = pytest.importorskip("numpy")

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "ü"]})


@dataclass
class Inner:
    c: int
    d: list[str]


@dataclass
class Holder:
    table: StructuredDataset


def round_trip(value, python_type, read_as=None):
    """Write a value and read it back, as the same type or another one."""
    literal = default_engine.to_literal(value, python_type)
    return default_engine.to_python(literal, read_as or python_type)


def columns(python_type: Any) -> list[tuple[str, str]]:
    """Return the columns in a type's literal type."""
    made = default_engine.literal_type(python_type).structured_dataset_type
    return [(c.name, str(c.literal_type).strip()) for c in made.columns]


@pytest.mark.parametrize("python_type", [StructuredDataset, pd.DataFrame, pa.Table])
def test_types(python_type):
    """All frames are structured datasets, and told back as one."""
    made = default_engine.literal_type(python_type)
    assert made == types_pb2.LiteralType(structured_dataset_type={})
    assert default_engine.guess_type(made) is StructuredDataset


@pytest.mark.parametrize(
    ("given", "simple"),
    [
        (int, "INTEGER"),
        (np.int64, "INTEGER"),
        (np.float32, "FLOAT"),
        (bool, "BOOLEAN"),
        (np.bool_, "BOOLEAN"),
        (str, "STRING"),
        (np.object_, "STRING"),
        (dt.datetime, "DATETIME"),
        (np.timedelta64, "DURATION"),
    ],
)
def test_columns(given, simple):
    """Columns of Python's and NumPy's types are in the literal type."""
    assert columns(Annotated[pd.DataFrame, kwtypes(x=given)]) == [
        ("x", f"simple: {simple}")
    ]


def test_nested_columns():
    """Mappings and dataclasses become dotted names; lists and dicts keep theirs."""
    nested = OrderedDict(a={"b": int, "i": Inner}, e=dict[str, float])
    assert columns(Annotated[StructuredDataset, nested]) == [
        ("a.b", "simple: INTEGER"),
        ("a.i.c", "simple: INTEGER"),
        ("a.i.d", "collection_type {\n  simple: STRING\n}"),
        ("e", "map_value_type {\n  simple: FLOAT\n}"),
    ]
    assert columns(Annotated[StructuredDataset, Inner])[0][0] == "c"


def test_annotations():
    """A format and an Arrow schema are in the type; other annotations are not."""
    schema = pa.schema([("a", pa.int64())])
    annotated = Annotated[pa.Table, schema, "parquet", HashMethod(str)]
    made = default_engine.literal_type(annotated).structured_dataset_type
    assert made.external_schema_type == "arrow"
    assert made.external_schema_bytes == b"a: int64"
    assert made.format == "parquet"
    with pytest.raises(UnsupportedTypeError, match="already specified a, cannot use b"):
        default_engine.literal_type(Annotated[StructuredDataset, "a", "b"])


@pytest.mark.parametrize("given", [bytes, set, list, "int", Any])
def test_no_column(given):
    """What columns do not have is refused."""
    with pytest.raises(UnsupportedTypeError, match="not supported by Structured"):
        default_engine.literal_type(Annotated[pd.DataFrame, kwtypes(x=given)])


@pytest.mark.parametrize("file_format", ["", "parquet", "csv"])
def test_pandas(file_format, run_storage):
    """A frame in a dataset is written in the declared format and read back."""
    declared = Annotated[StructuredDataset, file_format]
    literal = default_engine.to_literal(StructuredDataset(FRAME), declared)
    stored = literal.scalar.structured_dataset
    assert stored.uri.startswith(run_storage.raw_output_prefix)
    kind = stored.metadata.structured_dataset_type
    assert kind.format == (file_format or "parquet")
    received = default_engine.to_python(literal, StructuredDataset)
    assert received.uri == stored.uri
    assert received.open(pd.DataFrame).all().equals(FRAME)
    (part,) = received.open(pd.DataFrame).iter()
    assert part.equals(FRAME)


def test_plain_frames(run_storage):
    """Frames are converted as they are, and into each other's class."""
    assert round_trip(FRAME, pd.DataFrame).equals(FRAME)
    table = pa.table({"a": [1]})
    assert round_trip(table, pa.Table) == table
    assert round_trip(FRAME, pd.DataFrame, pa.Table).to_pydict() == FRAME.to_dict(
        "list"
    )
    assert round_trip(StructuredDataset(FRAME), pd.DataFrame).equals(FRAME)


def test_the_columns_that_are_named_are_read(run_storage):
    """A type with columns reads these; without, those of the literal."""
    literal = default_engine.to_literal(FRAME, pd.DataFrame)
    only = Annotated[pd.DataFrame, kwtypes(b=str)]
    assert list(default_engine.to_python(literal, only).columns) == ["b"]
    dataset = default_engine.to_python(
        literal, Annotated[StructuredDataset, kwtypes(a=int)]
    )
    assert list(dataset.open(pd.DataFrame).all().columns) == ["a"]
    assert dataset.open(pa.Table).all().column_names == ["a"]
    typed = default_engine.to_literal(FRAME, only)
    assert list(default_engine.to_python(typed, pd.DataFrame).columns) == ["b"]
    missing = Annotated[pd.DataFrame, kwtypes(zz=int)]
    with pytest.raises(ConversionError, match="zz"):
        default_engine.to_python(literal, missing)


def test_passed_on(run_storage):
    """A dataset that came in goes out as it came, without being read or written."""
    literal = literals_pb2.Literal()
    literal.scalar.structured_dataset.uri = "s3://b/t"
    kind = literal.scalar.structured_dataset.metadata.structured_dataset_type
    kind.format = "avro"
    received = default_engine.to_python(literal, StructuredDataset)
    assert default_engine.to_literal(received, StructuredDataset) == literal


def test_uris(tmp_path, run_storage):
    """A URL goes out as it is, a local file is copied; the declared format wins."""
    remote = StructuredDataset(uri="s3://b/x", file_format="csv")
    stored = default_engine.to_literal(remote, StructuredDataset)
    assert stored.scalar.structured_dataset.uri == "s3://b/x"
    remote = StructuredDataset(uri="s3://b/x", file_format="csv")
    declared = default_engine.to_literal(remote, Annotated[StructuredDataset, "x"])
    found = declared.scalar.structured_dataset.metadata.structured_dataset_type
    assert found.format == "x"
    FRAME.to_parquet(tmp_path / "t.parquet")
    local = StructuredDataset(uri=str(tmp_path / "t.parquet"), file_format="parquet")
    literal = default_engine.to_literal(local, StructuredDataset)
    assert literal.scalar.structured_dataset.uri.startswith(
        run_storage.raw_output_prefix
    )
    assert default_engine.to_python(literal, pd.DataFrame).equals(FRAME)


def test_a_single_csv_file(tmp_path):
    """A csv that someone else wrote is read, also where kit would write a folder."""
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    dataset = StructuredDataset(uri=str(tmp_path / "t.csv"), file_format="csv")
    assert dataset.open(pd.DataFrame).all().equals(FRAME)


def test_several_files(local_run, tmp_path):
    """A folder of parquet files is read whole, or file by file."""
    for part in range(3):
        FRAME.to_parquet(tmp_path / f"{part:05}")
    (tmp_path / "_SUCCESS").write_text("")
    dataset = StructuredDataset(uri=str(tmp_path), file_format="parquet")
    assert len(dataset.open(pd.DataFrame).all()) == 6
    assert [len(part) for part in dataset.open(pa.Table).iter()] == [2, 2, 2]


def test_written_once(run_storage):
    """A frame is written the first time its dataset goes out, and then known."""
    dataset = StructuredDataset(FRAME)
    first = default_engine.to_literal(dataset, StructuredDataset)
    assert default_engine.to_literal(dataset, StructuredDataset) == first
    assert dataset.literal == first.scalar.structured_dataset


def test_a_chosen_place(tmp_path, run_storage):
    """A frame is written where its URI says."""
    target = str(tmp_path / "chosen")
    round_trip(StructuredDataset(FRAME, uri=target), StructuredDataset)
    assert pd.read_parquet(target).equals(FRAME)


@pytest.mark.parametrize(
    ("value", "python_type", "text"),
    [
        (FRAME, StructuredDataset, "Did you forget to wrap your dataframe in a Struct"),
        (StructuredDataset(), StructuredDataset, "then the uri should be specified."),
        (
            StructuredDataset(uri="/no/such"),
            StructuredDataset,
            "There is no data at the uri '/no/such'",
        ),
        ([1], pd.DataFrame, "but got '[1]' of type <class 'list'>"),
        (None, pd.DataFrame, "Python value cannot be None"),
        (
            StructuredDataset(FRAME),
            Annotated[StructuredDataset, "avro"],
            "Failed to find a handler for <class 'pandas",
        ),
        (StructuredDataset([1]), StructuredDataset, "It is no class of data frames"),
        (pd.DataFrame({"a": [object()]}), pd.DataFrame, "cannot be written to"),
    ],
)
def test_refused(value, python_type, text, local_run):
    """What cannot be written is refused, and it is said why."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, python_type)
    assert text in str(caught.value)


def test_not_opened(local_run):
    """Without a class of frames nothing is read."""
    dataset = StructuredDataset(uri="s3://b/x")
    with pytest.raises(ValueError, match=r"No dataframe type set\. Use open"):
        dataset.all()
    with pytest.raises(ConversionError, match="is no class of data frames"):
        dataset.open("pandas").all()
    assert StructuredDataset(FRAME).open(pd.DataFrame).all() is FRAME


def test_not_readable(tmp_path):
    """Data that is not there, or not of its format, is told with its place."""
    (tmp_path / "x").write_text("no parquet")
    for uri in (str(tmp_path / "x"), str(tmp_path / "nothing")):
        literal = literals_pb2.Literal()
        literal.scalar.structured_dataset.uri = uri
        with pytest.raises(ConversionError, match=f"{uri} cannot be read as parquet"):
            default_engine.to_python(literal, pd.DataFrame)
    with pytest.raises(ConversionError, match="Cannot convert literal"):
        default_engine.to_python(default_engine.to_literal(1, int), pd.DataFrame)


def test_a_schema_is_read(run_storage):
    """The literal of a schema, which is older, is read as a dataset."""
    declared = FlyteSchema[kwtypes(a=int, b=str)]
    dataset = round_trip(FRAME, declared, StructuredDataset)
    kind = dataset.metadata.structured_dataset_type
    assert [c.name for c in kind.columns] == ["a", "b"]
    assert dataset.open(pd.DataFrame).all().equals(FRAME)


def test_as_a_field(run_storage):
    """In a dataclass a dataset is its URI and format, and comes back as a dataset."""
    literal = default_engine.to_literal(Holder(StructuredDataset(FRAME)), Holder)
    plain = unpack(literal)["table"]
    assert list(plain) == ["uri", "file_format"]
    assert plain["file_format"] == "parquet"
    made = default_engine.to_python(literal, Holder)
    assert made.table.open(pd.DataFrame).all().equals(FRAME)
    guessed = default_engine.guess_type(default_engine.literal_type(Holder))
    assert type(default_engine.to_python(literal, guessed).table) is StructuredDataset
    attribute = literals_pb2.Literal()
    write_packed(attribute, pack(plain))
    assert default_engine.to_python(attribute, pd.DataFrame).equals(FRAME)
    write_packed(attribute, pack({"uri": None}))
    with pytest.raises(ConversionError, match="uri and file format should not be None"):
        default_engine.to_python(attribute, StructuredDataset)


def test_own_frames(monkeypatch, run_storage):
    """A registered handler brings a class of frames of its own."""

    class Lines(frames.FrameHandler):
        module, class_name, file_format = "decimal", "Decimal", "txt"

        def write(self, frame, uri, part):
            run_storage.write_bytes(f"{uri}/{part}", str(frame).encode())

        def read(self, uri, columns):
            from decimal import Decimal

            return Decimal(run_storage.read_bytes(f"{uri}/0").decode())

    from decimal import Decimal

    from kit.types import TypeEngine
    from kit.types.datasets import DatasetTransformer

    monkeypatch.setattr(frames, "_handlers", list(frames._handlers))
    frames.register_frames(Lines())
    engine = TypeEngine([DatasetTransformer()])
    literal = engine.to_literal(Decimal("1.5"), Decimal)
    kind = literal.scalar.structured_dataset.metadata.structured_dataset_type
    assert kind.format == "txt"
    assert engine.to_python(literal, Decimal) == Decimal("1.5")


def test_a_missing_package(monkeypatch, local_run):
    """Without pyarrow the error names the extra to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"flyte-task-kit\[pandas\]"):
        default_engine.to_literal(StructuredDataset(FRAME), StructuredDataset)


def test_no_library_is_loaded():
    """Types of libraries are known without loading one."""
    code = (
        "import sys; from kit.types import *; default_engine.literal_type("
        "list[StructuredDataset]); default_engine.literal_type(FlyteSchema);"
        "print([m for m in ('pandas', 'pyarrow', 'numpy', 'pydantic', 'fsspec') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_repr():
    """Its repr says where it is and in which format."""
    text = "StructuredDataset(uri='s3://b/x', file_format='csv')"
    assert repr(StructuredDataset(uri="s3://b/x", file_format="csv")) == text
