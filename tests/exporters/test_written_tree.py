"""Files of an export are all written or none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.errors import ExportError, StorageError
from kit.exporters.writing import write_file, write_tree

OLD = {"README.md": b"old", "lab/tasks.py": b"old", "lab/data/x": b"old"}
NEW = {"README.md": b"new", "lab/tasks.py": b"new", "lab/more.py": b"new", "c/d": b""}


def content(folder):
    """Return every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_tree_is_written(tmp_path):
    """Folders are made, and nothing else is left."""
    write_tree(tmp_path / "a/b", NEW)
    assert content(tmp_path / "a/b") == NEW
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_files_that_are_not_written_stay(tmp_path):
    """Those that are get their new content."""
    write_tree(tmp_path / "a", OLD)
    write_tree(tmp_path / "a", NEW)
    assert content(tmp_path / "a") == {**OLD, **NEW}


@pytest.mark.parametrize("fails_at", range(1, 8))
def test_what_fails_leaves_all_as_it_was(fails_at, tmp_path, monkeypatch):
    """Whichever rename fails, earlier files are back and no other is there."""
    write_tree(tmp_path / "a", OLD)
    rename, calls = Path.rename, []

    def failing(self, target):
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    if fails_at == 7:
        write_tree(tmp_path / "a", NEW)
        assert len(calls) == 6  # there is no seventh
        return
    with pytest.raises(StorageError, match=r"No space left.*as it was"):
        write_tree(tmp_path / "a", NEW)
    assert content(tmp_path) == {f"a/{name}": data for name, data in OLD.items()}


def test_an_interrupt_leaves_all_as_it_was_too(tmp_path, monkeypatch):
    """Ctrl-C between two files."""
    write_tree(tmp_path / "a", OLD)
    rename, calls = Path.rename, []

    def interrupted(self, target):
        calls.append(target)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / "a", NEW)
    assert content(tmp_path) == {f"a/{name}": data for name, data in OLD.items()}


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\0b"])
def test_no_file_is_written_outside(name, tmp_path):
    """Whatever a package's name would be."""
    with pytest.raises(ExportError, match="would not be inside"):
        write_tree(tmp_path / "a", {name: b""})
    assert list(tmp_path.iterdir()) == []


def test_a_file_cannot_be_written_below_a_file(tmp_path):
    """The system's words are in the error."""
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StorageError, match=r"cannot be written to .*file/below"):
        write_file(tmp_path / "file/below/x.py", b"")
    assert content(tmp_path) == {"file": b"x"}
