"""Variables of a notebook as values: those whose type fits, and their summaries."""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from form_types import Colour, Limits, Model, Options

import kit
from kit.forms.variables import MOST_VARIABLES, fits, fitting_variables, summary_of

pd = pytest.importorskip("pandas")
FRAME = pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]})
FILE = Path(__file__)
FOLDER = FILE.parent


class Sly:
    """Says that it is an int."""

    __class__ = int  # type: ignore[assignment]


class Loud:
    """Whatever is asked of it raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (1.0, int, False),
        (1, float, True),
        (True, float, False),
        ("a", str, True),
        ("a" * 2_000_000, str, False),
        (dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.datetime, True),
        (dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.date, False),
        (dt.date(2024, 1, 1), dt.date, True),
        (dt.timedelta(1), dt.timedelta, True),
        (Colour.RED, Colour, True),
        (enum.Enum("Colour", {"RED": "red"}).RED, Colour, False),
        ("red", Literal["red", "blue"], True),
        (True, Literal[1], False),
        ([1, 2], list[int], True),
        ([], list[int], True),
        ([1, None], list[int], False),
        ((1, 2), list[int], False),
        ([0] * 2_000, list[int], False),
        ({"a": [1]}, dict[str, list[int]], True),
        ({1: [1]}, dict[str, list[int]], False),
        ({"a": 1}, dict, True),
        (Limits(1), Limits, True),
        (Limits(1), Options, False),
        (Model(size=1), Model, True),
        (1, int | str, True),
        (1.5, int | str | None, False),
        (1, Annotated[int, "how many"], True),
        (FRAME, pd.DataFrame, True),
        (FRAME["a"], pd.DataFrame, False),
        (FRAME, kit.StructuredDataset, True),
        (FILE, kit.FlyteFile, True),
        (str(FILE), kit.FlyteFile, True),
        (FOLDER, kit.FlyteFile, False),
        ("no such file", kit.FlyteFile, False),
        ("a\0b", kit.FlyteFile, False),
        (kit.FlyteFile("s3://a/b"), kit.FlyteFile, True),
        (FOLDER, kit.FlyteDirectory, True),
        (FILE, kit.FlyteDirectory, False),
        (int, int, False),
    ],
)
def test_fits(value, python_type, expected):
    """By the type of the value, whatever it says of itself."""
    assert fits(value, python_type) is expected


def test_a_value_is_asked_for_nothing():
    """Whatever it would raise."""
    assert not fits(Sly(), int)
    assert not fits(Loud(), int)
    assert not fits(Loud(), Limits)
    assert fitting_variables({"loud": Loud()}, int | list[str] | kit.FlyteFile) == ()


def test_the_newest_come_first_and_not_too_many():
    """Without those that are private, IPython's, or nothing."""
    space = {"_": 0, "In": 1, "a": 1, "b": 2, "c": "x", "_d": 3, "e": None}
    assert [v.name for v in fitting_variables(space, int)] == ["b", "a"]
    assert fitting_variables(space, int | None)[0].name == "b"
    many = {f"n{number}": number for number in range(100)}
    found = fitting_variables(many, int)
    assert (len(found), found[0].name) == (MOST_VARIABLES, "n99")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FRAME, "DataFrame, 3 rows, 2 columns"),
        (pd.DataFrame({"a": [1]}), "DataFrame, 1 row, 1 column"),
        ("hunter2", "str, 7 characters"),
        ({"password": "hunter2"}, "dict, 1 value"),
        ([1, 2], "list, 2 values"),
        (Colour.RED, "Colour.RED"),
        (dt.timedelta(hours=1), "timedelta 1:00:00"),
        (Model(size=1), "Model"),
    ],
)
def test_summaries_say_nothing_of_texts(value, expected):
    """A text may be a secret."""
    assert summary_of(value) == expected
