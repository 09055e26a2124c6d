"""Dataclasses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
from typing import Annotated, Any, ClassVar, Dict, List, Optional, Union  # noqa: UP035 - users write them

import pytest
from flyteidl.core import literals_pb2, types_pb2
from google.protobuf import json_format
from mashumaro.mixins.json import DataClassJSONMixin

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import (
    FlyteAnnotation,
    FlyteFile,
    HashMethod,
    StructuredDataset,
    default_engine,
)
from kit.types.packed import pack, unpack
from kit.types.structs import write_packed


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5
    label: Optional[str] = None  # noqa: UP045 - users write it


@dataclasses.dataclass
class Shape:
    origin: Point
    corners: List[Point]  # noqa: UP006 - users write it
    by_name: Dict[str, Point] = dataclasses.field(default_factory=dict)  # noqa: UP006 - idem
    color: Color = Color.RED
    when: dt.datetime | None = None
    day: dt.date = dt.date(2020, 1, 2)
    lasts: dt.timedelta = dt.timedelta(minutes=1)


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int


@dataclasses.dataclass(slots=True)
class Slots:
    a: int


@dataclasses.dataclass
class Base:
    a: int


@dataclasses.dataclass
class Derived(Base):
    b: int = 2


@dataclasses.dataclass
class Tree:
    children: List[Tree]  # noqa: UP006 - users write it


@dataclasses.dataclass
class Mixed(DataClassJSONMixin):
    data: bytes
    numbers: Dict[int, str]  # noqa: UP006 - users write it


@dataclasses.dataclass
class MixedFile(DataClassJSONMixin):
    file: FlyteFile
    files: List[FlyteFile]  # noqa: UP006 - users write it


@dataclasses.dataclass
class OwnJson(DataClassJSONMixin):
    a: int

    def to_json(self, *args: Any, **kwargs: Any) -> str:
        return '{"a": 7}'


class Text(str):
    __slots__ = ()


@dataclasses.dataclass
class Unusual:
    constant: ClassVar[int] = 3
    price: decimal.Decimal = decimal.Decimal(1)
    anything: Any = None
    some: Optional[bytes] = None  # noqa: UP045 - users write it
    text: Text = Text("t")  # noqa: RUF009 - it cannot change
    pair: tuple[int, str] = (1, "a")
    items: list = dataclasses.field(default_factory=list)  # type: ignore[type-arg]
    hashed: Annotated[int, FlyteAnnotation({"k": 1}), HashMethod(str)] = 1


def packed(plain: Any) -> literals_pb2.Literal:
    """Make the literal of packed values."""
    literal = literals_pb2.Literal()
    write_packed(literal, pack(plain))
    return literal


def plain_of(value: Any, python_type: Any) -> Any:
    """Write a value and return what is packed in its literal."""
    return unpack(default_engine.to_literal(value, python_type))


SHAPE = Shape(
    Point(1, label="o"),
    [Point(2), Point(3, 1.0)],
    {"a": Point(4)},
    Color.GREEN,
    dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone.utc),
)


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        (Point(1, 2.5, "a"), Point),
        (SHAPE, Shape),
        ([SHAPE, SHAPE], List[Shape]),  # noqa: UP006 - users write it
        ({"k": Point(1)}, Dict[str, Point]),  # noqa: UP006 - idem
        (Point(1), Optional[Point]),  # noqa: UP045 - idem
        (None, Optional[Point]),  # noqa: UP045 - idem
        (Point(1), Union[Point, int]),  # noqa: UP007 - idem
        (Frozen(1), Frozen),
        (Slots(1), Slots),
        (Mixed(b"\0\xff", {1: "a"}), Mixed),
        (Unusual(), Unusual),
    ],
)
def test_values_come_back_equal(value, python_type):
    """What is written as a type is read as an equal value of it."""
    literal = default_engine.to_literal(value, python_type)
    assert default_engine.to_python(literal, python_type) == value


def test_fields_are_packed_in_their_order():
    """The packed form is on the wire, and hashed by caches."""
    literal = default_engine.to_literal(Point(1), Point)
    assert (
        literal.scalar.binary.value
        == b"\x83\xa1x\x01\xa1y\xcb?\xe0" + bytes(6) + b"\xa5label\xc0"
    )
    assert literal.scalar.binary.tag == "msgpack"


def test_enums_and_times_are_packed_as_text():
    """Other languages read them."""
    plain = plain_of(SHAPE, Shape)
    assert plain["color"] == "green"
    assert plain["when"] == "2024-01-02T03:00:00+00:00"
    assert plain["day"] == "2020-01-02"
    assert plain["lasts"] == 60.0


def test_the_type_describes_fields_for_promises_and_for_executors():
    """The structure is for the backend, the schema for the executor's side."""
    made = default_engine.literal_type(Point)
    assert made.simple == types_pb2.STRUCT
    fields = made.structure.dataclass_type
    assert {name: fields[name].simple for name in ("x", "y")} == {
        "x": types_pb2.INTEGER,
        "y": types_pb2.FLOAT,
    }
    schema = json_format.MessageToDict(made.metadata)
    assert schema["title"] == "Point"
    assert schema["required"] == ["x"]
    assert json_format.MessageToDict(made.annotation.annotations) == {
        "cache-key-metadata": {"serialization-format": "msgpack"}
    }


