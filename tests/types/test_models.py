"""pydantic models."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any, List, Optional  # noqa: UP035 - users write them

import pytest
from flyteidl.core import literals_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import (
    FlyteDirectory,
    FlyteFile,
    FlyteSchema,
    StructuredDataset,
    default_engine,
)
from kit.types.packed import pack, unpack
from kit.types.structs import write_packed

pydantic = pytest.importorskip("pydantic")


class Colour(enum.Enum):
    RED = "red"


class Inner(pydantic.BaseModel):
    a: int
    b: str = "z"


class Model(pydantic.BaseModel):
    i: int
    inner: Inner
    maybe: Optional[int] = None  # noqa: UP045 - users write it
    many: List[Inner] = []  # noqa: UP006, RUF012 - users write them
    colour: Colour = Colour.RED


class Node(pydantic.BaseModel):
    children: list[Node] = []  # noqa: RUF012 - pydantic copies defaults


class Opaque(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    x: literals_pb2.Literal


Csv = FlyteFile["csv"]


class Files(pydantic.BaseModel):
    file: FlyteFile
    csv: Csv
    folder: FlyteDirectory
    table: StructuredDataset
    schema_: Optional[FlyteSchema] = None  # noqa: UP045 - users write it


MODEL = Model(i=1, inner=Inner(a=2), many=[Inner(a=3, b="q")])


def test_type():
    """The type has pydantic's schema and the fields' literal types."""
    made = default_engine.literal_type(Model)
    assert made.metadata["title"] == "Model"
    fields = made.structure.dataclass_type
    assert sorted(fields) == ["colour", "i", "inner", "many", "maybe"]
    assert fields["i"] == default_engine.literal_type(int)


def test_round_trip():
    """A model is packed in the order of its fields, enums as text, and read back."""
    literal = default_engine.to_literal(MODEL, Model)
    assert list(unpack(literal).items()) == [
        ("i", 1),
        ("inner", {"a": 2, "b": "z"}),
        ("maybe", None),
        ("many", [{"a": 3, "b": "q"}]),
        ("colour", "red"),
    ]
    assert default_engine.to_python(literal, Model) == MODEL


def test_from_the_console():
    """A Struct, as the console sends it, is read too."""
    literal = literals_pb2.Literal()
    literal.scalar.generic.update({"i": 1, "inner": {"a": 2}})
    assert default_engine.to_python(literal, Model).inner == Inner(a=2)


def test_guess():
    """An executor gets a dataclass of the model's fields."""
    guessed = default_engine.guess_type(default_engine.literal_type(Model))
    made = default_engine.to_python(default_engine.to_literal(MODEL, Model), guessed)
    assert (made.i, made.inner.b, made.many[0].a) == (1, "z", 3)


