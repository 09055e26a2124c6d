"""A command is one file in ``kit/cli/commands``."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit
from kit.cli import commands

SOURCE = Path(kit.__file__).parent
COMMANDS = sorted(Path(commands.__file__).parent.glob("[a-z]*.py"))
RECIPE = '''"""``kit good-bye``: say good-bye to somebody."""

import click


@click.command("good-bye")
@click.argument("name")
def command(name: str) -> None:
    """Say good-bye to NAME."""
    click.echo(f"Good-bye, {name}.")
'''


def test_a_command_is_added_by_one_file(tmp_path: Path):
    """It is listed with the first line of its docstring, found, and suggested."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE, tmp_path / "kit", ignore=ignored)
    (tmp_path / "kit" / "cli" / "commands" / "good_bye.py").write_text(RECIPE)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kit", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "good-bye    Say good-bye to somebody.\n" in run("--help").stdout
    assert run("good-bye", "penguin").stdout == "Good-bye, penguin.\n"
    assert "Did you mean 'good-bye'?" in run("goodbye").stderr


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_the_docstring_of_a_command_is_its_line_in_the_list(path: Path):
    """It names the command, and says what it does in one sentence."""
    name = path.stem.replace("_", "-")
    first = ast.get_docstring(ast.parse(path.read_text())).partition("\n")[0]
    assert first.startswith(f"``kit {name}``: ")
    assert first.endswith(".")
