"""To add a rule of check is to write one function: the recipe, in a copy of kit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit

RULE = '''
@warning("XX001", "run")
def image_is_ours(subject: Subject) -> Iterator[Problem]:
    """The image comes from our registry."""
    if not subject.template.container.image.startswith("registry.acme/"):
        message = "The cluster pulls from registry.acme only."
        yield Problem("container.image", message, "Push the image there.")
'''
HEADER = '''"""Rules of our own."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.rule import Problem, Subject, warning
'''
TASKS = """
import kit

@kit.container_task(image="ghcr.io/acme/app:1.0", name="load", ship="inline")
def load(tt, n: int) -> int:
    return n
"""


@pytest.fixture
def copy(tmp_path):
    """Return a folder with a copy of the package."""
    package = Path(kit.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, tmp_path / "kit", ignore=ignored)
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


def check_in(folder):
    """Return what ``kit check`` of the copy finds."""
    command = [sys.executable, "-m", "kit", "check", "tasks:load", "--format", "json"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return {found["rule"]: found for found in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize("module", ["container", "ours"])
def test_a_rule_is_one_function(copy, module):
    """In a module of rules that is there, or in a new one; nothing lists it."""
    assert "XX001" not in check_in(copy)
    path = copy / "kit" / "checks" / "rules" / f"{module}.py"
    text = path.read_text() if path.exists() else HEADER
    path.write_text(f"{text}\n{RULE}")
    assert check_in(copy)["XX001"] == {
        **check_in(copy)["XX001"],
        "severity": "warning",
        "path": "container.image",
        "stage": "run",
        "fix": "Push the image there.",
    }
