"""Where a run reads and writes its files, on this machine and in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kit.errors import StorageError
from kit.storage import (
    Storage,
    current_storage,
    in_run,
    is_local_file,
    is_remote,
    local_path,
    read_bytes,
    use_storage,
    write_bytes,
)

NAMES = ["plain.txt", "two words.txt", "ünï-コード.txt", "50% off#1?.txt", "a+b&c.txt"]


@pytest.fixture
def storage(tmp_path):
    """Give the storage of a run in a folder."""
    return Storage(str(tmp_path / "raw"), str(tmp_path / "work"))


@pytest.fixture
def memory():
    """Give a URL in memory that no other test uses."""
    return f"memory://{os.urandom(8).hex()}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["local", "file", "memory"])
def test_any_name(name, place, tmp_path, memory):
    """Names with spaces, signs and other scripts are taken as they are."""
    if place == "file":
        path = (tmp_path / name).as_uri()
    else:
        path = f"{tmp_path if place == 'local' else memory}/{name}"
    write_bytes(path, b"\0content")
    assert read_bytes(path) == b"\0content"
    if place != "memory":
        assert (tmp_path / name).read_bytes() == b"\0content"


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("s3://bucket/key", True),
        ("https://host/x", True),
        ("memory://x", True),
        ("file:///tmp/x", False),
        ("FILE:///tmp/x", False),
        ("/tmp/x", False),  # noqa: S108 - a path to look at, not to open
        ("C:\\x", False),
        ("a b://x", False),
        ("", False),
    ],
)
def test_remote(path, remote):
    """A path is remote if it has a scheme other than that of local files."""
    assert is_remote(path) is remote


def test_file_urls_are_unquoted_and_paths_are_not():
    """Only a URL has its percent signs read."""
    assert local_path("file:///a%20b") == "/a b"
    assert local_path("/a%20b") == "/a%20b"


@pytest.mark.parametrize("place", ["local", "memory"])
def test_missing(place, tmp_path, memory):
    """A missing file is told with its path, in flytekit's words too."""
    path = f"{tmp_path if place == 'local' else memory}/nothing"
    with pytest.raises(StorageError) as caught:
        read_bytes(path)
    assert f"File not found: {str(path)!r}" in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("path", ["bogus://x/y", "zip://nothing", "x" * 5000, "a\0b"])
def test_no_path_at_all(path):
    """What no store has is a storage error, whatever the store raised."""
    with pytest.raises(StorageError):
        read_bytes(path)
    with pytest.raises(StorageError):
        write_bytes(path, b"")


@pytest.mark.parametrize("place", ["local", "memory"])
def test_limit(place, tmp_path, memory):
    """A file of just the limit is read, a larger one is refused."""
    path = f"{tmp_path if place == 'local' else memory}/data"
    write_bytes(path, b"12345")
    assert read_bytes(path, limit=5) == b"12345"
    with pytest.raises(StorageError, match="larger than the 4 bytes"):
        read_bytes(path, limit=4)


def test_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """When the last step fails, the old content stays and nothing lies about."""
    path = tmp_path / "data"
    write_bytes(str(path), b"old")

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StorageError, match="No space left"):
        write_bytes(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]


def test_readers_never_see_a_part(tmp_path):
    """Someone who reads all the time sees the old or the new content."""
    path = str(tmp_path / "data")
    contents = {bytes([n]) * 200_000 for n in range(2)}
    write_bytes(path, next(iter(contents)))
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add(read_bytes(path))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        for content in contents:
            write_bytes(path, content)
    done.set()
    reader.join()
    assert seen <= contents


def test_a_file_in_the_way(tmp_path):
    """A folder that cannot be made is told with the path."""
    (tmp_path / "file").write_text("")
    path = f"{tmp_path}/file/data"
    with pytest.raises(StorageError, match=r"Cannot write .*file/data"):
        write_bytes(path, b"")
    with pytest.raises(StorageError):
        Storage(f"{tmp_path}/file/raw", f"{tmp_path}/file/work").new_local_path("x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_folder(tmp_path):
    """A folder without permission to write is a storage error."""
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="permissions"):
        write_bytes(str(tmp_path / "data"), b"")


def test_new_paths_are_new(storage):
    """Each path is another one, and a local one's folder is there."""
    made = {storage.new_output_path("x.csv") for _ in range(100)}
    assert len(made) == 100
    assert all(path.startswith(f"{storage.raw_output_prefix}/") for path in made)
    assert all(path.endswith("/x.csv") for path in made)
    local = Path(storage.new_local_path("../../x.csv"))
    assert local.parent.is_dir()
    assert local.is_relative_to(storage.working_dir)
    assert not local.exists()


def test_no_double_slash():
    """A prefix may end with a slash, or be the root."""
    assert "//" not in Storage("/raw/", "/w").new_output_path("x")
    assert Storage("s3://bucket/", "/w").new_output_path().count("//") == 1
    assert Storage("/", "/w").new_output_path("x").startswith("/")


