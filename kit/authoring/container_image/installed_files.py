"""The files of a distribution that is installed here, on their way into an image."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kit.authoring.container_image.base_python import BasePython, this_python
from kit.authoring.container_image.layer import Layer
from kit.authoring.container_image.needs import KIT
from kit.errors import ImageBuildError

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["add_distribution", "add_programs", "is_editable", "misfit"]

_OF_THIS_MACHINE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
_LEFT_OUT = re.compile(r"\.(pyc|pyi|pth)$")
_PROGRAM = """#!{python}
import sys
from {module} import {top}
sys.exit({function}())
"""


def add_distribution(layer: Layer, name: str, distribution: Distribution) -> None:
    """Add the files of a distribution to ``site/``, and its metadata.

    kit itself may be an editable install: it is one package, whose folder is known.

    Raises:
        ImageBuildError: Its files are not known, or are in a folder of its author's.
    """
    files = distribution.files
    if files is None:
        msg = (
            f"Which files {name} has is not known here, since it was not installed "
            "from a wheel. Install it with pip, or choose a base image that has it."
        )
        raise ImageBuildError(msg)
    if is_editable(distribution):
        if name != KIT:
            raise _editable(name)
        layer.add_tree("site/kit", Path(__file__).parents[2])
        files = [file for file in files if file.parts[0].endswith(".dist-info")]
    for file in files:
        path = Path(str(file.locate()))
        is_metadata = file.parts[0].endswith(".dist-info")
        if ".." in file.parts or _LEFT_OUT.search(file.name) or not path.is_file():
            continue
        if not (is_metadata and file.name in _OF_THIS_MACHINE):
            layer.files[f"site/{file}"] = path


def add_programs(layer: Layer, distribution: Distribution, python: str) -> None:
    """Add the programs of a distribution to ``bin/``.

    Args:
        layer: What they are added to.
        distribution: Whose they are.
        python: The path of the image's Python.
    """
    for entry in distribution.entry_points:
        if entry.group == "console_scripts" and entry.attr:
            text = _PROGRAM.format(
                python=python,
                module=entry.module,
                top=entry.attr.partition(".")[0],
                function=entry.attr,
            )
            layer.texts[f"bin/{entry.name}"] = text.encode()


def misfit(distribution: Distribution, base: BasePython) -> str | None:
    """Say why a distribution's files cannot be used by another Python, if so."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    facts, wanted = distribution.metadata, SpecifierSet()
    if "Requires-Python" in facts:
        with contextlib.suppress(InvalidSpecifier):
            wanted = SpecifierSet(facts["Requires-Python"])
    if not wanted.contains(base.version, prereleases=True):
        return f"is for Python {wanted}"
    tags = [str(tag) for tag in _tags(distribution)]
    if not tags or any(tag.endswith("-none-any") for tag in tags):
        return None
    fitting = {str(tag) for tag in base.tags}
    if fitting.isdisjoint(tags):
        return f"is compiled for {tags[0]}"
    is_built_here = any("-linux_" in tag for tag in tags)
    if is_built_here and not base.can_load_from(this_python()):
        return f"is compiled on and for {this_python()}"
    return None


def _tags(distribution: Distribution) -> list[str]:
    text = distribution.read_text("WHEEL") or ""
    lines = (line.partition(":") for line in text.splitlines())
    return [value.strip() for key, _, value in lines if key == "Tag"]


def is_editable(distribution: Distribution) -> bool:
    """Tell whether a distribution's files are in its author's folder (PEP 610)."""
    try:
        origin: Mapping[str, Mapping[str, bool]] = json.loads(
            distribution.read_text("direct_url.json") or "{}"
        )
    except ValueError:
        return False
    return bool(origin.get("dir_info", {}).get("editable"))


def _editable(name: str) -> ImageBuildError:
    return ImageBuildError(
        f"{name} is an editable install here, whose files only its author's folder "
        "knows. Make a wheel of it (pip wheel --no-deps FOLDER) and give that: "
        f"packages=['{name.replace('-', '_')}-….whl']."
    )
