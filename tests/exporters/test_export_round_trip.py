"""An export in a fresh virtual environment: installed, tested, run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import kit

ROOT = Path(kit.__file__).parents[1]
HELPERS = """
import kit
from dataclasses import dataclass

RATES = {"a": 1.5, "b": 2.5}

@dataclass
class Row:
    name: str
    rate: float

def rate_of(name):
    return RATES.get(name, 0.0)
"""
FUNCTION = """
@kit.container_task(image="acme/rates:1", custom={"by": 2})
def rates(tt, names: list[str], times: int = 1) -> list[Row]:
    by = tt.custom["by"] * times
    return [Row(name, rate_of(name) * by) for name in names]
"""
CLASSES = """
class Best(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        return max(RATES, key=rate_of) + tt.custom["end"]

class BestTask(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {"end": "!"}

best = BestTask("best", None, "acme/rates:1", Best,
                interface=kit.Interface({}, {"name": str}))
"""
RUN = "rates(names=['a', 'b'], times=2), best()"


def run(*command, **options):
    """Run a command to its end and return what it printed."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Export tasks of a real shell's cells."""
    shell = InteractiveShell.instance()
    shell.reset()
    for text in (HELPERS, FUNCTION, CLASSES, RUN):
        shell.run_cell(text, store_history=True, silent=False).raise_error()
    tasks = [shell.user_ns["rates"], shell.user_ns["best"]]
    folder = tmp_path_factory.mktemp("export") / "acme_rates"
    kit.export(tasks, folder)
    shell.reset()
    InteractiveShell.clear_instance()
    return folder


@pytest.fixture(scope="module")
def binaries(package, tmp_path_factory):
    """Install kit from here and the package into a new environment."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(home, with_pip=True)
    folder = home / ("Scripts" if os.name == "nt" else "bin")
    run(folder / "python", "-m", "pip", "install", "-q", ROOT, f"{package}[test]")
    return folder


@pytest.fixture
def environment(tmp_path):
    """Return variables that let nothing of this environment in."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(tmp_path)}


def test_the_packages_own_tests_pass(binaries, package, environment):
    """Both tasks give what they gave in the notebook."""
    said = run(
        *(binaries / "python", "-m", "pytest", "-q", "-W", "error"),
        *(package, "-p", "no:cacheprovider"),
        cwd=package,
        env=environment,
    )
    assert "2 passed" in said


def test_the_command_runs_the_task(binaries, environment, tmp_path):
    """From any folder: what is installed is enough."""
    target = "acme_rates.tasks:rates"
    said = run(
        *(binaries / "kit", "run", target, "--names", '["b"]', "--format", "json"),
        cwd=tmp_path,
        env=environment,
    )
    result = json.loads(said)
    assert result["phase"] == "SUCCEEDED"
    assert result["outputs"] == {"o0": [{"name": "b", "rate": 5.0}]}


def test_the_container_would_run_the_exported_executor(binaries, environment, tmp_path):
    """The template names it, and has no source in it."""
    command = (binaries / "kit", "show", "acme_rates.tasks:best", "--format", "json")
    template = json.loads(run(*command, cwd=tmp_path, env=environment))
    assert template["container"]["args"][-1] == "acme_rates.executors.Best"
    assert template["custom"] == {"end": "!"}


def test_the_environment_is_another_one(binaries, environment, tmp_path):
    """It has the kit that was installed there, and no flytekit."""
    code = (
        "import importlib.util, kit, sys\n"
        "print(importlib.util.find_spec('flytekit'), kit.__file__, sys.prefix)"
    )
    found = run(binaries / "python", "-c", code, cwd=tmp_path, env=environment).split()
    assert found[0] == "None"
    assert found[1].startswith(found[2])
    assert found[2] != sys.prefix
