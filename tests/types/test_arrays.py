"""NumPy arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.definition.interface import kwtypes
from kit.errors import ConversionError, StorageError, UnsupportedTypeError
from kit.types import FlyteFile, HashMethod, default_engine

np = pytest.importorskip("numpy")
npt = pytest.importorskip("numpy.typing")

Pickled = Annotated[np.ndarray, kwtypes(allow_pickle=True)]


@pytest.mark.parametrize("python_type", [np.ndarray, npt.NDArray[np.int64], Pickled])
def test_types(python_type):
    """An array is a blob of NumPy's format, which an executor gets as a file."""
    made = default_engine.literal_type(python_type)
    assert made == types_pb2.LiteralType(blob={"format": "NumpyArray"})
    assert default_engine.guess_type(made) is FlyteFile["NumpyArray"]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.array(1.5),
        np.array([]),
        np.array(["a", "ü"]),
        np.zeros(3, dtype=[("x", "i4"), ("y", "f8")]),
        np.asfortranarray(np.ones((2, 3))),
    ],
)
def test_round_trip(array, run_storage):
    """An array comes back with its values, shape and type."""
    literal = default_engine.to_literal(array, np.ndarray)
    assert literal.scalar.blob.uri.startswith(run_storage.raw_output_prefix)
    made = default_engine.to_python(literal, np.ndarray)
    assert made.dtype == array.dtype
    assert np.array_equal(made, array)
    file = default_engine.to_python(literal, FlyteFile["NumpyArray"])
    assert np.array_equal(np.load(file), array)


def test_no_copy_is_left(run_storage):
    """Once it is in another store, the local file is gone."""
    default_engine.to_literal(np.arange(3), np.ndarray)
    work = Path(run_storage.working_dir)
    assert [path for path in work.rglob("*") if path.is_file()] == []


def test_objects_need_consent(run_storage):
    """Pickles are neither written nor read unless the annotation says so."""
    objects = np.array([{"a": 1}], dtype=object)
    with pytest.raises(ConversionError, match="cannot be saved when allow_pickle=Fals"):
        default_engine.to_literal(objects, np.ndarray)
    literal = default_engine.to_literal(objects, Pickled)
    with pytest.raises(ConversionError, match="only if you trust where they come from"):
        default_engine.to_python(literal, np.ndarray)
    assert default_engine.to_python(literal, Pickled)[0] == {"a": 1}


def test_memory_map(local_run):
    """An annotation may say to map the file instead of reading it."""
    literal = default_engine.to_literal(np.arange(3), np.ndarray)
    mapped = Annotated[np.ndarray, kwtypes(mmap_mode="r"), HashMethod(str)]
    assert isinstance(default_engine.to_python(literal, mapped), np.memmap)


@pytest.mark.parametrize("value", [[1], 3, None, np.float64(1)])
def test_refused(value):
    """What is no array is refused."""
    with pytest.raises(ConversionError, match=r"numpy\.ndarray"):
        default_engine.to_literal(value, np.ndarray)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00v\x00{}"])
def test_not_readable(content, tmp_path):
    """A file that is no array, or is not there, is told with its path."""
    (tmp_path / "x").write_bytes(content)
    literal = literals_pb2.Literal()
    literal.scalar.blob.uri = str(tmp_path / "x")
    with pytest.raises(ConversionError, match="cannot be read as a NumPy array"):
        default_engine.to_python(literal, np.ndarray)
    literal.scalar.blob.uri = "memory://nothing"
    with pytest.raises(StorageError, match="memory://nothing"):
        default_engine.to_python(literal, np.ndarray)
    with pytest.raises(ConversionError, match="Cannot convert literal"):
        default_engine.to_python(default_engine.to_literal(1, int), np.ndarray)


def test_annotations():
    """Only one set of options can be given, and nothing else."""
    array = np.arange(3)
    with pytest.raises(UnsupportedTypeError, match="must be of type kwtypes or Hash"):
        default_engine.to_literal(array, Annotated[np.ndarray, "x"])
    twice = Annotated[np.ndarray, kwtypes(a=1), kwtypes(b=1)]
    with pytest.raises(UnsupportedTypeError, match="is already specified"):
        default_engine.to_literal(array, twice)
