"""What the engine gets."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from kit.images.base import this_python
from kit.images.engine import Layer, containerfile_text, context_archive


@pytest.fixture
def layer(tmp_path):
    """A module, a program and a hidden file."""
    folder = tmp_path / "lab"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / ".hidden").write_text("x")
    (folder / "__init__.py").write_text("value = 42\n")
    (folder / "broken.py").write_text("{% template %}")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    layer = Layer(texts={"bin/lab": b"#!/python"})
    layer.add_tree("site/lab", folder)
    return layer


def archived(layer, tag=None):
    """Return the members of the tar file by their names, and all its bytes."""
    with context_archive("FROM x\n", {"task": layer}, tag) as file:
        data = file.read()
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            return {member.name: member for member in tar}, data


def test_all_is_roots_and_readable(layer):
    """Programs can be executed by everyone."""
    members, _ = archived(layer)
    modes = {name: oct(member.mode) for name, member in members.items()}
    assert modes == {
        "Containerfile": "0o644",
        **dict.fromkeys(("task", "task/bin", "task/site", "task/site/lab"), "0o755"),
        "task/bin/lab": "0o755",
        "task/site/lab/__init__.py": "0o644",
        "task/site/lab/broken.py": "0o644",
        "task/site/lab/run.sh": "0o755",
    }
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_the_same_files_are_the_same_bytes(layer):
    """Whenever they were written, so that engines find them in their cache."""
    before = archived(layer, this_python().tag)
    for path in layer.files.values():
        os.utime(path, (1, 1))
    assert archived(layer, this_python().tag)[1] == before[1]


def test_compiled_files_are_taken_as_they_are(layer, tmp_path):
    """By this very Python, without a look at the source's time."""
    tag = this_python().tag
    compiled = f"task/site/lab/__pycache__/__init__.{tag}.pyc"
    context = context_archive("", {"task": layer}, tag)
    with context, tarfile.open(fileobj=context) as tar:
        names = tar.getnames()
        data = tar.extractfile(compiled).read()
    assert [name for name in names if name.endswith(".pyc")] == [compiled]
    (tmp_path / "lab/__init__.py").write_text("value = 0")
    (tmp_path / f"lab/__pycache__/__init__.{tag}.pyc").write_bytes(data)
    code = "import lab; print(lab.value)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "42\n"


def test_what_python_left_beside_a_source_is_used_if_it_is_of_it(layer):
    """It saves the time to compile it, and gives the same."""
    fresh = archived(layer, this_python().tag)[1]
    path = next(path for path in layer.files.values() if path.name == "__init__.py")
    subprocess.run([sys.executable, "-m", "compileall", "-q", path], check=True)
    left = Path(importlib.util.cache_from_source(str(path)))
    assert archived(layer, this_python().tag)[1] == fresh
    left.write_bytes(left.read_bytes()[:16] + b"of this source")
    assert b"of this source" in archived(layer, this_python().tag)[1]
    os.utime(path, (1, 1))
    assert archived(layer, this_python().tag)[1] == fresh


def test_the_containerfile_runs_nothing():
    """Any builder can carry it out, without a network or a shell in the base."""
    text = containerfile_text("a.b", "base:1", ["packages", "kit"], "1000:1000")
    assert [line.split()[0] for line in text.splitlines() if line[0] != "#"] == [
        *("FROM", "LABEL", "ENV", "ENV", "COPY", "COPY", "LABEL", "USER"),
    ]
    assert text == containerfile_text("a.b", "base:1", ["packages", "kit"], "1000:1000")


def test_a_tasks_name_is_only_a_name():
    """Whatever is in it, it adds no line and no variable."""
    name = 'a"\nRUN evil\n$PATH\\'
    text = containerfile_text(name, "base:1", [], None)
    assert "\nRUN" not in text
    assert r'LABEL kit.task="a\"RUN evil\$PATH\\"' in text
