from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional  # noqa: UP035 - both spellings

import pytest
from flyteidl.core import interface_pb2, literals_pb2, types_pb2

from kit.errors import OutputError
from kit.shim.outputs import output_literals
from kit.types import FlyteFile, default_engine

pytestmark = pytest.mark.usefixtures("storage")


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.0


@dataclasses.dataclass
class Circle:
    center: Point
    radius: float


def declare(stripped=False, **types):
    """Declare outputs; stripped of types' metadata, as on a cluster."""
    declared = {}
    for name, python_type in types.items():
        literal_type = default_engine.literal_type(python_type)
        if stripped:
            strip(literal_type)
        declared[name] = interface_pb2.Variable(type=literal_type)
    return declared


def strip(literal_type):
    """Clear what the engine's compiler clears, StripInterfaceTypeMetadata."""
    literal_type.ClearField("metadata")
    kind = literal_type.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        strip(getattr(literal_type, kind))
    if kind == "union_type":
        for variant in literal_type.union_type.variants:
            strip(variant)


def convert(value, python_type, **kwargs):
    """Send one value out and read it back as a consumer would."""
    outputs = output_literals(value, declare(o=python_type, **kwargs), default_engine)
    return default_engine.to_python(outputs.literals["o"], python_type)


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        (5, int),
        ("text", str),
        ([1, 2], list[int]),
        ([], List[int]),  # noqa: UP006
        ({"a": 1.5}, dict[str, float]),
        ({}, Dict[str, int]),  # noqa: UP006
        ([{"a": [1]}, {}], list[dict[str, list[int]]]),
        ({"a": [1, None]}, dict),
        (None, Optional[int]),  # noqa: UP045
        (4, int | None),
        ("x", int | str),
        ([None, 1], list[int | None]),
        (dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.datetime),
        (dt.timedelta(seconds=3), dt.timedelta),
        (Color.RED, Color),
        ([Color.RED], list[Color]),
        (Point(1, 2.5), Point),
        ([Point(1), Point(2)], list[Point]),
        ({"a": Point(1)}, dict[str, Point]),
        (Point(1), Point | None),
        (Circle(Point(1), 2.0), Circle),
    ],
)
@pytest.mark.parametrize("stripped", [False, True])
def test_declared_type_goes_out(value, python_type, stripped):
    """A value of the declared type comes back equal, with or without its schema."""
    assert convert(value, python_type, stripped=stripped) == value


def test_optional_is_a_union_on_the_wire():
    """An optional output has the union that its consumers expect."""
    for value in (None, 4):
        outputs = output_literals(value, declare(o=int | None), default_engine)
        assert outputs.literals["o"].scalar.HasField("union")


def test_date_for_a_date():
    """A date goes out although it is told back as a datetime."""
    assert convert(dt.date(2020, 1, 2), dt.date) == dt.date(2020, 1, 2)


def test_enum_by_its_value():
    """An enum's value is as good as its member; another value is not."""
    assert convert("green", Color) is Color.GREEN
    with pytest.raises(OutputError, match="blue"):
        convert("blue", Color)


def test_enum_of_another_kind():
    """A member of another enum is refused, also where types are not told."""

    class Shape(enum.Enum):
        ROUND = "round"

    with pytest.raises(OutputError):
        convert(Shape.ROUND, Color)


def test_other_dataclass():
    """A dataclass with other fields than declared is refused."""
    with pytest.raises(OutputError):
        convert(Circle(Point(1), 1.0), Point)


def test_file_keeps_the_declared_format(tmp_path):
    """A local file is uploaded and has the format of the interface."""
    file = tmp_path / "a.csv"
    file.write_text("x")
    declared = declare(o=FlyteFile["csv"])
    for value in (FlyteFile(str(file)), str(file)):
        outputs = output_literals(value, declared, default_engine)
        blob = outputs.literals["o"].scalar.blob
        assert blob.metadata.type.format == "csv"
        assert Path(blob.uri).read_text() == "x"


class Named(NamedTuple):
    a: int
    b: str


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": "x"},
        {"b": "x", "a": 1},
        Named(1, "x"),
        collections.namedtuple("Other", "b a")("x", 1),  # noqa: PYI024
        ("x", 1),
        ["x", 1],
    ],
)
def test_several_outputs_by_name(value):
    """Names decide; a bare tuple or list is in the order of the declaration."""
    declared = declare(a=int, b=str)
    outputs = output_literals(value, declared, default_engine, order=["b", "a"])
    assert outputs.literals["a"].scalar.primitive.integer == 1
    assert outputs.literals["b"].scalar.primitive.string_value == "x"