@pytest.mark.parametrize("value", [3, {"i": 1}, Inner(a=1), None])
def test_refused(value):
    """What is no such model is refused."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(value, Model)


@pytest.mark.parametrize(
    ("plain", "path"),
    [
        ({"i": "x", "inner": {"a": 1}}, ("i",)),
        ({"i": 1, "inner": {"a": 1}, "many": [{"a": 1}, {}]}, ("many", 1, "a")),
        (3, ()),
    ],
)
def test_not_readable(plain: Any, path):
    """What does not fit is refused, with the place in it."""
    literal = literals_pb2.Literal()
    write_packed(literal, pack(plain))
    with pytest.raises(ConversionError) as caught:
        default_engine.to_python(literal, Model)
    assert caught.value.path == path
    with pytest.raises(ConversionError, match="Cannot convert literal"):
        default_engine.to_python(default_engine.to_literal(1, int), Model)


def test_endless():
    """A model that contains itself is refused: its type would have no end."""
    with pytest.raises(UnsupportedTypeError, match="contains itself"):
        default_engine.literal_type(Node)


def test_no_schema():
    """A field that JSON has no words for is refused where the type is made."""
    with pytest.raises(UnsupportedTypeError, match="has no JSON schema"):
        default_engine.literal_type(Opaque)


def test_files(tmp_path, run_storage):
    """Files, directories and tables are fields: they go out with the model."""
    pd = pytest.importorskip("pandas")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.csv").write_text("x")
    value = Files(
        file=FlyteFile(tmp_path / "d" / "x.csv"),
        csv=FlyteFile("s3://b/x.csv"),
        folder=FlyteDirectory(tmp_path / "d"),
        table=StructuredDataset(pd.DataFrame({"a": [1]})),
    )
    literal = default_engine.to_literal(value, Files)
    plain = unpack(literal)
    assert plain["csv"] == {"path": "s3://b/x.csv"}
    for name, key in (("file", "path"), ("folder", "path"), ("table", "uri")):
        assert plain[name][key].startswith(run_storage.raw_output_prefix)
    made = default_engine.to_python(literal, Files)
    assert Path(made.file).read_text() == "x"
    assert type(made.csv) is Csv
    assert (Path(made.folder) / "x.csv").read_text() == "x"
    assert made.table.open(pd.DataFrame).all()["a"].tolist() == [1]
    guessed = default_engine.guess_type(default_engine.literal_type(Files))
    assert type(default_engine.to_python(literal, guessed).csv) is FlyteFile


def test_files_refused():
    """A field that is no file is a validation error; dumping copies nothing."""
    with pytest.raises(pydantic.ValidationError, match="path should not be None"):
        Files(file=3, csv=Csv("x"), folder=FlyteDirectory("x"), table={"uri": "x"})
    value = Files(
        file=FlyteFile("s3://b/x"),
        csv={"path": "s3://b/y"},
        folder=FlyteDirectory("s3://b"),
        table={"uri": "s3://b/t", "file_format": "csv"},
    )
    assert value.model_dump()["file"]["path"] == "s3://b/x"
    assert value.csv.remote_source == "s3://b/y"
    assert value.table.file_format == "csv"


@pytest.mark.flytekit
def test_schema_is_flytekits():
    """The JSON schema of a model with files is the one flytekit writes."""
    from flytekit.core.type_engine import TypeEngine
    from flytekit.types import directory, file, schema, structured

    made = pydantic.create_model(
        "Files",
        file=file.FlyteFile,
        csv=file.FlyteFile["csv"],
        folder=directory.FlyteDirectory,
        table=structured.StructuredDataset,
        schema_=(Optional[schema.FlyteSchema], None),  # noqa: UP045 - as above
    )
    theirs = TypeEngine.to_literal_type(made).to_flyte_idl()
    assert default_engine.literal_type(Files) == theirs


def test_a_model_that_was_defined_again_is_said_to_be():
    """As by running its cell again: both classes look the same in a message."""
    first = type("M", (pydantic.BaseModel,), {"__annotations__": {"a": int}})
    second = type("M", (pydantic.BaseModel,), {"__annotations__": {"a": int}})
    with pytest.raises(ConversionError, match="defined again after the task"):
        default_engine.to_literal(second(a=3), first)


@pytest.mark.flytekit
@pytest.mark.parametrize(
    "config",
    [
        {"extra": "forbid"},
        {"extra": "allow"},
        {"alias_generator": str.upper},
        {"field_title_generator": lambda name, _info: name.upper()},
        {"model_title_generator": lambda model: model.__name__.upper()},
        {"json_schema_extra": {"a": 1}},
        {"strict": True, "frozen": True, "populate_by_name": True},
    ],
    ids=lambda config: next(iter(config)),
)
def test_a_models_config_reaches_the_classes_of_its_fields(config):
    """Pydantic describes flytekit's files and tables by the model's own config."""
    from flytekit.core.type_engine import TypeEngine
    from flytekit.types.directory import FlyteDirectory as TheirDirectory
    from flytekit.types.file import FlyteFile as TheirFile
    from flytekit.types.schema import FlyteSchema as TheirSchema
    from flytekit.types.structured import StructuredDataset as TheirDataset
    from pydantic import create_model

    pairs = [
        (FlyteFile, TheirFile),
        (FlyteFile["csv"], TheirFile["csv"]),
        (FlyteDirectory, TheirDirectory),
        (StructuredDataset, TheirDataset),
        (FlyteSchema, TheirSchema),
    ]
    for ours, theirs in pairs:
        made = [
            create_model("M", __config__=config, x=(python_type, ...), n=(int, 0))
            for python_type in (ours, theirs)
        ]
        expected = TypeEngine.to_literal_type(made[1]).to_flyte_idl()
        assert default_engine.literal_type(made[0]) == expected
