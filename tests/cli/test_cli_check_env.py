"""``kit check-env``: what is installed, and what is in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli import main
from kit.cli.commands.check_env import Check, _docker, _requirements, _version


def test_what_is_needed_is_read_from_the_metadata(monkeypatch):
    """Required packages, and those that each extra brings besides other extras."""
    assert {"flyteidl", "protobuf", "pyyaml"} <= set(_requirements()[""])
    lines = [
        "flyteidl<2,>=1.16",
        "docstring-parser>=0.16",
        "click>=8.1; extra == 'cli'",
        "ipykernel!=7.0.*,>=6.29; extra == 'notebook'",
        'rich>=13.9; extra == "notebook"',
        "flyte-task-kit[cli,notebook]; extra == 'dev'",
        "moto[s3]>=5.1; extra == 'dev'",
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: lines)
    assert _requirements() == {
        "": ["flyteidl", "docstring-parser"],
        "cli": ["click"],
        "notebook": ["ipykernel", "rich"],
        "dev": ["moto"],
    }


def test_another_project_named_kit_is_reported(tmp_path: Path):
    """PyPI has some: whichever was installed last wins."""
    other = tmp_path / "cased_kit-3.5.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Name: cased-kit\nVersion: 3.5.1\n")
    (other / "top_level.txt").write_text("kit\n")
    done = subprocess.run(
        [sys.executable, "-m", "kit", "check-env"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "INCOMPLETE" in done.stdout
    assert "also installs a package kit: pip uninstall cased-kit" in done.stdout


def test_check_env_is_complete_here(capsys):
    """What kit cannot do without is there, or no test would run."""
    assert main(["check-env"]) == 0
    out = capsys.readouterr().out
    assert "check environment  COMPLETE" in out
    assert "protobuf" in out
    assert "extra cli" in out


def test_check_env_fails_without_what_is_required(capsys, monkeypatch):
    """A missing dependency is named with its command, and the status is 1."""
    monkeypatch.setattr(
        "kit.cli.commands.check_env._version",
        lambda name: None if name in ("msgpack", "pandas") else _version(name),
    )
    assert main(["check-env"]) == 1
    out = capsys.readouterr().out
    assert "INCOMPLETE" in out
    assert "pip install msgpack" in out
    assert "pip install 'flyte-task-kit[pandas]'" in out


@pytest.mark.parametrize(
    ("script", "state", "found"),
    [
        ("echo 28.2.2", "ok", "version 28.2.2"),
        ("echo 'no daemon' >&2; exit 1", "optional", "no daemon"),
        ("exit 1", "optional", "it does not answer"),
    ],
)
def test_docker_is_asked_through_its_client(
    script, state, found, tmp_path: Path, monkeypatch
):
    """An engine that answers is told by its version, another by the client's words."""
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("docker") == str(docker)
    assert _docker() == Check("Docker engine", found, state)


def test_without_docker(tmp_path: Path, monkeypatch):
    """No client is no engine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _docker().state == "optional"
