"""``FlyteDirectory`` and its formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, StorageError
from kit.types import FlyteDirectory, FlyteFile, default_engine
from kit.types.packed import unpack

MULTIPART = types_pb2.BlobType.MULTIPART


@pytest.fixture
def folder(tmp_path):
    """Give a local folder with a file, and another in a folder of it."""
    made = tmp_path / "in dir"
    (made / "sub").mkdir(parents=True)
    (made / "a.txt").write_text("a")
    (made / "sub" / "b ü.txt").write_text("b")
    return made


@dataclass
class Holder:
    at: FlyteDirectory


def names(path):
    """Name what is in a directory."""
    return sorted(entry.name for entry in Path(path).iterdir())


def round_trip(value, python_type):
    """Write a value and read it back as the same type."""
    literal = default_engine.to_literal(value, python_type)
    return default_engine.to_python(literal, python_type)


def test_formats():
    """A format is in the type, and told back from it."""
    literal_type = default_engine.literal_type(FlyteDirectory["svg"])
    assert literal_type == types_pb2.LiteralType(
        blob={"format": "svg", "dimensionality": MULTIPART}
    )
    assert default_engine.guess_type(literal_type) is FlyteDirectory["svg"]
    assert (
        default_engine.guess_type(default_engine.literal_type(FlyteDirectory))
        is FlyteDirectory
    )


@pytest.mark.parametrize("make", [str, Path, FlyteDirectory, FlyteDirectory["x"]])
def test_a_local_directory_goes_out(make, folder, run_storage):
    """A local directory is copied to the run's outputs and copied back when read."""
    literal = default_engine.to_literal(make(folder), FlyteDirectory["x"])
    blob = literal.scalar.blob
    assert blob.uri.startswith(run_storage.raw_output_prefix)
    assert blob.metadata.type.dimensionality == MULTIPART
    made = default_engine.to_python(literal, FlyteDirectory["x"])
    assert type(made) is FlyteDirectory["x"]
    assert names(made) == ["a.txt", "sub"]
    assert (made / "sub" / "b ü.txt").read_text() == "b"


@pytest.mark.parametrize("url", ["s3://b/d", "gs://bucket/dir/"])
def test_a_url_is_passed_as_it_is(url, run_storage):
    """What is in a store is neither copied nor asked for."""
    literal = default_engine.to_literal(url, FlyteDirectory)
    assert literal.scalar.blob.uri == url
    made = default_engine.to_python(literal, FlyteDirectory)
    assert made.remote_source == url
    assert not made.downloaded
    assert default_engine.to_literal(made, FlyteDirectory) == literal


def test_a_chosen_place(folder, tmp_path, run_storage):
    """A directory goes where its remote directory says; ``False`` leaves it."""
    target = str(tmp_path / "chosen")
    chosen = FlyteDirectory(folder, remote_directory=target)
    assert default_engine.to_literal(chosen, FlyteDirectory).scalar.blob.uri == target
    assert Path(target, "a.txt").read_text() == "a"
    kept = FlyteDirectory(folder, remote_directory=False)
    assert default_engine.to_literal(kept, FlyteDirectory).scalar.blob.uri == str(
        folder
    )


def test_outside_of_a_run_it_stays(folder):
    """Where there is no run, a directory stays where it is."""
    literal = default_engine.to_literal(folder, FlyteDirectory)
    assert literal.scalar.blob.uri == str(folder)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "No automatic conversion from <class 'int'> declared type"),
        ("/no/such", "Expected a directory. /no/such is not a directory"),
        (__file__, "is not a directory: it is a file"),
        ("x" * 10_000, "is not a directory"),
        ("a\0b", "is not a directory"),
        (None, "Python value cannot be None"),
    ],
)
def test_refused(value, text, run_storage):
    """What is no directory is refused, and it is said why."""
    with pytest.raises(ConversionError) as caught:
        default_engine.to_literal(value, FlyteDirectory)
    assert text in str(caught.value)


def test_not_readable():
    """A literal of something else, or of what is not here, is refused."""
    literal = literals_pb2.Literal()
    literal.scalar.blob.uri = "/no/such"
    with pytest.raises(ConversionError, match="/no/such is not a directory"):
        default_engine.to_python(literal, FlyteDirectory)
    literal.scalar.blob.metadata.type.dimensionality = MULTIPART
    with pytest.raises(ConversionError, match="the given uri '/no/such' is not a dir"):
        default_engine.to_python(literal, FlyteDirectory)
    with pytest.raises(ConversionError, match="Cannot convert from"):
        default_engine.to_python(default_engine.to_literal(1, int), FlyteDirectory)


def test_listing_copies_nothing(folder, run_storage):
    """What is in a directory is listed where it is, and read one by one."""
    made = round_trip(folder, FlyteDirectory)
    file, sub = FlyteDirectory.listdir(made)
    assert (type(file), type(sub)) == (FlyteFile, FlyteDirectory)
    assert not made.downloaded
    assert Path(file).read_text() == "a"
    assert names(sub) == ["b ü.txt"]
    with pytest.raises(StorageError):
        FlyteDirectory.listdir(FlyteDirectory(f"{made.source}/nothing"))


def test_crawl(folder, run_storage):
    """All files below are told, without a copy; in detail if asked for."""
    made = round_trip(folder, FlyteDirectory)
    assert sorted(made.crawl()) == [
        (made.source, "a.txt"),
        (made.source, "sub/b ü.txt"),
    ]
    assert list(made.crawl(maxdepth=1)) == [(made.source, "a.txt")]
    details = {k: v for _, one in made.crawl(detail=True) for k, v in one.items()}
    assert {name: found["size"] for name, found in details.items()} == {
        "a.txt": 1,
        "sub/b ü.txt": 1,
    }
    assert not made.downloaded


def test_written_in_place(run_storage):
    """A new directory in the store is filled with streams and goes out as it is."""
    made = FlyteDirectory.new_remote("results")
    with made.new_dir("sub").new_file("x.txt").open("w") as stream:
        stream.write("x")
    with made.new_file().open("w") as stream:
        stream.write("y")
    back = round_trip(made, FlyteDirectory)
    assert back.source == made.source
    assert (Path(back) / "sub" / "x.txt").read_text() == "x"
    with pytest.raises(ValueError, match="Stem should not have a file extension"):
        FlyteDirectory.new_remote("x.txt")


def test_new(local_run):
    """A new local directory is in the working folder, and empty."""
    made = FlyteDirectory.new("out")
    assert Path(made) == Path(local_run.working_dir, "out")
    assert names(made) == []
    with pytest.raises(FileExistsError):
        FlyteDirectory.new("out")
    with pytest.raises(ValueError, match="Path should be relative"):
        FlyteDirectory.new("/out")


def test_as_a_field(folder, run_storage):
    """In a dataclass a directory is its path, and comes back as a directory."""
    literal = default_engine.to_literal(Holder(FlyteDirectory(folder)), Holder)
    (path,) = unpack(literal)["at"].values()
    assert path.startswith(run_storage.raw_output_prefix)
    made = default_engine.to_python(literal, Holder)
    assert names(made.at) == ["a.txt", "sub"]
    with pytest.raises(ConversionError, match="is none of them"):
        default_engine.to_literal(Holder(3), Holder)