@pytest.mark.parametrize("place", ["local", "memory"])
def test_folders(place, storage, tmp_path, memory):
    """A folder is copied with all that is in it, out and in, and listed."""
    source = tmp_path / "source dir"
    (source / "sub" / "ü").mkdir(parents=True)
    (source / "a b.txt").write_text("a")
    (source / "sub" / "ü" / "c.txt").write_text("c")
    target = f"{tmp_path / 'out' if place == 'local' else memory}/x/y"
    assert storage.upload(str(source), target, recursive=True) == target
    assert storage.listing(target) == [
        (f"{target}/a b.txt", False),
        (f"{target}/sub", True),
    ]
    back = tmp_path / "back"
    for _ in range(2):  # also onto what is there
        storage.download(target, str(back), recursive=True)
    assert sorted(str(p.relative_to(back)) for p in back.rglob("*.txt")) == [
        "a b.txt",
        "sub/ü/c.txt",
    ]
    assert storage.exists(f"{target}/a b.txt")
    assert not storage.exists(f"{target}/b")


def test_a_folder_is_not_copied_into_itself(storage, tmp_path):
    """The place for outputs may be inside the folder that goes out."""
    (tmp_path / "a.txt").write_text("a")
    target = storage.new_output_path()
    storage.upload(str(tmp_path), target, recursive=True)
    assert Path(target, "a.txt").read_text() == "a"
    assert not Path(target, "raw", Path(target).name).exists()


@pytest.mark.parametrize("place", ["local", "memory"])
def test_files(place, storage, tmp_path, memory):
    """A file is copied out and in; folders of the target are made."""
    source = tmp_path / "a"
    source.write_bytes(b"x" * 100_000)
    target = f"{tmp_path / 'out' if place == 'local' else memory}/x/a"
    storage.upload(str(source), target)
    copy = storage.download(target, str(tmp_path / "in" / "a"))
    assert Path(copy).read_bytes() == source.read_bytes()
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == ["a"]


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("place", ["local", "memory"])
def test_copies_of_nothing(recursive, place, storage, tmp_path, memory):
    """What is not there cannot be copied, listed, or leave anything behind."""
    path = f"{tmp_path if place == 'local' else memory}/nothing"
    with pytest.raises(StorageError, match="no such file or folder"):
        storage.download(path, str(tmp_path / "in" / "x"), recursive=recursive)
    assert not (tmp_path / "in" / "x").is_file()
    with pytest.raises(StorageError):
        storage.listing(path)
    with pytest.raises(StorageError):
        storage.upload(str(tmp_path / "no"), f"{path}/x", recursive=recursive)


def test_current(storage):
    """A run's storage is current inside its block, and only there."""
    outside = current_storage()
    assert not in_run()
    with use_storage(storage):
        assert current_storage() is storage
        assert in_run()
    assert current_storage() is outside


def test_each_thread_has_its_own(storage):
    """A run in one thread does not change where another one writes."""
    seen = []
    with use_storage(storage):
        other = threading.Thread(target=lambda: seen.append(in_run()))
        other.start()
        other.join()
    assert seen == [False]


def test_the_process_storage_is_removed():
    """Outside of a run there is a private folder, gone when the process ends."""
    code = (
        "import os; from kit.storage import *; s = current_storage();"
        "p = s.new_output_path('x'); s.write_bytes(p, b'x');"
        "folder = os.path.dirname(s.raw_output_prefix);"
        "print(oct(os.stat(folder).st_mode & 0o777), folder)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    mode, folder = done.stdout.split()
    assert mode == "0o700"
    assert not Path(folder).exists()


def test_is_local_file(tmp_path):
    """What cannot be a path is no file either."""
    (tmp_path / "a b").write_text("")
    assert is_local_file(str(tmp_path / "a b"))
    assert is_local_file((tmp_path / "a b").as_uri())
    assert not is_local_file(str(tmp_path))
    assert not is_local_file("x" * 10_000)
    assert not is_local_file("a\0b")


def test_urls_through_other_stores_are_read(tmp_path):
    """Their names stand from the outside in."""
    (tmp_path / "a.txt").write_bytes(b"hello")
    url = f"simplecache::file://{tmp_path}/a.txt"
    assert is_remote(url)
    assert read_bytes(url) == b"hello"


def test_a_folder_is_no_file(memory, tmp_path):
    """A folder of another store asked for as a file is told, and leaves nothing."""
    write_bytes(f"{memory}/folder/file", b"x")
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    with pytest.raises(StorageError, match="is a folder, expected a file"):
        storage.download(f"{memory}/folder", str(tmp_path / "copy"))
    with pytest.raises(StorageError, match="is a file, expected a folder"):
        storage.download(f"{memory}/folder/file", str(tmp_path / "c"), recursive=True)
    assert list(tmp_path.iterdir()) == []


def test_links_in_a_folder(memory, tmp_path):
    """Links are followed, unless there is no end of them."""
    source = tmp_path / "source"
    (source / "real").mkdir(parents=True)
    (source / "real" / "file").write_text("x")
    (source / "link").symlink_to("real")
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    storage.upload(str(source), f"{memory}/up", recursive=True)
    assert read_bytes(f"{memory}/up/link/file") == b"x"
    (source / "real" / "loop").symlink_to(source)
    with pytest.raises(StorageError, match="there is no end of it"):
        storage.upload(str(source), f"{memory}/up2", recursive=True)


def test_a_folder_copied_into_one_that_is_there(tmp_path):
    """It takes the new files in, and keeps what else it has."""
    for name, data in (("source/in/new", "n"), ("target/in/old", "o")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(data)
    storage = Storage(str(tmp_path / "raw"), str(tmp_path / "work"))
    storage.upload(str(tmp_path / "source"), str(tmp_path / "target"), recursive=True)
    names = {path.name for path in (tmp_path / "target" / "in").iterdir()}
    assert names == {"new", "old"}
    assert {path.name for path in tmp_path.iterdir()} == {"source", "target"}
