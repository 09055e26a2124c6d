"""Wheels for another Python, unpacked by pip into a folder of this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kit.authoring.container_image.base_python import BasePython
from kit.authoring.container_image.resolution import installed
from kit.errors import ImageBuildError

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["unpack_from_index", "unpack_wheels"]

_LINES = 8


def unpack_from_index(
    requirements: Iterable[str], base: BasePython, folder: Path
) -> dict[str, Distribution]:
    """Get wheels and all that they need from the index that pip is set up for.

    Returns:
        What is in the folder then, by normalized names.

    Raises:
        ImageBuildError: There are no such wheels, or no such index.
    """
    return _install(sorted(requirements), base, folder, "--prefer-binary")


def unpack_wheels(
    wheels: Iterable[Path], base: BasePython, folder: Path
) -> dict[str, Distribution]:
    """Unpack wheels, and nothing that they need.

    Returns:
        What is in the folder then, by normalized names.

    Raises:
        ImageBuildError: One is no wheel, or not for that Python.
    """
    paths = [str(wheel) for wheel in wheels]
    return _install(paths, base, folder, "--no-index", "--no-deps") if paths else {}


def _install(
    what: list[str], base: BasePython, folder: Path, *options: str
) -> dict[str, Distribution]:
    abis = (base.abi, "abi3", "none")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    words += ["--no-input", "--disable-pip-version-check", "--only-binary=:all:"]
    words += ["--target", str(folder), "--implementation", "cp"]
    words += ["--python-version", ".".join(map(str, base.minor))]
    words += [word for abi in abis for word in ("--abi", abi)]
    words += [word for name in base.platforms() for word in ("--platform", name)]
    done = subprocess.run(  # noqa: S603 - our own command
        [*words, *options, "--", *what], capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-_LINES:])
        raise ImageBuildError(f"pip has no wheels for {base}:\n{tail}")
    return installed(folder)
