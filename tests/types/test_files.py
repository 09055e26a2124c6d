"""``FlyteFile`` and its formats."""

from __future__ import annotations

import copy
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, GuessError, StorageError
from kit.types import FlyteDirectory, FlyteFile, default_engine
from kit.types.packed import pack, unpack
from kit.types.structs import write_packed


def round_trip(value, python_type):
    """Write a value and read it back as the same type."""
    literal = default_engine.to_literal(value, python_type)
    return default_engine.to_python(literal, python_type)


@pytest.fixture
def csv(tmp_path):
    """Give a local file."""
    path = tmp_path / "two words ü.csv"
    path.write_text("a,b\n1,2\n")
    return path


Csv = FlyteFile["csv"]


@dataclass
class Row:
    plain: FlyteFile
    csv: Csv
    maybe: Optional[FlyteFile] = None  # noqa: UP045 - users write it


@pytest.mark.parametrize("item", ["csv", ".csv", " csv ", Annotated[str, "csv"]])
def test_formats(item):
    """A format is the same class however it is written, and is in the type."""
    assert FlyteFile[item] is FlyteFile["csv"]
    assert FlyteFile[item].extension() == "csv"
    assert repr(FlyteFile[item]) == "<class 'kit.types.files.FlyteFile['csv']'>"
    literal_type = default_engine.literal_type(FlyteFile[item])
    assert literal_type == types_pb2.LiteralType(blob={"format": "csv"})
    assert default_engine.guess_type(literal_type) is FlyteFile["csv"]


def test_no_format():
    """An empty format is none, and a class of Python is no format."""
    assert FlyteFile[""] is FlyteFile
    assert FlyteFile[None] is FlyteFile
    assert default_engine.guess_type(types_pb2.LiteralType(blob={})) is FlyteFile
    with pytest.raises(TypeError, match="is no format; expected a text"):
        FlyteFile[int]
    with pytest.raises(TypeError):
        FlyteFile["csv"]["txt"]


def test_pickles_are_not_guessed():
    """A value that flytekit pickled is not taken for a file."""
    with pytest.raises(GuessError):
        default_engine.guess_type(
            types_pb2.LiteralType(blob={"format": "PythonPickle"})
        )


@pytest.mark.parametrize("make", [str, Path, FlyteFile, FlyteFile["csv"], Path.as_uri])
def test_a_local_file_goes_out(make, csv, run_storage):
    """A local file is copied to the run's outputs and copied back when read."""
    literal = default_engine.to_literal(make(csv), FlyteFile["csv"])
    blob = literal.scalar.blob
    assert blob.uri.startswith(run_storage.raw_output_prefix)
    assert blob.uri.endswith("/two words ü.csv")
    assert blob.metadata.type == types_pb2.BlobType(format="csv")
    csv.unlink()
    file = default_engine.to_python(literal, FlyteFile["csv"])
    assert type(file) is FlyteFile["csv"]
    assert not file.downloaded
    assert Path(file).read_text() == "a,b\n1,2\n"
    assert file.downloaded
    assert file.download() == os.fspath(file) == str(file)


def test_what_is_an_output_already_stays(local_run):
    """A file written under the raw output prefix is not copied once more."""
    file = FlyteFile.new_remote_file("x.txt")
    with file.open("w") as stream:
        stream.write("ü")
    literal = default_engine.to_literal(file, FlyteFile)
    assert literal.scalar.blob.uri == str(file)
    assert str(file).startswith(local_run.raw_output_prefix)


def test_outside_of_a_run_it_stays(csv, monkeypatch):
    """Where there is no run, a file stays where it is; its path is made absolute."""
    monkeypatch.chdir(csv.parent)
    literal = default_engine.to_literal(csv.name, FlyteFile)
    assert literal.scalar.blob.uri == str(csv)
    assert default_engine.to_python(literal, FlyteFile) == str(csv)


def test_a_path_like_is_passed_as_it_is(csv, run_storage):
    """``os.PathLike`` says to stay out of the way: nothing is copied."""
    literal = default_engine.to_literal(str(csv), os.PathLike)
    assert literal.scalar.blob.uri == str(csv)
    assert default_engine.literal_type(os.PathLike) == types_pb2.LiteralType(blob={})
    assert type(default_engine.to_python(literal, os.PathLike)) is FlyteFile


