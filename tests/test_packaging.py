"""The project's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import kit

tomllib = pytest.importorskip("tomllib", reason="in the standard library from 3.11 on")

ROOT = Path(__file__).parents[1]
USERS_EXTRAS = (
    "cli",
    "notebook",
    "pandas",
    "numpy",
    "pydantic",
    "deck",
)


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _pins(requirements: list[str]) -> dict[str, str]:
    found = {}
    for requirement in requirements:
        name, pin = re.fullmatch(r"([\w-]+)(?:\[[\w,-]+\])?(.*)", requirement).groups()
        found[name] = pin
    return found


CONDA_NAMES = {"docstring_parser": "docstring-parser", "msgpack-python": "msgpack"}
"""Packages that conda-forge has under another name."""

READ_BY_PIP = """
import sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
for found in parse_requirements(sys.argv[1], PipSession()):
    print(found.is_editable, found.requirement)
"""


def _environment() -> tuple[list[str], list[str]]:
    """Return what conda and what pip installs."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, by_pip = environment["dependencies"]
    return conda, by_pip["pip"]


def test_conda_environment_has_the_pins_of_pyproject() -> None:
    """Whoever installs by conda gets the versions that pip would take."""
    project = _project()
    wanted = _pins(project["dependencies"])
    for extra in USERS_EXTRAS:
        wanted |= _pins(project["optional-dependencies"][extra])

    conda, (*pip, _itself) = _environment()
    given = {CONDA_NAMES.get(name, name): pin for name, pin in _pins(conda).items()}
    given |= _pins(pip)

    assert given.pop("python") == project["requires-python"]
    assert given.pop("pip") == ""
    assert given == wanted


def test_pip_reads_the_list_of_the_conda_environment(tmp_path: Path) -> None:
    """Conda writes it to a requirements file, in which pip refuses most options."""
    _, pip = _environment()
    (tmp_path / "requirements.txt").write_text("\n".join(pip))
    done = subprocess.run(
        [sys.executable, "-c", READ_BY_PIP, str(tmp_path / "requirements.txt")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["False flyteidl>=1.16,<2", "True ."]


def test_changelog_names_the_version() -> None:
    """A version without a changelog entry is not finished."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{kit.__version__}]" in changelog


def test_every_dependency_has_its_reason() -> None:
    """CONTRIBUTING says of each dependency why it is there."""
    reasons = (ROOT / "CONTRIBUTING.md").read_text()
    project = _project()
    everything = _pins(project["dependencies"])
    for requirements in project["optional-dependencies"].values():
        everything |= _pins(requirements)
    del everything[project["name"]]
    missing = [name for name in everything if f"`{name}`" not in reasons]
    assert missing == []


def test_both_commands_exist() -> None:
    """`kit` and `kit-execute` are the project's two console scripts."""
    assert _project()["scripts"] == {
        "kit": "kit.cli:main",
        "kit-execute": "kit.entrypoint:main",
    }
