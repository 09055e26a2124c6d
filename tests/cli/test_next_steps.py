"""What commands print under "Next" works as it is printed."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kit.display.console import plain_text
from kit.display.of_reports import summarize_image
from kit.images.image import BuiltImage

SOURCE = """
import kit

RATE = 2

@kit.container_task(image="acme/lab:1")
def twice(tt, n: int = 1) -> int:
    return RATE * n
"""
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Work in a folder with a task."""
    (tmp_path / "next_lab.py").write_text(SOURCE)
    return tmp_path


def sh(lab: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Type a command in the folder."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=lab,
        env={
            **os.environ,
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def next_steps(lab: Path, command: str) -> dict[str, str]:
    """Run a command and return the steps that it prints, by their names."""
    done = sh(lab, command)
    assert done.returncode == 0, done.stderr
    return steps_in(done.stdout)


def steps_in(text: str) -> dict[str, str]:
    """Return the lines under "Next"."""
    _, _, steps = text.partition("\nNext\n")
    return dict(re.findall(r"^  (\w+) +(\S.*?) *$", steps, re.MULTILINE))


@pytest.mark.parametrize("path", ["acme_next", "a b/acme/"])
def test_a_package_is_installed_tested_and_run(path: str, lab: Path):
    """By pip from its folder, never by a name that an index may have."""
    steps = next_steps(lab, f"kit export next_lab.py:twice '{path}'")
    assert list(steps) == ["install", "test", "run"]
    done = sh(lab, f"{steps['install']} --dry-run --no-deps")
    assert done.returncode == 0, done.stderr
    assert re.search(r"Would install acme\S*-0", done.stdout)
    assert "Processing ./" in done.stdout
    installed = f"PYTHONPATH={shlex.quote(str(lab / path))}"
    done = sh(lab, f"{installed} {steps['test']}")
    assert done.returncode == 0, done.stdout
    done = sh(lab, f"{installed} {steps['run']}")
    assert done.returncode == 0, done.stderr
    assert "--n INTEGER" in done.stdout


def test_a_module_is_run(lab: Path):
    """By its path."""
    steps = next_steps(lab, "kit export next_lab.py:twice 'a b/acme_next.py'")
    assert list(steps) == ["run"]
    done = sh(lab, steps["run"])
    assert done.returncode == 0, done.stderr
    assert "--n INTEGER" in done.stdout


@pytest.mark.parametrize(
    ("flags", "place"),
    [
        ("", ("flytesnacks", "development", "v1")),
        ("--project lab --domain staging --version 'v 7'", ("lab", "staging", "v 7")),
    ],
)
def test_an_archive_is_registered(flags: str, place: tuple[str, ...], lab: Path):
    """With all that flytectl requires: project and domain, and a version."""
    steps = next_steps(lab, f"kit export next_lab.py:twice 'my tasks.tgz' {flags}")
    assert list(steps) == ["register"]
    words = shlex.split(steps["register"])
    assert words[:3] == ["flytectl", "register", "files"]
    flytectl = argparse.ArgumentParser(exit_on_error=False)  # its documented usage
    flytectl.add_argument("files", nargs="+")
    flytectl.add_argument("-p", "--project", required=True)
    flytectl.add_argument("-d", "--domain", required=True)
    flytectl.add_argument("--version")
    flytectl.add_argument("--archive", action="store_true")
    given = flytectl.parse_args(words[3:])
    assert given.archive
    assert (lab / given.files[0]).is_file()
    assert (given.project, given.domain, given.version) == place


def test_an_image_is_run_and_pushed(lab: Path):
    """The task is named as on the command line; the image as the engine takes it."""
    image = BuiltImage(
        task="next_lab.twice",
        tag="acme/lab:1",
        id="sha256:0",
        size=1,
        base="python:3.12-slim",
        python="3.12",
        containerfile="",
        packages=(),
        modules=(),
        is_the_tasks=True,
    )
    text = plain_text(summarize_image(image, target="next_lab.py:twice"))
    steps = steps_in(f"{text}\n")
    done = sh(lab, steps["run"])
    assert done.returncode == 0, done.stderr
    assert "--n INTEGER" in done.stdout
    assert steps["push"] == "docker push acme/lab:1"


def test_the_demo_says_how_to_go_on(tmp_path: Path):
    """The script installs into an environment that the reader does not know."""
    script = Path(__file__).parents[2] / "scripts" / "demo"
    project = tmp_path / "project"
    for name, text in (("scripts/setup", ""), ("venv/bin/kit", "echo demo")):
        path = project / name
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    (project / "scripts" / "demo").write_text(script.read_text())
    done = subprocess.run(
        ["/bin/sh", project / "scripts" / "demo"],
        env={**os.environ, "KIT_VENV": str(project / "venv")},
        capture_output=True,
        text=True,
        check=True,
    )
    (project / "venv" / "bin" / "activate").write_text(
        f'PATH="{project}/venv/bin:$PATH"\n'
    )
    steps = done.stdout.partition("Next\n")[2]
    assert sh(tmp_path, f"set -e\n{steps}").stdout == "demo\n"
