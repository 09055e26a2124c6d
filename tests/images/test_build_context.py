"""What the engine gets."""

from __future__ import annotations

import os
import tarfile

import pytest

from kit.images.containerfile import containerfile_text, context_archive, tree_files


@pytest.fixture
def files(tmp_path):
    """A module, a program and a hidden file."""
    folder = tmp_path / "lab"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__/x.pyc").write_text("x")
    (folder / ".hidden").write_text("x")
    (folder / "__init__.py").write_text("value = 42\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    return {**tree_files("task/lab", folder), "wheels/requirements.txt": b"lab"}


def archived(files):
    """Return the members of the tar file by their names, and all its bytes."""
    with context_archive("FROM x\n", files) as file:
        data = file.read()
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            return {member.name: member for member in tar}, data


def test_all_is_roots_and_readable(files):
    """Programs can be executed by everyone."""
    members, _ = archived(files)
    modes = {name: oct(member.mode) for name, member in members.items()}
    assert modes == {
        "Containerfile": "0o644",
        **dict.fromkeys(("task", "task/lab", "wheels"), "0o755"),
        "task/lab/__init__.py": "0o644",
        "task/lab/run.sh": "0o755",
        "wheels/requirements.txt": "0o644",
    }
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_the_folders_that_are_copied_are_there_when_they_are_empty():
    """An engine refuses to copy what is not in the context."""
    assert set(archived({})[0]) == {"Containerfile", "task", "wheels"}


def test_the_same_files_are_the_same_bytes(files):
    """Whenever they were written, so that engines find them in their cache."""
    before = archived(files)
    os.utime(files["task/lab/__init__.py"], (1, 1))
    assert archived(files)[1] == before[1]


def test_pip_and_nothing_else_runs_in_a_stage_of_its_own():
    """Neither a network, nor a shell or pip in the base is needed."""
    text = containerfile_text("a.b", "base:1", "1000:1000")
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    assert [line.split()[0] for line in lines] == [
        *("FROM", "LABEL", "USER", "WORKDIR", "COPY", "RUN", "RUN"),
        *("FROM", "LABEL", "ENV", "ENV", "COPY", "COPY", "LABEL", "USER"),
    ]
    for line in lines[5:7]:
        assert line.startswith('RUN ["python3", ')
    assert '"--no-index"' in lines[5]
    assert text == containerfile_text("a.b", "base:1", "1000:1000")


def test_a_tasks_name_is_only_a_name():
    """Whatever is in it, it adds no line and no variable."""
    name = 'a"\nRUN evil\n$PATH\\'
    text = containerfile_text(name, "base:1", None)
    assert "\nRUN evil" not in text
    assert r'LABEL kit.task="a\"RUN evil\$PATH\\"' in text
