"""Nothing is left running, whoever is interrupted or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from daemon import containers_of

from kit.runners.docker.engine import reap_leftovers
from kit.runners.session import own_session, session_is_dead

pytestmark = pytest.mark.docker

WAITING = """
import sys
sys.path[:0] = {path!r}
from container_tasks import container_task
from kit.running.start import run
from kit.runners.docker import DockerRunner
try:
    run(container_task(), mode="patient", runner=DockerRunner(grace=5.0),
        on_log=lambda line: print(line.text, flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start_waiting(temporary: Path) -> subprocess.Popen[str]:
    """Start a process that waits for a container, which has begun its work."""
    folder = Path(__file__).parent
    path = [str(folder), str(folder.parent)]
    parent = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(path=path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert parent.stdout.readline() == "started\n"
    return parent


@pytest.mark.usefixtures("slim")
def test_the_container_of_a_killed_process_is_reaped_later(engine, tmp_path: Path):
    """The next run on the machine removes it, and no one else's."""
    with start_waiting(tmp_path) as living, start_waiting(tmp_path) as killed:
        killed.kill()
        killed.wait(30)
        assert len(containers_of(engine, killed.pid)) == 1
        assert reap_leftovers(engine) == 1
        assert containers_of(engine, killed.pid) == []
        assert len(containers_of(engine, living.pid)) == 1
        living.send_signal(signal.SIGINT)
        living.communicate(timeout=30)
    assert containers_of(engine, living.pid) == []


def test_a_session_is_dead_when_its_process_is():
    """Another machine's is never called dead, and an id that was used again is."""
    own = own_session()
    assert not session_is_dead(own)
    place, boot, pid, start = own.split()
    assert pid == str(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    assert session_is_dead(f"{place} {boot} {child.pid} {start}")
    assert session_is_dead(f"{place} {boot} {pid} 1")
    assert session_is_dead(f"{place} earlier {pid} {start}")
    assert not session_is_dead(f"elsewhere:pid {boot} {child.pid} {start}")
    assert not session_is_dead("nonsense")
    assert not session_is_dead("")
