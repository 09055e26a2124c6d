"""``kit clean``: what kit left on this disk is shown, and removed when asked."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import pytest

import kit
from kit.cli import main
from kit.cli.commands.clean import KINDS, TEMPORARY

DAY = 86_400


@kit.container_task(image="a:1", cache=True, cache_version="1")
def kept(tt, n: int) -> int:
    """Return n, from the cache the second time."""
    return n


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have an empty temporary directory and an empty cache."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("KIT_LOCAL_CACHE", str(tmp_path / "cache"))
    return temporary


def age(path: Path, days: float) -> None:
    """Let a file or a folder, and all that is in it, be that old."""
    then = time.time() - days * DAY
    for one in (*path.rglob("*"), path):
        os.utime(one, (then, then), follow_symlinks=False)


def listed(capsys, *words: str) -> dict[str, list]:
    """Return what the command says as JSON."""
    assert main(["clean", *words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_that_was_left_behind_is_found_and_removed(disk: Path, capsys):
    """A failed run keeps its folder; here is where it ends."""
    failing = kit.container_task(image="a:1", name="fails")(_fail)
    directory = kit.run(failing).directory
    age(directory, days=2)
    (found,) = listed(capsys)["found"]
    assert found["kind"] == "runs"
    assert found["path"] == str(directory)
    assert found["bytes"] > 0
    assert listed(capsys, "--remove")["removed"] == [str(directory)]
    assert list(disk.iterdir()) == []


def _fail(tt) -> int:
    raise ValueError


def test_an_entry_of_the_cache_is_found_and_removed(disk: Path, capsys):
    """By its kind; the task then runs again."""
    assert kept(n=3) == 3
    (entry,) = (disk.parent / "cache").iterdir()
    age(entry, days=2)
    assert listed(capsys, "runs")["found"] == []
    assert [one["kind"] for one in listed(capsys, "cache")["found"]] == ["cache"]
    assert listed(capsys, "cache", "--remove")["removed"] == [str(entry)]
    assert not entry.exists()


@pytest.mark.parametrize("kind", TEMPORARY)
def test_every_prefix_that_kit_uses_has_a_kind(kind: str, disk: Path, capsys):
    """Folders are recognized by the name that tempfile gives them."""
    prefixes = {"loaded": "kit-saved-", "outputs": "kit-", "work": "kit-export-"}
    path = Path(tempfile.mkdtemp(prefix=prefixes.get(kind, f"kit-{kind[:-1]}-")))
    age(path, days=2)
    assert [one["kind"] for one in listed(capsys)["found"]] == [kind]
    others = [other for other in KINDS if other != kind]
    assert listed(capsys, *others)["found"] == []
    assert disk == path.parent


def test_all_prefixes_in_the_source_are_known():
    """A new use of the temporary directory gets a kind, too."""
    import re

    prefixes = {
        prefix
        for path in Path(kit.__file__).parent.rglob("*.py")
        for prefix in re.findall(r'prefix="(kit-[^"]*)"', path.read_text())
    }
    assert len(prefixes) > 5
    for prefix in prefixes:
        name = f"{prefix}abc_1234"
        assert any(pattern.fullmatch(name) for pattern in TEMPORARY.values()), prefix


def test_what_is_recent_or_not_kits_stays(disk: Path, capsys):
    """A run in progress, other people's files, and links to them."""
    recent = Path(tempfile.mkdtemp(prefix="kit-run-"))
    old_with_new = Path(tempfile.mkdtemp(prefix="kit-run-"))
    age(old_with_new, days=9)
    (old_with_new / "log").touch()
    precious = disk.parent / "precious"
    (precious / "file").mkdir(parents=True)
    (disk / "kit-run-abcdefgh").symlink_to(precious)
    for name in ("kit-notes", "kitchen-run-abcdefgh", "kit-run-mine"):
        (disk / name).mkdir()
        age(disk / name, days=9)
    before = sorted(disk.iterdir())
    assert listed(capsys, "--remove") == {"found": [], "removed": []}
    assert sorted(disk.iterdir()) == before
    found = listed(capsys, "--older-than", "0s")["found"]
    assert {one["path"] for one in found} == {str(recent), str(old_with_new)}


def test_text_says_how_to_go_on(disk: Path, capsys):
    """The command under Next removes what is listed."""
    age(Path(tempfile.mkdtemp(prefix="kit-proof-")), days=3)
    assert main(["clean"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 found, 0.0 MB" in out
    assert "3 days ago" in out
    assert "Next remove kit clean --remove" in out
    assert main(["clean", "--remove"]) == 0
    assert "1 removed" in " ".join(capsys.readouterr().out.split())
    assert list(disk.iterdir()) == []


def test_a_wrong_duration_is_a_wrong_command_line(capsys):
    """With the value."""
    assert main(["clean", "--older-than", "soon"]) == 2
    assert "'soon'" in capsys.readouterr().err
