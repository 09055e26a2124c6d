from __future__ import annotations

import datetime as dt
import enum
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pydantic
import pytest

from kit.definition.json_values import from_json
from kit.errors import ConversionError
from kit.types import FlyteDirectory, FlyteFile


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Point:
    x: float
    tags: list[str] = field(default_factory=list)


@dataclass
class Line:
    points: list[Point]
    colour: Colour = Colour.RED


class Model(pydantic.BaseModel):
    n: int


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        (1, int, 1),
        (1, float, 1.0),
        (True, bool, True),
        ("a", str, "a"),
        (None, None, None),
        ([1, 2], list[int], [1, 2]),
        ({"a": [1]}, dict[str, list[int]], {"a": [1]}),
        ({"a": 1, "b": [None]}, dict, {"a": 1, "b": [None]}),
        ({"a": 1}, dict[str, Any], {"a": 1}),
        ("red", Colour, Colour.RED),
        ("b", Literal["a", "b"], "b"),
        (None, int | None, None),
        (3, int | str, 3),
        ("x", int | str, "x"),
        (1, Annotated[int, "note"], 1),
        ("2024-05-01", dt.date, dt.date(2024, 5, 1)),
        ("90s", dt.timedelta, dt.timedelta(seconds=90)),
        ({"n": 1}, Model, Model(n=1)),
        (
            {"points": [{"x": 1}, {"x": 2.5, "tags": ["t"]}]},
            Line,
            Line([Point(1.0), Point(2.5, ["t"])]),
        ),
    ],
)
def test_values_of_declared_types(value, python_type, expected):
    """JSON becomes what the type says, at any depth."""
    made = from_json(value, python_type)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize("kind", [FlyteFile, FlyteDirectory])
def test_files_are_given_by_their_path(kind):
    """A text is the path or URL of a file or folder."""
    made = from_json(["/data/x"], list[kind])
    assert isinstance(made[0], kind)
    assert Path(str(made[0].path)) == Path("/data/x")


@pytest.mark.parametrize(
    ("value", "python_type", "words"),
    [
        (True, int, "True is no int"),
        (1.5, int, "1.5 is no int"),
        ("1", int, "'1' is no int"),
        (1, str, "1 is no str"),
        ([1, "x"], list[int], r"'x' is no int\.\n  at \[1\]"),
        ({"a": [0, None]}, dict[str, list[int]], r"at a\[1\]"),
        ("blue", Colour, "'blue' is none of 'red'"),
        ("c", Literal["a", "b"], "'c' is none of 'a', 'b'"),
        (True, Literal[1, 2], "True is none of 1, 2"),
        ([], int | str, "none of int or str"),
        ({"points": [{"x": "far"}]}, Line, r"at points\[0\]\.x"),
        ({"point": []}, Line, "Line has no field 'point'. Did you mean 'points'"),
        ({}, Line, "missing 1 required positional argument: 'points'"),
        ({"n": "x"}, Model, "valid integer"),
        ("noon", dt.datetime, "'noon' is no time"),
        (5, dt.date, "5 is no str"),
        ({}, list[int], "{} is no list"),
    ],
)
def test_what_does_not_fit_says_where(value, python_type, words):
    """The error names the value, what was expected, and the place."""
    with pytest.raises(ConversionError, match=words):
        from_json(value, python_type)


class Pair(NamedTuple):
    x: int
    y: float = 0.0


@pytest.mark.parametrize(
    ("value", "python_type", "made"),
    [
        ([1, "a"], tuple[int, str], (1, "a")),
        ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
        ([1, 2], Pair, Pair(1, 2.0)),
    ],
)
def test_tuples_are_lists_in_json(value, python_type, made):
    """They are no variables of Flyte, and may be in a dataclass."""
    assert from_json(value, python_type) == made


def test_a_tuple_has_its_length():
    """The error says how many elements there should be."""
    with pytest.raises(ConversionError, match="has 1 elements, not 2"):
        from_json([1], tuple[int, str])


def test_what_json_has_no_form_for_is_read_as_an_executor_would(tmp_path):
    """A data frame comes from where one is stored."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_parquet(tmp_path / "a.parquet")
    read = from_json({"uri": str(tmp_path / "a.parquet")}, pd.DataFrame)
    assert read.equals(frame)
    with pytest.raises(ConversionError, match="3 is no lock"):
        from_json(3, type(threading.Lock()))
