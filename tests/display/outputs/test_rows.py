"""Tables of outputs, read page by page."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kit.display.outputs import rows_of
from kit.display.outputs.tables import (
    Order,
    csv_rows,
    parquet_rows,
    record_rows,
    sorted_positions,
    value_rows,
)
from kit.types import StructuredDataset, default_engine


@dataclasses.dataclass
class Bird:
    """A bird."""

    name: str
    mass: float | None


BIRDS = [Bird("auk", 1.0), Bird("tit", None), Bird("owl", 2.5), Bird("emu", 38.0)]
FRAME = pd.DataFrame({"name": [b.name for b in BIRDS], "mass": [1.0, None, 2.5, 38.0]})
TABLES = {
    "records": lambda: BIRDS,
    "dictionaries": lambda: [dataclasses.asdict(bird) for bird in BIRDS],
    "frame": lambda: FRAME,
    "arrow": lambda: pa.Table.from_pylist([dataclasses.asdict(b) for b in BIRDS]),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_is_paged_and_sorted_alike(kind):
    """What is missing comes last, whichever way."""
    rows = rows_of(TABLES[kind]())
    assert rows.count == 4
    assert [column.name for column in rows.columns] == ["name", "mass"]
    names = [row[0] for row in rows.page(1, 3)]
    assert names == ["tit", "owl"]
    rising = [row[0] for row in rows.page(0, 9, Order(1))]
    falling = [row[0] for row in rows.page(0, 9, Order(1, descending=True))]
    assert rising == ["auk", "owl", "emu", "tit"]
    assert falling == ["emu", "owl", "auk", "tit"]
    assert [row[0] for row in rows.page(0, 9)] == ["auk", "tit", "owl", "emu"]
    assert rows.page(4, 24) == []


def test_values_of_any_types_have_an_order():
    """A column of a task's objects must not keep its reader from sorting it."""
    odd = ["b", 2, None, {"x": 1}, float("nan"), 1, "a"]
    assert sorted_positions(odd, descending=False) == [5, 1, 6, 0, 3, 2, 4]
    rows = record_rows([{"v": value} for value in odd])
    assert [row[0] for row in rows.page(0, 3, Order(0))] == ["1", "2", "a"]
    mixed = rows_of(pd.DataFrame({"v": pd.Series(odd, dtype=object)}))
    assert [row[0] for row in mixed.page(0, 3, Order(0))] == ["1", "2", "a"]


def test_dictionaries_may_lack_keys():
    """A cell that a row has not is empty; records of several shapes are no table."""
    rows = record_rows([{"a": 1}, {"a": 2, "b": None}])
    assert rows.page(0, 2) == [("1", ""), ("2", "None")]
    assert record_rows([{f"key{n}": n} for n in range(9)]) is None
    assert record_rows([{"a": 1}, 3]) is None
    assert record_rows([{1: "a"}]) is None
    assert record_rows([BIRDS[0], {"name": "auk"}]) is None
    assert record_rows([]) is None


def test_named_tuples_are_records():
    """As dataclasses and models are."""
    Egg = collections.namedtuple("Egg", "size colour")  # noqa: PYI024 - as users write
    assert record_rows([Egg(3, "blue")]).page(0, 1) == [("3", "blue")]


def test_a_long_list_is_a_table_of_its_values():
    """Beside their positions, which stay with them when it is sorted."""
    rows = value_rows([3, 1, 2])
    assert rows.page(0, 3, Order(1)) == [("1", "1"), ("2", "2"), ("0", "3")]


def test_an_index_that_says_something_is_shown():
    """One that only counts is not."""
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    assert rows_of(frame).page(0, 2) == [("x", "1"), ("y", "2")]
    assert [column.name for column in rows_of(frame).columns] == ["key", "n"]
    assert rows_of(frame["n"]).page(0, 1) == [("x", "1")]
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert rows_of(twice).page(0, 1) == [("1", "2")]


def test_arrays_are_tables_beside_their_positions():
    """Of one and two dimensions; larger ones are values."""
    rows = rows_of(np.array([3.0, np.nan, 1.0]))
    assert [row[0] for row in rows.page(0, 3, Order(1))] == ["2", "0", "1"]
    falling = rows.page(0, 3, Order(1, descending=True))
    assert [row[0] for row in falling] == ["0", "2", "1"]
    assert rows_of(np.arange(6).reshape(2, 3)).page(1, 2) == [("1", "3", "4", "5")]
    assert rows_of(np.zeros((2, 2, 2))) is None


def test_only_the_row_groups_of_a_page_are_read(tmp_path, monkeypatch):
    """A dataset of many files is not read to show its first rows."""
    files = []
    for part in range(3):
        table = pa.table({"n": list(range(part * 100, part * 100 + 100))})
        files.append(tmp_path / f"{part:05}")
        pq.write_table(table, files[-1], row_group_size=10)
    rows = parquet_rows(files)
    assert rows.count == 300
    read = []
    group = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_group",
        lambda file, at, **facts: (read.append(at), group(file, at, **facts))[1],
    )
    assert [row[0] for row in rows.page(105, 112)] == [str(n) for n in range(105, 112)]
    assert read == [0, 1]
    assert rows.page(0, 1, Order(0, descending=True)) == [("299",)]
    assert rows.page(299, 400) == [("299",)]


def test_what_is_no_parquet_is_no_table(tmp_path):
    """A damaged file is told as a file."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but no more")
    assert parquet_rows([tmp_path / "a.parquet"]) is None
    assert parquet_rows([tmp_path / "gone"]) is None


def test_a_stored_dataset_is_read_where_it_is():
    """Without the class that it was made of."""
    literal = default_engine.to_literal(StructuredDataset(FRAME), StructuredDataset)
    received = default_engine.to_python(literal, StructuredDataset)
    assert rows_of(received).page(0, 1) == [("auk", "1.0")]


def test_csv_may_be_ragged_and_have_a_title_twice():
    """Cells that are not there are empty, those too many are not shown."""
    rows = csv_rows('a,a,"b\nc"\n1,2,3,4\n5\n', ",")
    assert [column.name for column in rows.columns] == ["a", "a", "b\nc"]
    assert rows.page(0, 9) == [("1", "2", "3"), ("5", "", "")]
    assert csv_rows("", ",") is None
    assert csv_rows('a\n"open', ",") is None


def test_a_million_rows_are_shown_by_reading_a_page():
    """The last page of a frame is as near as the first."""
    frame = pd.DataFrame({"n": np.arange(1_000_000), "day": dt.date(2026, 1, 1)})
    assert rows_of(frame).page(999_999, 1_000_019) == [("999999", "2026-01-01")]


def test_models_are_records():
    """Of pydantic."""
    pydantic = pytest.importorskip("pydantic")

    class Nest(pydantic.BaseModel):
        eggs: int

    assert record_rows([Nest(eggs=3)]).page(0, 1) == [("3",)]