def test_order_that_is_not_told():
    """Without an order in the template a tuple is not guessed at."""
    with pytest.raises(OutputError, match="does not tell the order"):
        output_literals((1, "x"), declare(a=int, b=str), default_engine)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ((1,), "returned 1 values, expected the 2"),
        ((1, "x", 2), "returned 3 values, expected the 2"),
        ({"a": 1}, "Length difference 2 1.*b were not returned"),
        ({"a": 1, "bb": "x"}, "no output 'bb'.*Did you mean 'b'"),
        ({"a": 1, "b": "x", "c": 2}, "no output 'c'"),
        (5, "Got 5 of type int, expected 2 outputs"),
        (None, "Got None of type NoneType"),
        ("ab", "Got 'ab' of type str"),
        ((1, 2), "failed to convert return value for var b"),
    ],
)
def test_several_outputs_that_do_not_fit(value, says):
    """Too few, too many, unknown and wrong outputs are told apart."""
    declared = declare(a=int, b=str)
    with pytest.raises(OutputError, match=f"(?s){says}"):
        output_literals(value, declared, default_engine, order=["a", "b"])


@pytest.mark.parametrize(
    ("value", "python_type", "says"),
    [
        ("text", int, "text"),
        (None, int, "Failed to convert output in position o of value Flyte Seri"),
        (True, int, "expected type <class 'int'>"),
        (7.9, int, "7.9"),
        (2**70, int, str(2**70)),
        (object, str, "class 'object'"),
        ({1, 2}, list[int], "1, 2"),
    ],
)
def test_wrong_type(value, python_type, says):
    """A wrong type is an error that names variable, value and expected type."""
    with pytest.raises(
        OutputError, match="failed to convert return value for var o"
    ) as e:
        convert(value, python_type)
    assert says in str(e.value)
    assert e.value.path[:2] == ("outputs", "o")


def test_path_of_a_wrong_element():
    """The path leads to the element."""
    with pytest.raises(OutputError) as caught:
        convert({"a": [1, 2, "x"]}, dict[str, list[int]])
    assert caught.value.path == ("outputs", "o", "a", 2)
    assert "at outputs.o.a[2]" in str(caught.value)


def test_tuple_for_one_output():
    """One output takes the value itself, in flytekit's words."""
    with pytest.raises(OutputError) as caught:
        output_literals((1,), declare(o=int), default_engine, task="m.t")
    text = "Output(o) in taskm.t received a tuple (1,), instead of <class 'tuple'>"
    assert text in str(caught.value)
    with pytest.raises(OutputError):
        output_literals(Named(1, "x"), declare(o=int), default_engine)


def generator():
    """Yield one value."""
    yield 1


async def coroutine():
    """Return one value."""
    return 1


async def async_generator():
    """Yield one value."""
    yield 1


@pytest.mark.parametrize("make", [generator, coroutine, async_generator])
@pytest.mark.parametrize("types", [{}, {"o": int}, {"o": int, "p": int}])
def test_what_has_not_run(make, types):
    """A generator or coroutine is an error, whatever was declared."""
    with pytest.raises(OutputError, match="its body has not run"):
        output_literals(make(), declare(**types), default_engine)


@pytest.mark.parametrize("value", [None, "ignored", (), {}])
def test_no_outputs(value):
    """A task without outputs writes none, whatever its executor returns."""
    outputs = output_literals(value, {}, default_engine)
    assert outputs == literals_pb2.LiteralMap()


def test_literal_map_goes_out_as_it_is():
    """An executor may return literals."""
    made = literals_pb2.LiteralMap()
    made.literals["o"].scalar.primitive.string_value = "anything"
    assert output_literals(made, declare(o=int), default_engine) is made


@pytest.mark.flytekit
def test_values_of_flytekit(tmp_path):
    """Files and literals of flytekit's classes go out too."""
    from flytekit.models.literals import LiteralMap
    from flytekit.types.directory import FlyteDirectory as TheirDirectory
    from flytekit.types.file import FlyteFile as TheirFile

    from kit.types import FlyteDirectory

    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f.txt").write_text("x")
    made = literals_pb2.LiteralMap()
    made.literals["o"].scalar.primitive.integer = 1
    model = LiteralMap.from_flyte_idl(made)
    assert output_literals(model, declare(o=int), default_engine) == made
    file = TheirFile(str(tmp_path / "d" / "f.txt"))
    outputs = output_literals(file, declare(o=FlyteFile), default_engine)
    assert Path(outputs.literals["o"].scalar.blob.uri).read_text() == "x"
    remote = TheirFile.from_source("s3://bucket/x.csv")
    outputs = output_literals(remote, declare(o=FlyteFile), default_engine)
    assert outputs.literals["o"].scalar.blob.uri == "s3://bucket/x.csv"
    folder = TheirDirectory(str(tmp_path / "d"))
    outputs = output_literals(folder, declare(o=FlyteDirectory), default_engine)
    assert (Path(outputs.literals["o"].scalar.blob.uri) / "f.txt").is_file()


def test_frame_and_array():
    """A DataFrame and an array go out for what they are told back as."""
    pandas = pytest.importorskip("pandas")
    numpy = pytest.importorskip("numpy")
    frame = pandas.DataFrame({"a": [1, 2]})
    assert convert(frame, pandas.DataFrame).equals(frame)
    array = numpy.arange(3)
    assert (convert(array, numpy.ndarray) == array).all()


def test_type_that_cannot_be_told():
    """A type that tells no Python type is an error of the output."""
    declared = {"o": interface_pb2.Variable(type=types_pb2.LiteralType())}
    with pytest.raises(OutputError, match="failed to convert return value for var o"):
        output_literals(1, declared, default_engine)