def test_fields_that_no_variable_could_be_are_described_as_flytekit_does():
    """They travel packed, and the interface still has to be flytekit's."""
    fields = default_engine.literal_type(Unusual).structure.dataclass_type
    described = {
        name: json_format.MessageToDict(fields[name], preserving_proto_field_name=True)
        for name in fields
    }

    def pickled(name: str) -> dict[str, Any]:
        return {
            "blob": {"format": "PythonPickle"},
            "metadata": {"python_class_name": name},
        }

    tagged = {**pickled("<class 'bytes'>"), "structure": {"tag": "FlytePickle"}}
    none = {"simple": "NONE", "structure": {"tag": "none"}}
    assert described == {
        "constant": pickled("typing.ClassVar[int]"),
        "price": pickled("<class 'decimal.Decimal'>"),
        "anything": pickled("typing.Any"),
        "some": {"union_type": {"variants": [tagged, none]}},
        "text": {"simple": "STRING"},
        "hashed": {"simple": "INTEGER"},
    }


def test_a_dict_is_taken_where_a_dataclass_is_declared():
    """It goes out as it is."""
    assert plain_of({"x": 1, "y": 2.0}, Point) == {"x": 1, "y": 2.0}


def test_another_dataclass_of_the_same_fields_is_taken():
    """An executor makes values of the class that it was told."""
    guessed = default_engine.guess_type(default_engine.literal_type(Point))
    assert plain_of(guessed(x=1, y=2.0, label=None), Point) == {
        "x": 1,
        "y": 2.0,
        "label": None,
    }


