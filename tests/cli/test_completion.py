"""Words completed by real shells, without running what they name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli import main
from kit.cli.completion import inputs_in, tasks_in

TASKS = """
import kit
raise SystemExit("completing a word must not run this")

@kit.container_task(image="i:1")
def load(tt, limit: int, *, min_rows: int = 3) -> int: ...

@container_task
def loud(tt) -> int: ...

made = kit.PythonCustomizedContainerTask("n", None, "i:1", Executor)
wrapped = kit.container_task(image="i:1")(function)

def helper(tt, n: int): ...
other = helper()
"""
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "TERM": "dumb",
}
SHELLS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
SETUPS = {
    "bash": "bind 'set enable-bracketed-paste off'; eval \"$(kit completion bash)\"",
    "zsh": 'autoload -U compinit; compinit -D; eval "$(kit completion zsh)"',
    "fish": "kit completion fish | source",
}
ERASE = "\x15"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Go into a folder with tasks in a file and in a package, and other files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "plain.py").write_text("x = 1")
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "v1.pb").touch()
    (tmp_path / "v1.tgz").touch()
    (tmp_path / "v1.txt").touch()
    (tmp_path / "package" / "inner").mkdir(parents=True)
    (tmp_path / "package" / "etl.py").write_text(TASKS)
    (tmp_path / "package" / "inner" / "__init__.py").write_text(TASKS)
    return tmp_path


def completed(*words: str) -> list[str]:
    """Let kit complete the last word, as a shell's script asks it to."""
    asked = {
        "_KIT_COMPLETE": "bash_complete",
        "COMP_WORDS": "\n".join(("kit", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "kit"],
        capture_output=True,
        text=True,
        check=True,
        env={**ENVIRONMENT, **asked},
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.split()]


def test_tasks_are_read_and_not_run(folder: Path):
    """What the decorator and the classes make; no other name."""
    assert tasks_in(folder / "tasks.py") == ["load", "loud", "made", "wrapped"]
    assert tasks_in(folder / "plain.py") == []
    assert tasks_in(folder / "broken.py") == []
    assert tasks_in(folder / "none.py") == []


def test_inputs_are_read_and_not_run(folder: Path):
    """The function's parameters behind the template; nothing of what is no task."""
    assert inputs_in(folder / "tasks.py", "load") == ["limit", "min_rows"]
    assert inputs_in(folder / "tasks.py", "helper") == []
    assert inputs_in(folder / "tasks.py", "made") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ch"], ["check", "check-env"]),
        (["show", "--deta"], ["--details"]),
        (["check", "--format", "y"], ["yaml"]),
        (["show", "tasks.py:lo"], ["tasks.py:load", "tasks.py:loud"]),
        (["show", "tasks:lou"], ["tasks:loud"]),
        (["show", "package.etl:m"], ["package.etl:made"]),
        (["export", "package.inner:m"], ["package.inner:made"]),
        (["run", "tasks.py:m"], ["tasks.py:made"]),
        (["run", "tasks.py:load", "--mi"], ["--min-rows"]),
        (["run", "tasks.py:load", "--limit", "3", "--ru"], ["--runner"]),
        (["prove", "tasks.py:made", "--li"], []),
        (["run", "none.py:made", "--ru"], ["--runner"]),
        (["prove", "pack"], ["package/"]),
        (["check", "package/etl.py:w"], ["package/etl.py:wrapped"]),
        (["diff", "tasks.py:made", "tasks.py:loa"], ["tasks.py:load"]),
        (["check", "v"], ["v1.pb", "v1.tgz"]),
        (["diff", "v"], ["v1.pb", "v1.tgz"]),
        (["show", "v"], ["v1.pb", "v1.tgz"]),
        (["show", "pl"], []),
    ],
)
@pytest.mark.usefixtures("folder")
def test_kit_completes(words, expected):
    """Commands, options, their values, files, tasks and their inputs."""
    assert completed(*words) == expected


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.usefixtures("folder")
def test_a_shell_completes(shell):
    """With the Tab key, also words that bash splits at a colon, and names of files."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    pexpect = pytest.importorskip("pexpect")
    typed = pexpect.spawn(
        shell, SHELLS[shell], env=ENVIRONMENT, encoding="utf-8", timeout=30
    )
    try:
        typed.sendline(SETUPS[shell])
        typed.sendline("echo do''ne")  # which no shell echoes as it is typed
        typed.expect_exact("done")
        for start, whole in (
            ("kit show tasks.py:loa", "tasks.py:load "),
            ("kit show package.etl:m", "package.etl:made "),
            ("kit check --format ya", "--format yaml "),
            ("kit check -o v1.p", "-o v1.pb "),
        ):
            typed.send(f"{start}\t")
            typed.expect_exact(whole)
            typed.send(ERASE)
    finally:
        typed.close(force=True)


def test_bash_takes_the_script():
    """Which changes nothing but what follows the word kit."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    before = "before=$COMP_WORDBREAKS"
    after = 'complete -p kit; [[ $before == "$COMP_WORDBREAKS" ]] && echo same'
    done = subprocess.run(
        [bash, "--norc", "-ec", f'{before}; eval "$(kit completion bash)"; {after}'],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    assert done.stdout.split("\n")[:2] == [
        "complete -o nosort -F _kit_completion kit",
        "same",
    ]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell, capsys):
    """Which asks kit for words by the variable that click reads."""
    assert main(["completion", shell]) == 0
    assert f"_KIT_COMPLETE={shell}_complete" in capsys.readouterr().out
