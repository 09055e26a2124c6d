"""Another distribution's package ``kit`` in an image is named."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kit.images.containers import _OWNERS
from kit.runners.docker.diagnosis import Diagnosis, other_kit
from kit.runners.judge import PhaseInfo
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Failure, Phase


def distribution(folder: Path, name: str, *files: str) -> None:
    """Install a distribution as pip records it."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    for file in files:
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_the_owners_of_the_package_are_found_by_their_files(tmp_path: Path):
    """In any Python's own way, so that an old image answers too."""
    distribution(tmp_path, "flyte-task-kit", "kit/__init__.py", "kit/shim.py")
    distribution(tmp_path, "cased-kit", "kit/__init__.py")
    distribution(tmp_path, "toolkit", "toolkit/__init__.py", "kit.txt")
    command = [sys.executable, "-S", "-c", _OWNERS]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert sorted(done.stdout.split()) == ["cased-kit", "flyte-task-kit"]
    text = other_kit("", done.stdout.split())
    assert "also installed by cased-kit: pip uninstall cased-kit, then" in text


@pytest.mark.parametrize(
    "line",
    [
        "ModuleNotFoundError: No module named 'kit.entrypoint'",
        "ImportError: cannot import name 'main' from 'kit' (/usr/lib/kit/__init__.py)",
        '  File "/usr/lib/python3/site-packages/kit/__init__.py", line 3',
    ],
)
def test_a_container_that_loads_another_kit_says_so(line: str):
    """Whatever is wrong with that one: it has no module, no name, or old syntax."""
    crashed = PhaseInfo(Phase.FAILED, error=Failure("ExitStatus", "it ended with 1"))
    log = Log()
    log.append(LogLine("stderr", line))
    made = Diagnosis(None, SimpleNamespace(name="acme/a:1"), None, (), None)
    state = SimpleNamespace(status=1, out_of_memory=False)
    error = made.ended(crashed, state, log).error
    assert error.type == "NotStarted"
    assert (
        "the image 'acme/a:1' cannot load kit. Its package 'kit' is not"
        in error.message
    )
    assert "--force-reinstall flyte-task-kit" in error.message


def test_an_executors_error_that_shows_another_kit_says_so():
    """As an error document of flytekit's runtime has it."""
    failure = Failure(
        "ModuleNotFoundError", "No module named 'kit.inline'", code="USER:X"
    )
    made = Diagnosis(None, SimpleNamespace(name="acme/a:1"), None, (), None)
    info = PhaseInfo(Phase.FAILED, error=failure)
    assert "pip uninstall kit cased-kit" in made.ended(info, None, Log()).error.message
    other = dataclasses.replace(failure, message="No module named 'kitchen'")
    info = PhaseInfo(Phase.FAILED, error=other)
    assert (
        "install the package 'kitchen'" in made.ended(info, None, Log()).error.message
    )
