"""The other Pythons of this machine, each with what the corpus needs."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIT = [each for each in requires("flyte-task-kit") or [] if "extra ==" not in each]
NEEDS = sorted({*KIT, "ipython", "numpy", "pyflakes", "pyyaml"})
HERE = "{}.{}".format(*sys.version_info)
VERSIONS = [each for each in ("3.10", "3.11", "3.12", "3.13") if each != HERE]
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


@functools.lru_cache(maxsize=1)
def installed() -> dict[str, Path]:
    """Return the interpreters by their versions.

    ``KIT_PYTHONS`` lists them, as PATH does; else they are looked for on PATH and
    among those of pyenv.
    """
    found: dict[str, Path] = {}
    for path in _candidates():
        version = _output([path, "-I", "-c", _VERSION])
        if version in VERSIONS:
            found.setdefault(version, path)
    return found


def _candidates() -> list[Path]:
    listed = os.environ.get("KIT_PYTHONS")
    if listed is not None:
        return [Path(each) for each in listed.split(os.pathsep) if each]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}") for version in VERSIONS]
    newest = sorted(pyenv.glob("3.*/bin/python"), reverse=True)
    return [*(Path(each) for each in found if each), *newest]


def _output(command: list[Path | str]) -> str:
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def environment(version: str, cache: Path) -> Path:
    """Return a Python of some version that can run the corpus.

    Args:
        version: Such as ``3.12``.
        cache: A folder that stays from one test run to the next.

    Raises:
        LookupError: There is none, or what it needs cannot be installed.
    """
    if version not in installed():
        raise LookupError(f"no Python {version} here")
    digest = hashlib.sha256(" ".join(NEEDS).encode()).hexdigest()[:12]
    folder = cache / f"{version}-{digest}"
    if not folder.exists():
        made = folder.with_name(f"{folder.name}-{os.getpid()}")
        try:
            _make(installed()[version], made)
            made.rename(folder)  # whole, or not at all
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder / "bin" / "python"


def _make(python: Path, folder: Path) -> None:
    _run([python, "-m", "venv", folder])
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run([folder / "bin" / "python", *install, *NEEDS])
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "kit_under_test.pth").write_text(f"{ROOT}\n")


def _run(command: list[Path | str]) -> None:
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise LookupError(f"{command[0]} cannot be prepared: {' '.join(last)}")
