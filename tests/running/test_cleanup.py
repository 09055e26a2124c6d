"""Folders of runs that stay to be looked at are bounded."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import kit
from kit.cli import main
from kit.runners.session import own_session
from kit.running import cleanup


@kit.container_task(image="a:1")
def fails(tt, text: str = "") -> int:
    """Fail, with inputs of some size."""
    raise ValueError(text[:3])


@kit.container_task(image="a:1")
def writes(tt) -> kit.FlyteFile:
    """Write a file, which is in the run's folder."""
    path = Path("made.txt")
    path.write_text("here")
    return path


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have an empty temporary directory, of which three folders stay."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(cleanup, "MOST_FOLDERS", 3)
    return temporary


run_here = functools.partial(kit.run, runner="in-process")

SESSION = """
import sys
from kit.runners.session import own_session
print(own_session(), flush=True)
sys.stdin.read()
"""


def names(disk: Path) -> set[str]:
    """Name the folders of runs and proofs, and what is not kit's."""
    process_storage = re.compile("kit-[a-z0-9_]{8}")
    found = (path.name for path in disk.iterdir())
    return {name for name in found if not process_storage.fullmatch(name)}


def test_the_newest_failed_runs_stay(disk: Path):
    """The oldest go first, and no more than so many stay."""
    made = [run_here(fails).directory.name for _ in range(6)]
    assert names(disk) == set(made[-3:])


def test_failed_runs_are_bounded_in_size(disk: Path, monkeypatch: pytest.MonkeyPatch):
    """All but the last go for one that is larger than the bound by itself."""
    monkeypatch.setattr(cleanup, "MOST_BYTES", 50_000)
    small = [run_here(fails).directory.name for _ in range(2)]
    assert names(disk) == set(small)
    large = run_here(fails, text="x" * 60_000).directory.name
    assert names(disk) == {large}
    last = run_here(fails).directory.name
    assert names(disk) == {last}


def test_what_is_in_use_stays(disk: Path):
    """Files of a good run, what is to be kept, and another process's running run."""
    good = run_here(writes)
    kept = run_here(fails, keep=True).directory.name
    named = run_here(fails, directory=disk / "kit-run-abcdefgh").directory.name
    other = disk / "kit-run-12345678"
    other.mkdir()
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            SESSION,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        (other / "session").write_text(process.stdout.readline().strip())
        for _ in range(5):
            run_here(fails)
        stay = {kept, named, other.name, good.directory.name}
        assert stay <= names(disk)
        assert len(names(disk)) == len(stay) + 3
        assert Path(good.outputs.o0).read_text() == "here"
    last = [run_here(fails).directory.name for _ in range(3)]
    assert names(disk) == {*stay - {other.name}, *last}  # its process is dead now


def test_a_file_of_the_users_own_is_not_taken_for_a_mark(disk: Path, tmp_path: Path):
    """A folder that was named may have a file of that name."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "session").write_text("mine")
    run_here(fails, directory=tmp_path / "mine")
    assert (tmp_path / "mine" / "session").read_text() == "mine"


def test_odd_folders_are_left_alone(disk: Path, tmp_path: Path):
    """Links, folders without a mark, and marks that would never end."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "session").touch()
    (disk / "kit-run-linked00").symlink_to(target)
    (disk / "kit-run-unmarked").mkdir()
    (disk / "kit-run-pipe0000").mkdir()
    os.mkfifo(disk / "kit-run-pipe0000" / "session")
    (disk / "kit-notes").mkdir()
    before = names(disk)
    made = [run_here(fails).directory.name for _ in range(4)]
    assert names(disk) == before | set(made[-3:])
    assert (target / "session").exists()


def test_proofs_that_failed_are_bounded_too(disk: Path):
    """A proof that ran and failed leaves a folder like a run's."""
    for _ in range(5):
        assert not kit.prove(fails, text="").proven
    assert len(names(disk)) == 3
    assert {name[:10] for name in names(disk)} == {"kit-proof-"}


def test_runs_of_the_command_are_bounded(disk: Path, monkeypatch, capsys):
    """``kit run`` leaves what it made, for its user to look at."""
    monkeypatch.chdir(disk.parent)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("written.py").write_text(
        "import kit, pathlib\n"
        '@kit.container_task(image="a:1")\n'
        "def writes(tt) -> kit.FlyteFile:\n"
        '    pathlib.Path("x").write_text("here")\n'
        '    return pathlib.Path("x")\n'
    )
    for _ in range(4):
        assert main(["run", "written.py:writes"]) == 0
    assert len(names(disk)) == 3
    assert own_session() not in [
        (disk / name / "session").read_text() for name in names(disk)
    ]
