"""A runner that can be asked for by name is one file and one line of the registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit
from kit.errors import CallError
from kit.runners import RUNNERS, make_runner

ECHO = '''
"""A runner that returns each input as the output."""

from kit.runners.mock import MockRunner


def echo():
    return MockRunner(side_effect=lambda **inputs: {"o0": inputs["a"]})
'''
LINE = '    "echo": NamedRunner(lambda: echo.echo(), "The inputs, returned."),\n'
TASK = """
import kit

@kit.container_task(image="i:1")
def double(tt, a: int) -> int:
    return a * 2
"""


def test_each_has_its_own_name():
    """What is asked for by a name calls itself by that name."""
    assert [make_runner(name).name for name in RUNNERS] == list(RUNNERS)


def test_a_name_that_is_nearly_right_is_suggested():
    """The names are listed, and the nearest one is suggested."""
    with pytest.raises(CallError, match=r"expected .in-process.*Did you mean"):
        make_runner("subproces")


def test_a_further_runner_takes_a_file_and_a_line(tmp_path):
    """Every face then offers it: Python, the command line and its help."""
    package = tmp_path / "kit"
    shutil.copytree(Path(kit.__file__).parent, package)
    (package / "runners" / "echo.py").write_text(ECHO)
    registry = package / "runners" / "__init__.py"
    text = registry.read_text()
    text = text.replace(
        "from kit.runners.log", "from kit.runners import echo\nfrom kit.runners.log", 1
    )
    start = text.index("RUNNERS: dict")
    text = text[:start] + text[start:].replace("{\n", "{\n" + LINE, 1)
    registry.write_text(text)
    (tmp_path / "tasks.py").write_text(TASK)

    def command(*words):
        done = subprocess.run(
            [sys.executable, "-m", "kit", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    assert "o0  5" in command("run", "tasks:double", "--a", "5", "--runner", "echo")
    assert "echo" in command("run", "--help")
    assert "echo" in command("compare", "--help")
