from __future__ import annotations

import datetime as dt
import enum
import io
import os
from pathlib import Path
from typing import Literal

import pytest

from kit.definition.parsing import parser_for
from kit.types import FlyteDirectory, FlyteFile, StructuredDataset


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@pytest.mark.parametrize(
    ("python_type", "text", "value", "metavar"),
    [
        (int, "-3", -3, "INTEGER"),
        (float, "1e3", 1000.0, "FLOAT"),
        (str, "a b", "a b", "TEXT"),
        (str, "", "", "TEXT"),
        (bool, "yes", True, "true|false"),
        (dt.timedelta, "1h", dt.timedelta(hours=1), "DURATION"),
        (dt.date, "2024-05-01", dt.date(2024, 5, 1), "DATE"),
        (Size, "large", Size.LARGE, "small|large"),
        (Literal[1, 2], "2", 2, "1|2"),
        (list[int], "[1, 2]", [1, 2], "JSON"),
        (dict, '{"a": null}', {"a": None}, "JSON"),
        (int | None, "null", None, "INTEGER"),
        (int | None, "4", 4, "INTEGER"),
        (str | None, "null", None, "TEXT"),
        (int | str, "4", 4, "INTEGER|TEXT"),
        (str | int, "four", "four", "INTEGER|TEXT"),
        (list[int] | None, "[1]", [1], "JSON"),
    ],
)
def test_flags_are_typed(python_type, text, value, metavar):
    """The text of a flag becomes a value of the declared type."""
    parser = parser_for(python_type)
    read = parser.read(text)
    assert read == value
    assert type(read) is type(value)
    assert parser.metavar == metavar


@pytest.mark.parametrize(
    ("python_type", "text", "words"),
    [
        (int, "1.5", "'1.5' is no whole number"),
        (float, "wide", "'wide' is no number"),
        (bool, "maybe", "neither true nor false"),
        (Size, "huge", "none of small, large"),
        (list[int], "[1,", "is no JSON"),
        (list[int], '["x"]', r"'x' is no int"),
        (int | None, "none", "no whole number"),
        (list[int], "[" * 100_000, "is no JSON"),
    ],
)
def test_wrong_texts_are_refused(python_type, text, words):
    """The error names the text and what was expected."""
    with pytest.raises(ValueError, match=words):
        parser_for(python_type).read(text)


def test_a_value_can_stand_in_a_file(tmp_path: Path, monkeypatch):
    """@ reads a file or standard input, @@ is a text that begins with @."""
    file = tmp_path / "value.json"
    file.write_text("[1, 2]", encoding="utf-8")
    assert parser_for(list[int]).read(f"@{file}") == [1, 2]
    assert parser_for(str).read(f"@{file}") == "[1, 2]"
    assert parser_for(str).read("@@home") == "@home"
    monkeypatch.setattr("sys.stdin", io.StringIO("7\n"))
    assert parser_for(int).read("@-") == 7


def test_a_file_that_cannot_be_read(tmp_path: Path):
    """The error names the file and the reason."""
    with pytest.raises(ValueError, match="'nowhere' cannot be read: No such file"):
        parser_for(str).read("@nowhere")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="no UTF-8"):
        parser_for(str).read(f"@{binary}")


@pytest.mark.parametrize("prefix", ["", "@"])
def test_files_and_folders_are_given_by_their_path(prefix, tmp_path: Path):
    """With or without the @, the path itself is the value."""
    made = parser_for(FlyteFile).read(f"{prefix}{tmp_path}/x.csv")
    assert isinstance(made, FlyteFile)
    assert str(made.path) == f"{tmp_path}/x.csv"
    assert isinstance(parser_for(FlyteDirectory).read(str(tmp_path)), FlyteDirectory)
    assert parser_for(os.PathLike).read(str(tmp_path)) == tmp_path
    dataset = parser_for(StructuredDataset).read("s3://b/t.parquet")
    assert dataset.uri == "s3://b/t.parquet"


def test_a_table_is_read_from_where_it_is_stored(tmp_path):
    """In the format that its name ends with; its dataset stays where it is."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "b.parquet")
    for name in ("a.csv", "b.parquet"):
        assert parser_for(pd.DataFrame).read(str(tmp_path / name)).equals(frame)
    dataset = parser_for(StructuredDataset).read("s3://bucket/a.csv")
    assert (dataset.uri, dataset.file_format) == ("s3://bucket/a.csv", "csv")
