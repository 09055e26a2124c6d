"""``kit image`` and the container's flags of ``kit run``, as far as no engine goes."""

from __future__ import annotations

import sys

import pytest

from kit.cli import main
from kit.cli.app import run_app

SOURCE = '''
import kit

@kit.container_task(image="acme/lab:1", ship="inline")
def twice(tt, n: int, platform: str = "x") -> int:
    """Twice as much."""
    return 2 * n
'''


@pytest.fixture(autouse=True)
def lab(tmp_path, monkeypatch):
    """Make a file with a task, and let no engine answer."""
    (tmp_path / "image_lab.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    monkeypatch.delitem(sys.modules, "image_lab", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_containerfile_needs_no_engine(lab, capsys):
    """It goes to a terminal, or to a file."""
    words = ["image", "image_lab.py:twice", "--containerfile-only", "--base", "acme/b"]
    assert run_app([*words, "--user", "1000"]) == 0
    out = capsys.readouterr().out
    assert "\nFROM acme/b\n" in out
    assert out.endswith('LABEL kit.task="image_lab.twice"\nUSER 1000\n')
    assert run_app([*words, "-o", "Containerfile"]) == 0
    assert (lab / "Containerfile").read_text() == out.replace("USER 1000\n", "")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["image_lab.py:twice"], 1, "No container engine answers"),
        (["image_lab.py:twice", "-t", "a:b:c"], 3, "'a:b:c' is not a reference"),
        (["image_lab.py:twice", "--user", "a b"], 2, "user must be a name or number"),
        (["image_lab.py:twice", "--package", "a b"], 2, "neither a requirement"),
        (["image_lab.py:twice", "--format", "pb"], 2, "An image is not a protobuf"),
        (["image_lab.py:thrice"], 3, "image_lab has no 'thrice'"),
    ],
)
def test_what_goes_wrong_is_said(words, status, message, capsys):
    """In words, with the status of its kind."""
    assert run_app(["image", *words]) == status
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (["--network", "host"], 2, "Only containers take --network, and --runner is s"),
        (["--runner", "in-process", "--pull", "always"], 2, "take --pull, and"),
        (["--runner", "docker", "--network", ""], 2, "network must be 'none'"),
        (["--runner", "docker", "--pull", "soon"], 2, "'soon' is not one of"),
        (["--runner", "docker", "--network", "none"], 1, "No container engine answers"),
    ],
)
def test_the_flags_of_a_container_are_for_containers(flags, status, message, capsys):
    """Before and after the task."""
    before = [*flags, "image_lab.py:twice", "--n", "1", "--input-platform", "y"]
    assert main(["run", *before]) == status
    assert message in capsys.readouterr().err
    behind = ["run", "image_lab.py:twice", "--n", "1", "--input-platform", "y", *flags]
    assert main(behind) == status
    assert message in capsys.readouterr().err


def test_an_input_with_the_name_of_an_option_has_another_flag(capsys):
    """It runs without a container."""
    words = ["run", "image_lab.py:twice", "--runner", "in-process", "--n", "2"]
    assert main([*words, "--input-platform", "y"]) == 0
    assert "o0  4" in capsys.readouterr().out
