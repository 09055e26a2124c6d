"""Words completed by a real shell, without running what they name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli import main
from kit.cli.task_names import tasks_in

TASKS = """
import kit
raise SystemExit("completing a word must not run this")

@kit.container_task(image="i:1")
def load(tt) -> int: ...

@container_task
def loud(tt) -> int: ...

made = kit.PythonCustomizedContainerTask("n", None, "i:1", Executor)
wrapped = kit.container_task(image="i:1")(function)

def helper(): ...
other = helper()
"""
ASK = """
eval "$({kit} completion bash)"
COMP_WORDS=({words}); COMP_CWORD={last}
_kit_completion {kit}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Go into a folder with tasks in a file and in a folder below."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "plain.py").write_text("x = 1")
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "etl.py").write_text(TASKS)
    return tmp_path


def completed(*words: str) -> list[str]:
    """Let bash complete the last word."""
    kit = str(Path(sys.executable).with_name("kit"))
    line = " ".join(f"'{word}'" for word in ("kit", *words))
    script = ASK.format(kit=kit, words=line, last=len(words))
    done = subprocess.run(
        [str(shutil.which("bash")), "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    return done.stdout.split()


def test_tasks_are_read_and_not_run(folder: Path):
    """What the decorator and the classes make; no other name."""
    assert tasks_in(folder / "tasks.py") == ["load", "loud", "made", "wrapped"]
    assert tasks_in(folder / "plain.py") == []
    assert tasks_in(folder / "broken.py") == []
    assert tasks_in(folder / "none.py") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ch"], ["check", "check-env"]),
        (["show", "--deta"], ["--details"]),
        (["check", "--format", "y"], ["yaml"]),
        (["show", "tasks.py:lo"], ["tasks.py:load", "tasks.py:loud"]),
        (["run", "tasks.py:m"], ["tasks.py:made"]),
        (["prove", "pack"], ["package/"]),
        (["check", "package/etl.py:w"], ["package/etl.py:wrapped"]),
        (["diff", "tasks.py:made", "tasks.py:loa"], ["tasks.py:load"]),
        (["show", "pl"], []),
    ],
)
def test_bash_completes(folder, words, expected):
    """Commands, options, their values, files and tasks."""
    assert completed(*words) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell, capsys):
    """Which asks kit for words by the variable that click reads."""
    assert main(["completion", shell]) == 0
    assert f"_KIT_COMPLETE={shell}_complete" in capsys.readouterr().out
