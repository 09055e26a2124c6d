"""Where a run's files lie, how large they are, and what if there is no room."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contract_tasks import FILES, CopyExecutor
from places import SUBPROCESS_FLYTEKIT, WITH_FILES, Place, on

from kit.errors import StorageError
from kit.runners import Phase
from kit.running.run import Run
from kit.running.start import run

MB = 1_000_000
NAMES = ["größe ✓ 日本", "$HOME ${x} $(x) `x`", 'it\'s "so"', "{{.input}}", " \t\\n%s"]
Mount = Callable[[str], Path]


def copied(place: Place, source: Path, folder: Path, **options) -> Run:
    """Run a task that copies a file and a folder."""
    task = place.task(CopyExecutor, interface=FILES)
    inputs = {"file": str(source), "folder": str(folder)}
    return run(task, inputs=inputs, runner=place.runner, **options)


def call_mount(place: Path, *words: str) -> None:
    """Call the system's program."""
    subprocess.run(["mount", *words, str(place)], check=True)  # noqa: S607 - anywhere


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Give a function that makes a small file system in memory."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    made: list[Path] = []

    def make(size: str) -> Path:
        place = tmp_path / f"mounted-{len(made)}"
        place.mkdir()
        call_mount(place, "-t", "tmpfs", "-o", f"size={size}", "none")
        made.append(place)
        return place

    yield make
    busy = [place for place in made if not unmounts(place)]
    assert busy == []


def unmounts(place: Path) -> bool:
    """Unmount a file system, and say whether nobody had a file of it open."""
    done = subprocess.run(["umount", str(place)], check=False)  # noqa: S607 - idem
    if done.returncode != 0:
        subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S607 - idem
    return done.returncode == 0


@pytest.fixture
def read_only(mount: Mount) -> Path:
    """A folder with two files, in which nothing can be written."""
    place = mount("1m")
    (place / "file.txt").write_text("file ")
    (place / "folder").mkdir()
    (place / "folder" / "part").write_text("part")
    call_mount(place, "-o", "remount,ro")
    return place


@on(*WITH_FILES, SUBPROCESS_FLYTEKIT)
def test_ten_megabytes_in_and_out(place: Place):
    """As a value that travels in the literals."""
    payload = "ä" * (5 * MB)
    done = place.run("echo", payload=payload)
    assert done.outputs["text"] == payload


@on(*WITH_FILES)
def test_files_of_ten_megabytes(place: Place, tmp_path: Path):
    """Inputs are read where they are; outputs are the caller's own files."""
    source, folder = tmp_path / "ä ö.txt", tmp_path / "folder"
    folder.mkdir()
    source.write_text("x" * 10 * MB)
    source.chmod(0o600)
    (folder / "part").write_text("part")
    done = copied(place, source, folder)
    copy = Path(done.literals.literals["file"].scalar.blob.uri)
    assert copy.is_relative_to(done.directory / "raw")
    assert copy.read_text() == source.read_text() + "part"
    assert copy.stat().st_uid == os.geteuid()
    made = Path(done.literals.literals["folder"].scalar.blob.uri)
    assert (made / "below" / "größe.txt").read_text() == "✓"


@pytest.mark.parametrize("name", NAMES)
@on(*WITH_FILES)
def test_names_of_any_kind(place: Place, tmp_path: Path, name: str):
    """The folder of the run and those of its inputs may be called anything."""
    source, folder = tmp_path / name / "in" / name, tmp_path / name / "folder"
    folder.mkdir(parents=True)
    source.parent.mkdir()
    source.write_text("file ")
    (folder / name).write_text("part")
    done = copied(place, source, folder, directory=tmp_path / name / "run")
    done.raise_for_error()
    assert Path(done.outputs.file).read_text() == "file part"
    assert done.directory == tmp_path / name / "run"


@on(*WITH_FILES)
def test_a_folder_given_by_a_relative_path(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It is below the caller's working directory, which is not the task's."""
    (tmp_path / "här").mkdir()
    monkeypatch.chdir(tmp_path / "här")
    done = place.run("folder", directory="run 1")
    assert done.directory == tmp_path / "här" / "run 1"
    assert (done.directory / "outputs" / "outputs.pb").is_file()
    if place.name == "subprocess":
        assert done.outputs.text == str(done.directory / "work")


@on(*WITH_FILES)
def test_a_folder_that_holds_a_run(place: Place, tmp_path: Path):
    """Outputs of an earlier run cannot be taken for this one's."""
    place.run("ok", directory=tmp_path / "run")
    with pytest.raises(StorageError, match="holds the outputs of another run"):
        place.run("fail", directory=tmp_path / "run")


@on(*WITH_FILES)
def test_a_folder_that_cannot_be_made(place: Place, tmp_path: Path):
    """Nothing has run."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        place.run("ok", directory=tmp_path / "file" / "below")


@on(*WITH_FILES)
def test_a_read_only_folder(place: Place, read_only: Path):
    """No run can be there, but inputs can."""
    with pytest.raises(StorageError, match="Read-only file system"):
        place.run("ok", directory=read_only / "run")
    done = copied(place, read_only / "file.txt", read_only / "folder")
    assert Path(done.outputs.file).read_text() == "file part"


@on(*WITH_FILES)
def test_a_full_disk_at_the_start(
    place: Place, mount: Mount, monkeypatch: pytest.MonkeyPatch
):
    """It is said, and no folder stays there."""
    full = mount("4m")
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    with pytest.raises(StorageError, match="No space left on device"):
        place.run("echo", payload="x" * 10 * MB)
    assert list(full.iterdir()) == []


@on(*WITH_FILES)
def test_a_disk_that_is_full_at_the_end(place: Place, mount: Mount):
    """There is never half an outputs.pb; what is copied out has no place."""
    folder = mount("4m") / "run"
    if place.label == "copied":
        with pytest.raises(StorageError, match="No space left on device"):
            place.run("large", 10, directory=folder)
    else:
        failed = place.run("large", 10, directory=folder)
        assert failed.phase is Phase.FAILED
        assert failed.error.type == "kit.errors.StorageError"
        assert failed.error.origin == "SYSTEM"
        assert failed.error.kind == "RECOVERABLE"
        assert "No space left on device" in failed.error.message
        assert (folder / "outputs" / "error.pb").is_file()
    assert not (folder / "outputs" / "outputs.pb").exists()


@on(*WITH_FILES)
def test_a_disk_that_the_log_fills(place: Place, mount: Mount):
    """The run is stopped, for its log could not be told whole."""
    folder = mount("4m") / "run"
    with pytest.raises(StorageError, match=r"log .* No space left on device"):
        place.run("flood", 10, directory=folder)
