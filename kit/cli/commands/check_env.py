"""``kit check-env``: show what this environment can do."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from kit.cli.app import EPILOG, ExitStatus

_MINIMUM_PYTHON = (3, 10)
_DISTRIBUTION = "flyte-task-kit"
_FOR_DEVELOPERS = "dev"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)[^;]*(?:;.*extra == [\"'](?P<extra>\w+))?")
_DOCKER_SECONDS = 5


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and whether kit needs it."""

    name: str
    found: str
    state: Literal["ok", "missing", "optional"]


@click.command("check-env", epilog=EPILOG)
def command() -> ExitStatus:
    """Show what this environment can do.

    Ends with 1 when something is missing that kit needs, or when the package of another
    project has the name kit. Extras, Docker and flytekit are optional.
    """
    from kit.display.console import print_summary
    from kit.display.summary import Section, Summary, Table

    checks = [*_basics(), *_extras(), _docker()]
    rows = tuple((check.name, check.state, check.found) for check in checks)
    table = Table(("what", "state", "found"), rows)
    missing = any(check.state == "missing" for check in checks)
    status = "INCOMPLETE" if missing else "COMPLETE"
    section = Section("Environment", (table,))
    print_summary(Summary("check", "environment", (section,), status=status))
    return ExitStatus.FAILED if missing else ExitStatus.OK


def _basics() -> Iterator[Check]:
    version = platform.python_version()
    is_new = sys.version_info >= _MINIMUM_PYTHON
    wanted = ".".join(map(str, _MINIMUM_PYTHON))
    yield Check(
        "Python",
        version if is_new else f"{version}, but kit needs {wanted} or newer",
        "ok" if is_new else "missing",
    )
    for name in _requirements()[""]:
        found = _version(name)
        advice = f"pip install {name}"
        yield Check(name, found or advice, "ok" if found else "missing")
    yield from _others_named_kit()
    yield _kit_execute()


def _requirements() -> dict[str, list[str]]:
    """Return the packages of kit's metadata by the extra that brings them.

    Those of no extra are required.
    """
    from importlib import metadata

    found: dict[str, list[str]] = {"": []}
    for requirement in metadata.requires(_DISTRIBUTION) or ():
        match = _REQUIREMENT.match(requirement)
        if match is not None and match["name"] != _DISTRIBUTION:
            found.setdefault(match["extra"] or "", []).append(match["name"])
    return found


def _others_named_kit() -> Iterator[Check]:
    """Look for other projects that install a package ``kit`` in the same place."""
    from importlib import metadata

    owners = set(metadata.packages_distributions().get("kit", ()))
    for other in sorted(owners - {_DISTRIBUTION}):
        advice = (
            f"also installs a package kit: pip uninstall {other}, then pip install "
            f"--force-reinstall {_DISTRIBUTION}"
        )
        yield Check(other, advice, "missing")


def _kit_execute() -> Check:
    """Look on the PATH, and then next to the interpreter."""
    name = "kit-execute"
    path = shutil.which(name)
    if path is not None:
        return Check(name, path, "ok")
    path = shutil.which(name, path=str(Path(sys.executable).parent))
    if path is not None:
        return Check(name, f"{path}, which is not on the PATH", "ok")
    return Check(name, "not found: containers need it, runs here do not", "optional")


def _extras() -> Iterator[Check]:
    for extra, packages in _requirements().items():
        if extra in ("", _FOR_DEVELOPERS):
            continue
        versions = {name: _version(name) for name in packages}
        if all(versions.values()):
            found = ", ".join(f"{name} {version}" for name, version in versions.items())
            yield Check(f"extra {extra}", found, "ok")
        else:
            advice = f"pip install 'flyte-task-kit[{extra}]'"
            yield Check(f"extra {extra}", advice, "optional")


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _docker() -> Check:
    """Ask the engine's own client, which knows contexts and remote engines."""
    import subprocess

    name = "Docker engine"
    program = shutil.which("docker")
    if program is None:
        return Check(name, "no program docker on the PATH", "optional")
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [program, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=_DOCKER_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        found = f"the engine did not answer in {_DOCKER_SECONDS} seconds"
        return Check(name, found, "optional")
    if done.returncode == 0 and done.stdout.strip():
        return Check(name, f"version {done.stdout.strip()}", "ok")
    lines = done.stderr.strip().splitlines()
    return Check(name, lines[-1] if lines else "it does not answer", "optional")
