"""``kit ready``, called as the command line calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli import main
from kit.evidence import session

TASKS = """
import kit

@kit.container_task(image="acme/a:1", ship="inline", requests=kit.Resources(cpu="1"))
def double(tt, n: int, k: int = 2) -> int:
    '''Multiply n.'''
    print("\\x1b[31mmultiplying")
    return n * k

@kit.container_task(image="acme/a:1", ship="inline")
def none(tt) -> None:
    return None

@kit.container_task(image="acme/a:1", ship="inline")
def broken(tt) -> int:
    raise ValueError("no luck")

class Odd(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        raise RuntimeError("no table")

odd = Odd(name="odd", task_config=None, container_image="a/b:1",
          interface=kit.Interface(), executor_type=double.executor_type)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder with a module of tasks, without an engine or a cluster."""
    (tmp_path / "tasks_to_climb.py").write_text(TASKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FLYTECTL_CONFIG", "UCTL_CONFIG", "FLYTE_PLATFORM_URL"):
        monkeypatch.delenv(name, raising=False)
    session.clear()
    yield tmp_path
    sys.modules.pop("tasks_to_climb", None)


def test_a_ready_task_ends_with_0(capsys):
    """Every rung is shown, and what this machine lacks is named."""
    assert main(["ready", "tasks_to_climb.py:double", "--n", "3"]) == 0
    out = capsys.readouterr().out
    assert "READY" in out
    assert "✓ Run passed" in out
    assert "⊘ Container not available: no container engine answers" in out
    assert "multiplying" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_rung_that_was_not_tried_ends_with_1(capsys):
    """Inputs are missing, which is not ready; the command that goes on is named."""
    assert main(["ready", "tasks_to_climb.py:double"]) == 1
    out = capsys.readouterr().out
    assert "○ Run not tried: give inputs: n" in out
    assert "kit run tasks_to_climb.py:double …" in out


def test_a_run_that_fails_ends_with_1(capsys):
    """With its error."""
    assert main(["ready", "tasks_to_climb.py:broken", "--until", "run"]) == 1
    assert "no luck" in capsys.readouterr().out


def test_it_stops_where_it_is_told_to(capsys):
    """Rungs above are not asked for."""
    assert main(["ready", "tasks_to_climb.py:broken", "--until", "proof"]) == 0
    assert "Ready, up to Proof." in capsys.readouterr().out


def test_json_has_the_evidence(capsys):
    """It is on standard output, and nothing else is."""
    words = ["tasks_to_climb.py:double", "--n", "3", "--until", "run"]
    assert main(["ready", *words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [rung["state"] for rung in document["rungs"]][:3] == ["passed"] * 3
    assert document["rungs"][2]["evidence"]["inputs"] == {"k": "2", "n": "3"}
    assert len(document["digest"]) == 64


def test_the_evidence_is_written_to_a_file(folder, capsys):
    """Whole or not at all; nothing is printed."""
    words = ["tasks_to_climb.py:none", "--until", "proof", "-o", "evidence.json"]
    assert main(["ready", *words]) == 0
    assert json.loads((folder / "evidence.json").read_text())["ok"] is True
    assert capsys.readouterr().out == ""
    (folder / "file").write_text("")
    assert main(["ready", *words[:-1], "file/evidence.json"]) == 1


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["double", "--n", "three"], 2, "--n"),
        (["double", "--until", "proofs"], 2, "proofs"),
        (["double", "--format", "pb"], 2, "not a protobuf message"),
        (["doble"], 3, "double"),
        (["odd"], 1, "no table"),
    ],
    ids=["a value", "a rung", "a format", "a name", "a template"],
)
def test_what_is_wrong_is_told(words, status, told, capsys):
    """With the exit status that its help lists."""
    name, *rest = words
    assert main(["ready", f"tasks_to_climb.py:{name}", *rest]) == status
    captured = capsys.readouterr()
    assert told in captured.out + captured.err
    assert "Traceback" not in captured.err


def test_its_help_fits_80_columns(capsys):
    """And lists the rungs."""
    assert main(["ready", "--help"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "[check|proof|run|image|container|flyte]" in out


def test_a_terminal_shows_the_climb_and_wipes_it_away(folder):
    """Only the answer stays on standard output."""
    script = "script" if Path("/usr/bin/script").exists() else None
    if script is None:
        pytest.skip("there is no script(1) to make a terminal")
    command = f"{sys.executable} -m kit ready tasks_to_climb.py:none --until run"
    done = subprocess.run(
        [script, "-qec", command, "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0
    assert "Proof  " in done.stdout
    assert "Ready, up to Run." in done.stdout
