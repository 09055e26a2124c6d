"""The project's own files agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import kit

tomllib = pytest.importorskip("tomllib", reason="in the standard library from 3.11 on")

ROOT = Path(__file__).parents[1]
USERS_EXTRAS = (
    "cli",
    "cache",
    "demo",
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


def test_conda_environment_has_the_pins_of_pyproject() -> None:
    """Whoever installs by conda gets the versions that pip would take."""
    project = _project()
    wanted = _pins(project["dependencies"])
    for extra in USERS_EXTRAS:
        wanted |= _pins(project["optional-dependencies"][extra])
    del wanted[project["name"]]

    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, by_pip = environment["dependencies"]
    *pip, itself = by_pip["pip"]
    given = _pins(conda) | _pins(pip)

    assert itself == "--no-deps --editable ."
    assert given.pop("python") == project["requires-python"]
    assert given.pop("pip") == ""
    assert given == wanted


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
