"""``kit export``: tasks to files, from a terminal."""

from __future__ import annotations

import json
import sys

import pytest

from kit.cli.app import run_app

SOURCE = '''
import kit

RATE = 2

@kit.container_task(image="acme/lab:1")
def twice(tt, n: int) -> int:
    """Twice \x1b[2J as much."""
    return RATE * n

@kit.container_task(image="acme/lab:1")
def thrice(tt, n: int) -> int:
    return (RATE + 1) * n
'''


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Make a file with tasks, and work in its folder."""
    (tmp_path / "export_lab.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    for name in ("export_lab", "acme"):  # of another test's folder
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_tasks_are_exported_and_what_was_written_is_said(lab, capsys):
    """The last argument is the path; the lines fit a terminal."""
    targets = [f"export_lab.py:{name}" for name in ("twice", "thrice")]
    assert run_app(["export", *targets, "acme_lab/"]) == 0
    said = capsys.readouterr().out
    assert "acme_lab.tasks:twice" in said
    assert "pip install './acme_lab[test]'" in said
    assert "not run here before" in said
    assert max(map(len, said.splitlines())) <= 80
    assert (lab / "acme_lab/acme_lab/executors.py").is_file()


def test_the_result_as_json(lab, capsys):
    """It has all that an Export has."""
    command = ["export", "export_lab.py:twice", "acme.py", "--format", "json"]
    assert run_app(command) == 0
    assert json.loads(capsys.readouterr().out)["tasks"] == ["acme:twice"]
    assert run_app(["run", "acme.py:twice", "--n", "4", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == {"o0": 8}


def test_what_is_there_is_replaced_only_when_told(lab, capsys):
    """The status is that of a wrong definition, and the option is named."""
    command = ["export", "export_lab.py:twice", "acme.tgz", "--version", "v1"]
    assert run_app(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "flytectl register files acme.tgz --archive -p flytesnacks" in said
    assert "-d development --version v1" in said
    assert run_app(command) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert run_app([*command, "--overwrite"]) == 0


def test_settings_for_a_package_are_a_wrong_command_line(lab, capsys):
    """They would be passed over."""
    assert run_app(["export", "export_lab.py:twice", "x", "--version", "v1"]) == 2
    assert "settings are for archives" in capsys.readouterr().err
    assert run_app(["export", "x"]) == 2
