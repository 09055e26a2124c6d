"""``kit prove``, called as the command line calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.cli import main

TASKS = """
import os
import time
import kit

@kit.container_task(image="acme/a:1", ship="inline")
def double(tt, n: int, k: int = 2) -> int:
    '''Multiply n.'''
    print("\\x1b[31mmultiplying")
    return n * k

@kit.container_task(image="acme/a:1", ship="inline")
def none(tt) -> None:
    return None

class Sleepy:
    if "IN_CONTAINER" in os.environ:
        print("asleep", os.getpid(), flush=True)
        time.sleep(60)

@kit.container_task(
    image="acme/a:1", ship="inline", environment={"IN_CONTAINER": "1"}
)
def sleepy(tt) -> str:
    return str(Sleepy)

@kit.container_task(image="acme/a:1")
def beside(tt, n: int) -> int:
    return n
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder with a module of tasks."""
    (tmp_path / "tasks_to_prove.py").write_text(TASKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("tasks_to_prove", None)


def test_a_proven_task_ends_with_0(capsys):
    """The steps are shown, and inputs need not be given."""
    assert main(["prove", "tasks_to_prove:double"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("proof tasks_to_prove.double  PROVEN to load with all")
    assert "instance      done" in out
    assert "Outputs" not in out
    assert err == ""
    assert max(map(len, out.splitlines())) <= 80


def test_inputs_run_it(capsys):
    """They are flags of their own names, typed by the interface."""
    assert main(["prove", "tasks_to_prove:double", "--n", "3"]) == 0
    out, _ = capsys.readouterr()
    assert "o0  6" in out
    assert "stdout  \\x1b[31mmultiplying" in out
    assert "\x1b" not in out


def test_a_task_without_inputs_is_run_on_request(capsys):
    """``--run`` takes the defaults of all inputs."""
    assert main(["prove", "tasks_to_prove:none", "--run", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][-1]["name"] == "run"


def test_a_task_that_is_not_proven_ends_with_1(capsys, folder):
    """What is missing and the repair come first."""
    assert main(["prove", "tasks_to_prove:beside"]) == 1
    out, _ = capsys.readouterr()
    flat = " ".join(out.split())
    assert out.startswith("proof tasks_to_prove.beside  NOT PROVEN\n\nFailure\n")
    assert "error: the module tasks_to_prove is only here, in" in flat
    assert "ship='inline'" in flat
    assert "executor      skipped" in out
    assert "kit-execute: the task failed" not in out


def test_the_proof_as_json(capsys):
    """Standard output is one JSON document in any case."""
    assert main(["prove", "--format", "json", "tasks_to_prove:double", "--n", "1"]) == 0
    proof = json.loads(capsys.readouterr().out)
    assert (proof["ok"], proof["failure"]) == (True, None)
    assert proof["outputs"] == {"o0": 2}
    assert sorted(proof["custom"]) == ["missing", "read", "unread"]
    assert proof["log"] == [{"stream": "stdout", "text": "\x1b[31mmultiplying"}]
    assert proof["steps"][0]["name"] == "template"
    assert proof["steps"][0]["seconds"] >= 0
    assert main(["prove", "--format", "json", "tasks_to_prove:beside"]) == 1
    failure = json.loads(capsys.readouterr().out)["failure"]
    assert failure["step"] == "module"
    assert failure["repair"].startswith("Send its source")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["tasks_to_prove:double", "--k", "2"], 2, "Input n of type"),
        (["tasks_to_prove:double", "--n", "x"], 2, "'x' is no whole number"),
        (["tasks_to_prove:double", "--timeout", "0"], 2, "--timeout"),
        (["tasks_to_prove:nothing"], 3, "has no 'nothing'"),
    ],
)
def test_wrong_command_lines(words, status, message, capsys):
    """They end as for ``kit run``."""
    assert main(["prove", *words]) == status
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_help(capsys):
    """It shows examples, the inputs and the options, at 80 columns."""
    assert main(["prove", "--help"]) == 0
    out = capsys.readouterr().out
    assert "\n    kit prove TASK\n    kit prove TASK --limit 3\n" in out
    assert "--run" in out
    assert main(["prove", "tasks_to_prove:double", "--help"]) == 0
    out += capsys.readouterr().out
    assert "--n INTEGER" in out
    assert "[required]" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_timeout_is_a_failure(capsys):
    """Whatever hangs, the command ends."""
    assert main(["prove", "tasks_to_prove:sleepy", "--timeout", "3"]) == 1
    flat = " ".join(capsys.readouterr().out.split())
    assert "did not end in time: it was at" in flat
    assert "stdout asleep" in flat


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_stops_the_proof_and_the_command(number, status, tmp_path):
    """No traceback, and no process or folder left behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "kit", "prove", "tasks_to_prove:sleepy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    child = wait_for(lambda: child_of(process.pid))
    wait_for(lambda: any(temporary.glob("*/notes.jsonl")))
    wait_for(lambda: '"source"' in next(temporary.glob("*/notes.jsonl")).read_text())
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == status, err
    assert "Traceback" not in out + err
    assert not Path(f"/proc/{child}").exists()
    assert list(temporary.iterdir()) == []


def child_of(pid: int) -> int | None:
    """Return the process that another one started, if it did."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def wait_for(condition, seconds: float = 20.0):
    """Return what a condition gives when it is true in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
