"""Files of a run are mounted where that is right, and copied elsewhere."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from container_tasks import container_task

from kit.errors import EngineError
from kit.runners.docker.container import Container
from kit.runners.docker.engine import Engine, LocalImage
from kit.runners.docker.file_transfer import (
    Mounted,
    can_mount,
    make_harmless,
    nanoseconds,
)
from kit.running.start import run

ROOTS = [("", True), ("root", True), ("0:5", True), ("1000", False), ("lab", False)]
OPTIONS = [
    ("name=seccomp,profile=default", True),
    ("name=rootless", True),
    ("name=userns", False),
    ("name=selinux", False),
]


def engine_at(path: Path | None, *options: str) -> Engine:
    """Return an engine that says that it has some options."""
    client = SimpleNamespace(info=lambda: {"SecurityOptions": list(options)})
    return Engine(client, "amd64", "docker", path and str(path))


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    """Where an engine of this user would listen."""
    path = tmp_path / "engine.sock"
    path.touch()
    return path


@pytest.mark.parametrize(("user", "mounts"), ROOTS)
def test_only_what_root_writes_is_mounted(socket: Path, user: str, mounts: bool):
    """Another user of an image could not write, and would own what it wrote."""
    image = LocalImage("acme/lab:1", "amd64", user=user)
    assert can_mount(engine_at(socket), image) is mounts


@pytest.mark.parametrize(("option", "mounts"), OPTIONS)
def test_only_where_root_is_this_user(socket: Path, option: str, mounts: bool):
    """Not where the engine makes somebody else of root, or keeps files from it."""
    image = LocalImage("acme/lab:1", "amd64")
    assert can_mount(engine_at(socket, option), image) is mounts


def test_only_where_the_engine_is_this_users(socket: Path, monkeypatch):
    """That of another user, or of another machine, copies."""
    image = LocalImage("acme/lab:1", "amd64")
    assert not can_mount(engine_at(None), image)
    podman = dataclasses.replace(engine_at(socket), program="podman")
    assert not can_mount(podman, image)
    monkeypatch.setattr(os, "geteuid", lambda: socket.stat().st_uid + 1)
    assert not can_mount(engine_at(socket), image)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:01.5Z", 15 * 10**8),
        ("1970-01-01T02:00:01.000000007+02:00", 10**9 + 7),
        ("yesterday", None),
    ],
)
def test_moments_are_read_as_go_writes_them(text: str, moment: int | None):
    """In any zone, to the nanosecond."""
    assert nanoseconds(text) == moment


def test_what_a_container_wrote_is_made_harmless(tmp_path: Path):
    """Pipes go, no program runs as its owner, and links inside stay."""
    folder = tmp_path / "raw"
    (folder / "below").mkdir(parents=True)
    program = folder / "below" / "program"
    program.touch()
    program.chmod(0o4755)
    (folder / "link").symlink_to("below/program")
    os.mkfifo(folder / "below" / "pipe")
    make_harmless(tmp_path, folder)
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert (folder / "link").resolve() == program
    assert list((folder / "below").iterdir()) == [program]


@pytest.mark.parametrize("link", ["/etc/passwd", "../../x", "out/../../../x"])
def test_a_link_that_leads_outside_is_removed(tmp_path: Path, link: str):
    """Nobody follows it, and the error names it."""
    folder = tmp_path / "run" / "raw"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(link)
    with pytest.raises(EngineError, match=r"'raw/link' leads outside"):
        make_harmless(tmp_path / "run", folder)
    assert not (folder / "link").is_symlink()


@pytest.mark.docker
@pytest.mark.usefixtures("slim")
class TestInAnEngine:
    """A run with each of the two ways."""

    def test_the_engine_of_this_user_mounts(self, engine, monkeypatch, tmp_path):
        """Nothing is copied, and the report is there all the same."""
        if not can_mount(engine, LocalImage("acme/lab:1", "amd64")):
            pytest.skip("this engine copies")
        monkeypatch.delattr(Container, "read_out")
        done = run(
            container_task(), mode="network", runner="docker", directory=tmp_path / "r"
        )
        assert done.raise_for_error().report is not None
        assert (tmp_path / "r" / "report.json").stat().st_size

    def test_files_that_only_seem_the_same_are_not_mounted(self, monkeypatch):
        """As in an engine on a machine that has such a folder, too."""
        monkeypatch.setattr(Mounted, "is_seen_by", lambda *_: False)
        assert run(container_task(), mode="network", runner="docker").succeeded

    def test_an_engine_that_cannot_mount_gets_copies(self, monkeypatch, tmp_path):
        """It has no such folder."""
        monkeypatch.setattr(Mounted, "written", (tmp_path / "nowhere",))
        assert run(container_task(), mode="network", runner="docker").succeeded
