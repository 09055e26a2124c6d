"""A Docker engine for the tests, shared by the processes that run them.

One that answers is used as it is.  Else ``dockerd`` is started in a folder of its own,
by the first process that needs it, and stopped by the last one, by its process id.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from kit.errors import EngineNotFoundError
from kit.runners.docker.engine import LABEL, Engine, connected

START_SECONDS = 60.0
STOP_SECONDS = 30.0
ROOM = 4 * 2**30
IMAGES = "kit-test/"


def why_not() -> str | None:
    """Say why there can be no engine here; None if there can."""
    try:
        with connected():
            return None
    except EngineNotFoundError as error:
        if shutil.which("dockerd") is None:
            return f"dockerd is not installed. {error}"
        if os.geteuid() != 0:
            return f"dockerd needs root to be started. {error}"
    return None


@contextlib.contextmanager
def shared_engine(folder: Path) -> Iterator[str | None]:
    """Give the address of the engine, None for the usual one.

    Args:
        folder: Where the processes of one test run, and of later ones, meet.
    """
    with (folder / "users").open("w") as users:
        with locked(folder):
            if _is_alone(users):
                _clean_up(folder)  # what a killed run left behind
                _start(folder)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _address(folder)
        finally:
            with locked(folder):
                if _is_alone(users):
                    _clean_up(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let only one process do what is in the block."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def containers_of(engine: Engine, pid: int) -> list[dict[str, Any]]:
    """Return the containers that a process has made."""
    listed = engine.client.api.containers(all=True, filters={"label": LABEL})
    return [one for one in listed if one["Labels"][LABEL].split()[2] == str(pid)]


def _is_alone(users: IO[str]) -> bool:
    """Say whether no other process uses the engine."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _home(folder: Path) -> Path | None:
    """Return the folder of the engine that was started, None if there is none."""
    note = folder / "home"
    return Path(note.read_text()) if note.exists() else None


def _address(folder: Path) -> str | None:
    home = _home(folder)
    return None if home is None else f"unix://{home}/docker.sock"


def _answers(environ: Mapping[str, str] | None = None) -> bool:
    try:
        with connected(environ):
            return True
    except EngineNotFoundError:
        return False


def _start(folder: Path) -> None:
    if _answers():
        return
    home = Path(tempfile.mkdtemp(prefix="kit-dockerd-", dir=_quick_folder()))
    (folder / "home").write_text(str(home))
    address = f"unix://{home}/docker.sock"
    options = ["--data-root", home / "data", "--exec-root", home / "exec"]
    options += ["--pidfile", home / "docker.pid", "--host", address]
    options += ["--bridge", "none", "--iptables=false"]  # nothing of the machine's
    with (home / "log").open("w") as log:
        engine = subprocess.Popen(
            ["dockerd", *map(str, options)],  # noqa: S607 - wherever it is installed
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers({"DOCKER_HOST": address}):
        if engine.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"dockerd did not start:\n{(home / 'log').read_text()}")
        time.sleep(0.1)
    engine.returncode = 0  # it outlives this process if another one needs it


def _quick_folder() -> str | None:
    """Return a folder in memory with room for the images, if there is one."""
    memory = Path("/dev/shm")  # noqa: S108 - a file system, not a file
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    return str(memory) if is_roomy else None


def _clean_up(folder: Path) -> None:
    """Stop the engine that was started, or remove the images from the other one."""
    home = _home(folder)
    if home is None:
        if _answers():
            _remove_images()
        return
    if home.exists():
        _end(home)
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{home}/"):
                point = line.split()[1]
                subprocess.run(["umount", "-l", point], check=False)  # noqa: S607 - idem
        shutil.rmtree(home)
    (folder / "home").unlink()


def _remove_images() -> None:
    with connected() as engine:
        for image in engine.client.images.list():
            for tag in image.tags:
                if tag.startswith(IMAGES):
                    engine.client.images.remove(tag, force=True)


def _end(home: Path) -> None:
    """Stop the engine of this folder, if its process is still that."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int((home / "docker.pid").read_text())
        if str(home) not in Path(f"/proc/{pid}/cmdline").read_text():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_alive(pid) and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