def test_a_subclass_is_written_as_what_is_declared():
    """Whoever reads it knows the declared fields only."""
    assert plain_of(Derived(1), Base) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "python_type", "text", "path"),
    [
        ({"y": 1.0}, Point, "missing the following keys", ()),
        ({"x": 1, "y": 1.0, "z": 2}, Point, "extra keys", ()),
        ({"x": 1, "y": 1.0, "lable": "a"}, Point, "Did you mean 'label'?", ()),
        ({"x": "a", "y": 1.0}, Point, "is not an instance of <class 'int'>", ("x",)),
        (
            [{"x": 1, "y": 1.0}, {"x": 1, "y": 1}],
            List[Point],  # noqa: UP006 - users write it
            "is not an instance of <class 'float'>",
            (1, "y"),
        ),
        (Frozen(1), Point, "Field 'a' is not present", ()),
        (Base, Base, "must be called with a dataclass type or instance", ()),
        (3, Point, "must be called with a dataclass type or instance", ()),
        (None, Point, "cannot be None", ()),
        ((1,), Point, "Tuples are not a supported type", ()),
        (Shape(Point(1), [], when="noon"), Shape, "isoformat", ("when",)),
        (
            [SHAPE, Shape(Point(1), [Point(1), None])],
            List[Shape],  # noqa: UP006 - users write it
            "NoneType",
            (1, "corners", 1),
        ),
        (
            MixedFile("s3://b/k", ["s3://b/k", "no/such"]),
            MixedFile,
            "not a file",
            ("files", 1),
        ),
        (
            {"k": Shape(Point(1), [], {"a": Point(1), "b": 5})},
            Dict[str, Shape],  # noqa: UP006 - users write it
            "int",
            ("k", "by_name", "b"),
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is(value, python_type, text, path):
    """The error has flytekit's words, the place, and the nearest name."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, python_type)
    assert text in str(caught.value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("plain", "path"),
    [({"x": "a"}, ("x",)), ({}, ("x",)), ([1], ()), (None, ()), (5, ())],
)
def test_what_cannot_be_read_is_refused(plain, path):
    """Literals come from elsewhere."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_python(packed(plain), Point)
    assert caught.value.path == path


def test_a_literal_of_another_kind_is_refused():
    """An int is no struct."""
    literal = default_engine.to_literal(1, int)
    with pytest.raises(ConversionError, match="Point"):
        default_engine.to_python(literal, Point)


def test_a_struct_from_the_console_is_read():
    """It comes as protobuf's Struct, in which all numbers are floats."""
    literal = literals_pb2.Literal()
    literal.scalar.generic.update({"x": 3, "y": 1, "label": None})
    read = default_engine.to_python(literal, Point)
    assert read == Point(3, 1.0)
    assert type(read.x) is int


@pytest.mark.parametrize("python_type", [Tree, List[Tree], Optional[Tree]])  # noqa: UP006, UP045 - users write it
def test_a_dataclass_that_contains_itself_is_refused(python_type):
    """Its literal type would have no end."""
    with pytest.raises(UnsupportedTypeError, match="Tree → Tree"):
        default_engine.literal_type(python_type)


def test_an_annotation_that_names_nothing_is_told():
    """Whatever Python says of it."""
    made = dataclasses.make_dataclass("Wrong", [("a", "NoSuchName")])
    with pytest.raises(UnsupportedTypeError, match="NoSuchName"):
        default_engine.literal_type(made)


def test_annotations_of_flytes_own_are_refused():
    """The literal type has no place for them."""
    python_type = Annotated[Point, FlyteAnnotation({"k": 1})]
    with pytest.raises(UnsupportedTypeError, match="FlyteAnnotations applied"):
        default_engine.literal_type(python_type)


def test_mixins_are_packed_by_way_of_their_json():
    """JSON has neither bytes nor keys that are numbers."""
    value = Mixed(b"ab", {1: "a"})
    assert plain_of(value, Mixed) == {"data": "YWI=\n", "numbers": {"1": "a"}}
    assert plain_of(OwnJson(1), OwnJson) == {"a": 7}


@pytest.mark.parametrize("given", [FlyteFile("s3://b/k"), "s3://b/k"])
def test_mixins_may_have_files(given):
    """They are written as in other dataclasses, texts too."""
    value = MixedFile(given, [given])
    plain = {"file": {"path": "s3://b/k"}, "files": [{"path": "s3://b/k"}]}
    assert plain_of(value, MixedFile) == plain
    read = default_engine.to_python(packed(plain), MixedFile)
    assert [f.remote_source for f in (read.file, *read.files)] == ["s3://b/k"] * 2


def test_columns_of_a_field_are_not_described():
    """As in flytekit, which drops annotations of fields."""

    @dataclasses.dataclass
    class Holder:
        table: StructuredDataset

    columns = {"a": int}
    annotated = Annotated[StructuredDataset, columns, "parquet"]
    made = dataclasses.make_dataclass("Holder", [("table", annotated)])
    expected = default_engine.literal_type(Holder)
    assert default_engine.literal_type(made) == expected