@pytest.mark.parametrize("url", ["s3://b/k.csv", "https://host/a%20b?x=1#y", "gs://b/"])
def test_a_url_is_passed_as_it_is(url, run_storage):
    """What is in a store is never copied, and never asked for before it is read."""
    for value in (url, FlyteFile(url), FlyteFile["csv"](url)):
        literal = default_engine.to_literal(value, FlyteFile)
        assert literal.scalar.blob.uri == url
        file = default_engine.to_python(literal, FlyteFile)
        assert file.remote_source == url
        assert Path(file.path).is_relative_to(run_storage.working_dir)
        assert default_engine.to_literal(file, FlyteFile) == literal


def test_a_chosen_place(csv, tmp_path, run_storage):
    """A file goes where its remote path says; ``False`` says to leave it."""
    target = str(tmp_path / "chosen" / "x")
    literal = default_engine.to_literal(FlyteFile(csv, remote_path=target), FlyteFile)
    assert literal.scalar.blob.uri == target
    assert Path(target).read_text() == csv.read_text()
    kept = FlyteFile(csv, remote_path=False)
    assert default_engine.to_literal(kept, FlyteFile).scalar.blob.uri == str(csv)


def test_metadata_travels(run_storage):
    """Texts about a file are in its literal, and back."""
    literal = default_engine.to_literal(
        FlyteFile("s3://b/k", metadata={"k": "v"}), FlyteFile
    )
    assert dict(literal.metadata) == {"k": "v"}
    assert default_engine.to_python(literal, FlyteFile).metadata == {"k": "v"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            3,
            "<class 'int'> to FlyteFile.Supported (os.PathLike, str, Flytefile)",
        ),
        ("/no/such", "Error converting /no/such because it's not a file. It does not"),
        (Path("/no"), "Error converting pathlib.Path /no because it's not a file."),
        ("/", "because it's not a file. It is a directory"),
        ("no such", "It does not exist in "),
        ("x" * 10_000, "because it's not a file"),
        ("a\0b", "because it's not a file"),
        (None, "Python value cannot be None"),
        (b"data", "No automatic conversion found from type <class 'bytes'>"),
    ],
)
def test_refused(value, text, run_storage):
    """What is no file is refused, and it is said why."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, FlyteFile)
    assert text in str(caught.value)


def test_not_readable(run_storage):
    """A literal of something else, or of a file that is not here, is refused."""
    literal = literals_pb2.Literal()
    literal.scalar.blob.uri = "/no/such"
    with pytest.raises(ConversionError, match="Expected a file, but /no/such is not"):
        default_engine.to_python(literal, FlyteFile)
    literal.scalar.blob.metadata.type.dimensionality = types_pb2.BlobType.MULTIPART
    with pytest.raises(ConversionError, match="/no/such is not a file"):
        default_engine.to_python(literal, FlyteFile)
    with pytest.raises(ConversionError, match="Cannot convert from"):
        default_engine.to_python(default_engine.to_literal(1, int), FlyteFile)


def test_a_missing_download(run_storage):
    """Data that is gone is told when it is asked for, by its URL."""
    file = FlyteFile("memory://nothing/x")
    with pytest.raises(StorageError, match="memory://nothing/x"):
        open(file)  # noqa: PTH123, SIM115 - as executors do
    assert not file.downloaded


def test_streams(csv, run_storage):
    """A file is read where it is: no copy is made."""
    file = round_trip(csv, FlyteFile)
    with file.open("r") as stream:
        assert stream.readline() == "a,b\n"
    with file.open("rb", cache_type="readahead", cache_options={}) as stream:
        assert stream.read() == b"a,b\n1,2\n"
    assert not file.downloaded
    written = FlyteFile.new_remote_file("out.txt")
    with written.open("w") as stream:
        stream.write("ü")
    literal = default_engine.to_literal(written, FlyteFile)
    assert (
        Path(default_engine.to_python(literal, FlyteFile)).read_bytes() == b"\xc3\xbc"
    )


def test_new_files(local_run):
    """A new file is in the working folder, whatever folders its name has."""
    file = FlyteFile.new("sub/x.txt")
    Path(file).write_text("x")
    assert Path(file) == Path(local_run.working_dir, "sub", "x.txt")
    with pytest.raises(ValueError, match="Path should be relative"):
        FlyteFile.new("/x")


def test_a_downloader_is_called_once(csv):
    """A user's own way to get the file is taken, once."""
    calls = []
    file = FlyteFile(str(csv), downloader=lambda: calls.append(1))
    for _ in range(2):
        assert os.fspath(file) == str(csv)
    assert calls == [1]


