from __future__ import annotations

import io

import pytest

from kit.errors import StorageError
from kit.shim.checkpoints import Checkpoint

pytestmark = pytest.mark.usefixtures("storage")


@pytest.fixture(params=["local", "memory"])
def place(request, tmp_path):
    """A folder that does not exist yet, and a URL of another store."""
    if request.param == "memory":
        return f"memory://{tmp_path.name}/cp"
    return str(tmp_path / "cp with spaces é")


def test_write_and_read(place):
    """What an attempt writes is what the next one reads."""
    Checkpoint(place).write(b"one")
    Checkpoint(place).write(b"two")
    following = Checkpoint(f"{place}-next", place)
    assert following.prev_exists()
    assert following.exists()
    assert following.read() == b"two"


def test_first_attempt(place):
    """There is nothing to read in a first attempt."""
    checkpoint = Checkpoint(place)
    assert not checkpoint.prev_exists()
    assert not checkpoint.exists()
    assert checkpoint.read() is None
    assert checkpoint.restore() is None


def test_attempt_after_one_that_saved_nothing(place):
    """An earlier attempt without a checkpoint leaves nothing to read."""
    following = Checkpoint(f"{place}-next", place)
    assert following.prev_exists()
    assert not following.exists()
    assert following.read() is None


def test_save_a_folder(place, tmp_path):
    """A folder is saved with what is in it, and restored into a folder."""
    (tmp_path / "made" / "sub").mkdir(parents=True)
    (tmp_path / "made" / "a.txt").write_text("a")
    (tmp_path / "made" / "sub" / "b.txt").write_text("b")
    Checkpoint(place).save(tmp_path / "made")
    (tmp_path / "back").mkdir()
    folder = Checkpoint("unused", place).restore(tmp_path / "back")
    assert (folder / "a.txt").read_text() == "a"
    assert (folder / "sub" / "b.txt").read_text() == "b"


def test_save_a_file_and_a_reader(place, tmp_path):
    """Files keep their name; several of them cannot be read as one."""
    (tmp_path / "a.txt").write_text("a")
    checkpoint = Checkpoint(place)
    checkpoint.save(str(tmp_path / "a.txt"))
    checkpoint.save(io.BytesIO(b"b"))
    following = Checkpoint("unused", place)
    with pytest.raises(StorageError, match="exactly one checkpoint - found 2"):
        following.read()
    names = {file.name for file in following.restore().iterdir()}
    assert names == {"a.txt", "_dst_cp"}


def test_save_something_else(place):
    """What is neither path nor file is refused in flytekit's words."""
    with pytest.raises(StorageError, match="Only a valid path or IOBase type"):
        Checkpoint(place).save(5)


def test_restore_into_no_folder(place, tmp_path):
    """A checkpoint is restored into a folder only."""
    with pytest.raises(StorageError, match="restored to a directory only"):
        Checkpoint("unused", place).restore(tmp_path / "missing")


@pytest.mark.flytekit
def test_flytekit_reads_ours_and_we_read_theirs(tmp_path):
    """Either goes on with the other's checkpoint."""
    from flytekit.core.checkpointer import SyncCheckpoint

    (tmp_path / "theirs").mkdir()
    Checkpoint(str(tmp_path / "ours")).write(b"from kit")
    theirs = SyncCheckpoint(str(tmp_path / "theirs"), str(tmp_path / "ours"))
    assert theirs.read() == b"from kit"
    theirs.write(b"from flytekit")
    ours = Checkpoint(str(tmp_path / "ours2"), str(tmp_path / "theirs"))
    assert ours.read() == b"from flytekit"
