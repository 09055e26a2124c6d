"""What a runner cannot do by its nature, and what it does instead.

===========  =============================  ==========================================
runner       what                           instead
===========  =============================  ==========================================
in-process   ``os._exit``, a segfault       ends this process with it
in-process   a limit of memory              is this process's; MemoryError is told
in-process   a timeout                      is refused
in-process   a cancel after the start       counts for nothing
in-process   output below Python            goes where this process's goes
in-process   children that a task leaves    are this process's
in-process   a program to run it under      is refused
subprocess   a template's limit of memory   is not set; the machine's counts
subprocess   a child in its own session     goes on
docker       a program to run it under      is refused
docker       a cancel before Python began   takes the grace period, then kills
flytekit     whose error it is              SYSTEM and RECOVERABLE, for each of them
===========  =============================  ==========================================

The last two are seen in ``test_contract_stopping.py`` and ``test_contract_endings.py``.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from footprint import is_alive
from places import DOCKER, IN_PROCESS, SUBPROCESS, Place, on

from kit.definition.resources import Resources
from kit.errors import CallError
from kit.runners import Cancellation, Phase
from kit.runners.runner import RunRequest

HERE = Path(__file__).parent
SCRIPT = """
import sys
sys.path[:0] = {path!r}
from places import IN_PROCESS
run = IN_PROCESS.run({mode!r}, {n})
print(run.phase.value, run.error and run.error.type, repr(run.logs.text("stdout")))
"""


def in_an_interpreter(
    mode: str, n: int, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a task in-process, in an interpreter that may end by it, and leave files."""
    path = [str(HERE), str(HERE.parent)]
    command = [sys.executable, "-c", SCRIPT.format(path=path, mode=mode, n=n)]
    env = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize(
    ("mode", "n", "status", "said"),
    [
        ("os_exit", 3, 3, ""),
        ("segfault", 0, -signal.SIGSEGV, ""),
        ("limited_memory", 4096, 0, "FAILED MemoryError ''\n"),
        ("below_python", 0, 0, "from C\nSUCCEEDED None ''\n"),
    ],
)
def test_what_happens_to_this_process(
    mode: str, n: int, status: int, said: str, tmp_path: Path
):
    """A task in this process does to this process what it does."""
    ended = in_an_interpreter(mode, n, tmp_path)
    assert (ended.returncode, ended.stdout) == (status, said)


def test_a_child_in_this_process():
    """It is this process's own child, to be stopped by the task."""
    done = IN_PROCESS.run("family")
    pid = int(done.outputs.text)
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_timeout_in_this_process():
    """It is refused, and says what to take."""
    with pytest.raises(CallError, match=r"take runner='subprocess'"):
        IN_PROCESS.run("ok", timeout=1)


def test_a_cancel_in_this_process():
    """The call goes on to its end."""
    switch = Cancellation()
    done = IN_PROCESS.run("ok", cancellation=switch, on_log=lambda _: switch.cancel())
    assert done.phase is Phase.SUCCEEDED


@on(IN_PROCESS, DOCKER)
def test_a_program_to_run_it_under(place: Place):
    """It is refused, and says what to take."""
    request = RunRequest(template=b"", under=("prog.py",))
    with pytest.raises(CallError, match=r"kit\.SubprocessRunner"):
        place.runner.run(dataclasses.replace(request, template=b"x"))


def test_memory_that_only_the_template_limits():
    """A process of this machine has what the machine has."""
    task = SUBPROCESS.task(limits=Resources(mem="64Mi"))
    done = SUBPROCESS.run("memory", 200, task=task)
    assert done.outputs.text == str(200 * 2**20)


def test_a_child_that_left_its_session():
    """It is not waited for, and goes on."""
    done = SUBPROCESS.run("daemon")
    assert done.succeeded
    pid = int(done.outputs.text)
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)