def test_equality():
    """Files are equal by their path, format and destination; and to their path."""
    assert FlyteFile("x") == FlyteFile("x") == "x"
    assert FlyteFile("x") != FlyteFile["csv"]("x")
    assert FlyteFile("x") != FlyteFile("x", remote_path="y")
    assert FlyteFile("x") != FlyteDirectory("x")
    assert FlyteFile("x") != "y"
    assert len({FlyteFile("x"), FlyteFile("x")}) == 1


def test_text():
    """Its text is its path; its repr names class and source."""
    file = FlyteFile["csv"]("s3://b/k.csv")
    assert str(file) == "s3://b/k.csv"
    assert repr(file) == "FlyteFile['csv']('s3://b/k.csv')"
    assert repr(FlyteFile.from_source("s3://b/k")) == "FlyteFile('s3://b/k')"


@pytest.mark.parametrize("again", [copy.copy, lambda f: pickle.loads(pickle.dumps(f))])  # noqa: S301 - its own pickle
def test_copies(again):
    """It can be copied and sent to another process, with its format."""
    file = FlyteFile["csv"].from_source("s3://b/k.csv")
    made = again(file)
    assert type(made) is type(file)
    assert made == file
    assert made.remote_source == file.remote_source


def test_as_a_field(csv, run_storage):
    """In a dataclass a file is its path; it goes out and comes back with it."""
    row = Row(FlyteFile(csv, metadata={"k": "v"}), FlyteFile["csv"]("s3://b/x"))
    literal = default_engine.to_literal(row, Row)
    plain = unpack(literal)
    assert plain["plain"].pop("path").startswith(run_storage.raw_output_prefix)
    assert plain == {
        "plain": {"metadata": {"k": "v"}},
        "csv": {"path": "s3://b/x"},
        "maybe": None,
    }
    made = default_engine.to_python(literal, Row)
    assert Path(made.plain).read_text() == csv.read_text()
    assert made.plain.metadata == {"k": "v"}
    assert type(made.csv) is FlyteFile["csv"]
    guessed = default_engine.guess_type(default_engine.literal_type(Row))
    assert type(default_engine.to_python(literal, guessed).plain) is FlyteFile


@pytest.mark.parametrize("kind", ["packed", "generic"])
def test_as_an_attribute(kind, csv):
    """A file that the backend took out of a struct is read, packed or not."""
    literal = literals_pb2.Literal()
    if kind == "packed":
        write_packed(literal, pack({"path": str(csv)}))
    else:
        literal.scalar.generic.update({"path": str(csv)})
    assert default_engine.to_python(literal, FlyteFile) == str(csv)


@pytest.mark.parametrize("plain", [{}, {"path": None}, {"path": 3}, 3, []])
def test_no_path_in_a_field(plain: Any):
    """A struct without a path is refused in flytekit's words."""
    literal = literals_pb2.Literal()
    write_packed(literal, pack(plain))
    with pytest.raises(ConversionError, match="FlyteFile's path should not be None"):
        default_engine.to_python(literal, FlyteFile)


def test_in_unions(csv, run_storage):
    """A text where a text is a variant stays one; a file is a file."""
    union = str | FlyteFile
    assert round_trip("s3://b/k", union) == "s3://b/k"
    assert round_trip(FlyteFile("s3://b/k"), union).remote_source == "s3://b/k"
    both = FlyteFile | FlyteDirectory
    assert type(round_trip(FlyteFile(csv), both)) is FlyteFile
    assert type(round_trip(FlyteDirectory(csv.parent), both)) is FlyteDirectory


def test_subclasses_of_users(csv):
    """A class that derives from it is converted to that class."""

    class Table(FlyteFile):
        def first_line(self) -> str:
            return Path(self).read_text().splitlines()[0]

    assert round_trip(Table(csv), Table).first_line() == "a,b"


@pytest.mark.parametrize("end", ["/..", "/.", "//", "?v=1", "/" + "x" * 1000, "/ü" * 9])
def test_names_of_copies(end, local_run):
    """Whatever a URL ends with, its copy has a name inside the working folder."""
    path = Path(FlyteFile.from_source(f"s3://bucket{end}").path)
    assert path.resolve().is_relative_to(local_run.working_dir)
    assert len(path.name.encode()) <= 255
