"""A container is asked to end by a signal that its first process hears."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kit.runners.docker.container import Container, ending_signal
from kit.runners.docker.container_spec import ContainerSpec
from kit.runners.log import LogLine
from kit.runners.process import Exit
from kit.runners.session import own_session

BEGIN = "import signal as s, sys, time\n"
END = "print('ready', flush=True)\ntime.sleep(60)"
NOTHING = "s.signal(s.SIGINT, s.SIG_DFL)\n"
ONLY_SIGTERM = f"{NOTHING}s.signal(s.SIGTERM, lambda *_: sys.exit(5))\n"
IGNORES = "s.signal(s.SIGINT, s.SIG_IGN)\n"


def stopped(engine, image: str, code: str, grace: float) -> Exit:
    """Stop a container of a program as soon as it says that it is ready."""
    lines: list[LogLine] = []
    spec = ContainerSpec(
        name=f"kit-stopping-{own_session().rpartition(' ')[2]}-{time.monotonic_ns()}",
        image=image,
        command=("python3", "-c"),
        arguments=(BEGIN + code + END,),
        environment={},
    )
    with Container(engine, spec, lines.append) as container:
        container.start()
        while not lines:
            time.sleep(0.01)
        began = time.monotonic()
        container.stop("cancelled", grace=grace)
        end = container.wait()
        return Exit(end.status, end.stopped, time.monotonic() - began)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("code", "status"), [("", 130), (NOTHING, 137), (ONLY_SIGTERM, 5)]
)
def test_nothing_is_waited_for_that_cannot_come(engine, with_python, code, status):
    """SIGINT, else SIGTERM; what hears neither has nothing to tidy up."""
    end = stopped(engine, with_python, code, grace=60)
    assert end.status == status
    assert end.seconds < 20


@pytest.mark.docker
def test_what_ignores_signals_has_its_grace(engine, with_python):
    """It may be about to end by itself."""
    end = stopped(engine, with_python, IGNORES, grace=1)
    assert end.status == 137
    assert end.seconds >= 1


def test_of_processes_elsewhere_nothing_is_known(tmp_path: Path):
    """A process that has the number here is another one; SIGINT is tried."""
    status = "SigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"
    process = tmp_path / "7"
    process.mkdir()
    (process / "status").write_text(status)
    (process / "cgroup").write_text("0::/user.slice\n")
    assert ending_signal("abc", 7, tmp_path).name == "SIGINT"
    (process / "cgroup").write_text("0::/system.slice/docker-abc.scope\n")
    assert ending_signal("abc", 7, tmp_path).name == "SIGKILL"
    assert ending_signal("abc", 8, tmp_path).name == "SIGINT"
