"""Two literals: where they differ, by the path to it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from flyteidl.core.literals_pb2 import Literal

from kit import FlyteFile, FlyteSchema, StructuredDataset
from kit.running.compare_literals import LiteralComparer
from kit.types import default_engine


def literal(value: Any, python_type: Any) -> Literal:
    """Write a value as its type."""
    return default_engine.to_literal(value, python_type)


def differing(one: Literal, other: Literal, **folders: Path) -> list[tuple[Any, ...]]:
    """Return the places as tuples."""
    found = LiteralComparer(**folders).differing(one, other)
    return [(place.steps, place.first, place.second) for place in found]


LISTS = [((), "2 elements", "3 elements"), ((1,), "2", "3")]
MAPS = [(("a",), "1", "nothing"), (("b",), "nothing", "1")]
DAYS = (dt.timedelta(1), dt.timedelta(2))


@pytest.mark.parametrize(
    ("python_type", "one", "other", "places"),
    [
        (int, 1, 1, []),
        (int, 1, 2, [((), "1", "2")]),
        (float, float("nan"), float("nan"), []),
        (str, "a", "b", [((), "'a'", "'b'")]),
        (bool, True, False, [((), "True", "False")]),
        (dt.timedelta, *DAYS, [((), "'86400s'", "'172800s'")]),
        (list[int], [1, 2], [1, 3, 4], LISTS),
        (dict[str, int], {"a": 1}, {"b": 1}, MAPS),
        (int | str, 1, "1", [((), "1 (int)", "'1' (str)")]),
        (int | None, 1, None, [((), "1 (int)", "None (none)")]),
        (dict, {"a": [{"b": 2}]}, {"a": [{"b": 2.0}]}, [(("a", 0, "b"), "2", "2.0")]),
        (dict, {"a": [1]}, {"a": [1, 2]}, [(("a",), "1 element", "2 elements")]),
        (dict, {"a": 1}, {}, [(("a",), "1", "nothing")]),
    ],
)
def test_values(python_type, one, other, places):
    """Each kind says what is on both sides, and nothing where they are equal."""
    assert differing(literal(one, python_type), literal(other, python_type)) == places


def test_a_number_of_another_type():
    """An integer is no float, though they print alike."""
    assert differing(literal(3, int), literal(3.0, float)) == [((), "3", "3.0")]


def test_kinds_that_differ():
    """They are named, and not looked into."""
    found = differing(literal([1], list[int]), literal("a", str))
    assert found == [((), "1 element", "'a'")]


def test_paths_of_the_runs_own_folders(tmp_path):
    """A text that names the run's folder is equal, and a file there is compared."""
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, text in ((first, "one"), (second, "two")):
        folder.mkdir()
        (folder / "file").write_text(text)
    folders = {"first": first, "second": second}
    gone = [literal(f"{folder}/gone", str) for folder in (first, second)]
    assert differing(*gone, **folders) == []
    there = [literal({"f": f"{folder}/file"}, dict) for folder in (first, second)]
    ((steps, text, _),) = differing(*there, **folders)
    assert (steps, text[:7]) == (("f",), "3 bytes")


def test_files_of_other_formats(tmp_path):
    """The format counts as the content does."""
    (tmp_path / "a").write_text("same")
    path = str(tmp_path / "a")
    pair = (
        literal(FlyteFile(path), FlyteFile),
        literal(FlyteFile(path), FlyteFile["csv"]),
    )
    assert [place[1:] for place in differing(*pair)] == [
        ("a file of format ''", "a file of format 'csv'")
    ]


def frame(**columns: list[Any]) -> Literal:
    """Write a table as parquet."""
    return literal(pd.DataFrame(columns), pd.DataFrame)


def test_tables_are_compared_by_content():
    """What wrote the file is no difference; a column, a type, a row are."""
    one = frame(a=[1, 2, 3], b=["x", "y", None])
    by_arrow = literal(pa.table({"a": [1, 2, 3], "b": ["x", "y", None]}), pa.Table)
    assert differing(one, frame(a=[1, 2, 3], b=["x", "y", None])) == []
    assert differing(one, by_arrow) == []
    assert differing(one, frame(a=[1, 2, 4], b=["x", "y", None])) == [
        (("a", 2), "3", "4")
    ]
    assert differing(one, frame(a=[1, 2], b=["x", "y"]))[0] == (
        ("a",), "3 rows", "2 rows"
    )  # fmt: skip
    assert differing(one, frame(a=[1.0, 2.0, 3.0], b=["x", "y", None])) == [
        (("a",), "int64", "double")
    ]
    assert differing(one, frame(a=[1, 2, 3])) == [
        (("b",), "a column of string", "no such column")
    ]


def test_tables_that_nothing_reads(tmp_path):
    """They are compared by their bytes."""
    made = []
    for name in "ab":
        (tmp_path / name).write_text(name)
        dataset = StructuredDataset(uri=str(tmp_path / name), file_format="lance")
        made.append(literal(dataset, StructuredDataset))
    assert differing(made[0], made[0]) == []
    ((_, first, second),) = differing(*made)
    assert first.startswith("1 bytes, SHA-256")
    assert first != second


def test_schemas():
    """They are tables, too."""
    made = []
    for last in (2, 2, 3):
        schema = FlyteSchema()
        schema.open().write(pd.DataFrame({"a": [1, last]}))
        made.append(literal(schema, FlyteSchema))
    assert differing(made[0], made[1]) == []
    assert differing(made[0], made[2]) == [(("a", 1), "2", "3")]


def test_remote_files_are_compared_by_name():
    """They are not fetched."""
    one, other = (literal(FlyteFile(f"s3://bucket/{name}"), FlyteFile) for name in "ab")
    assert differing(one, one) == []
    assert differing(one, other) == [((), "s3://bucket/a", "s3://bucket/b")]
