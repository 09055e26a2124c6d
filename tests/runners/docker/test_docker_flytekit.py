"""The real flytekit, as it would run in a pod: its own command in its own image."""

from __future__ import annotations

from pathlib import Path

import flytekit
import pytest
from container_tasks import LabTask

from kit.definition.interface import Interface
from kit.runners.docker import DockerRunner
from kit.running.run import Run
from kit.running.start import run

pytestmark = [pytest.mark.docker, pytest.mark.flytekit]

INTERFACE = Interface({"name": str}, {"text": str})


def greet(name: str, image: str, monkeypatch) -> Run:
    """Run the greeter in the image, by pyflyte-execute."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from flytekit_executor import Greeter

    task = LabTask(
        "lab.greeter", None, image, Greeter, interface=INTERFACE, runtime="flytekit"
    )
    return run(task, name=name, runner=DockerRunner())


def test_pyflyte_execute_runs_a_template_of_kit(with_flytekit, monkeypatch):
    """An image with flytekit and without kit runs what kit made."""
    done = greet("Ada", with_flytekit, monkeypatch)
    done.raise_for_error()
    greeting = f"hello Ada from flytekit {flytekit.__version__}"
    assert done.outputs == {"text": greeting}
    assert " pyflyte-execute --inputs " in done.command


def test_its_error_document_is_read(with_flytekit, monkeypatch):
    """The task fails with what flytekit says, traceback included."""
    failed = greet("nobody", with_flytekit, monkeypatch)
    assert "nobody to greet" in failed.error.message
    assert 'raise ValueError("nobody to greet")' in failed.error.traceback
