"""Opened files as values."""

from __future__ import annotations

import io
from typing import BinaryIO, TextIO

import pytest
from flyteidl.core import types_pb2

from kit.errors import ConversionError
from kit.types import FlyteFile, default_engine


@pytest.mark.parametrize(
    ("python_type", "media_type"),
    [(TextIO, "text/plain"), (BinaryIO, "application/octet-stream")],
)
def test_types(python_type, media_type):
    """An opened file is a blob; an executor gets a file."""
    made = default_engine.literal_type(python_type)
    assert made == types_pb2.LiteralType(blob={"format": media_type})
    assert default_engine.guess_type(made) is FlyteFile[media_type]


def test_round_trip(tmp_path, run_storage):
    """What is left to read goes out and comes back opened."""
    path = tmp_path / "x"
    path.write_text("a\nü", encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        file.readline()
        literal = default_engine.to_literal(file, TextIO)
    with default_engine.to_python(literal, TextIO) as file:
        assert file.read() == "ü"
    literal = default_engine.to_literal(io.BytesIO(b"\0"), BinaryIO)
    with default_engine.to_python(literal, BinaryIO) as file:
        assert file.read() == b"\0"


@pytest.mark.parametrize("value", ["path", 3, None, b"x"])
def test_refused(value):
    """What is not opened is refused."""
    with pytest.raises(ConversionError):
        default_engine.to_literal(value, TextIO)


def test_not_readable(tmp_path):
    """A file that is opened to be written, or a literal of no file, is refused."""
    with (tmp_path / "x").open("w") as file, pytest.raises(ConversionError):
        default_engine.to_literal(file, TextIO)
    with pytest.raises(ConversionError, match="Cannot convert literal"):
        default_engine.to_python(default_engine.to_literal(1, int), BinaryIO)
