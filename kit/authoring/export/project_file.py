"""The pyproject.toml of an exported package."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from kit.authoring.export.requirements import Requirements
from kit.authoring.export.written_tree import MARK

__all__ = ["project_file"]

_LONGEST = 200


def project_file(
    project: str, package: str, description: str, needs: Requirements
) -> str:
    """Return the text of the pyproject.toml.

    Args:
        project: The project's name.
        package: The name of its one package.
        description: What its author says of it.
        needs: What it needs.
    """
    line = " ".join(description.split())[:_LONGEST] or "Flyte tasks."
    major, minor = sys.version_info[:2]
    return f"""\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = {_text(project)}
version = "0.1.0"
description = {_text(line)}
readme = "README.md"
requires-python = ">={major}.{minor}"
dependencies = {_list(needs.every)}

[project.optional-dependencies]
test = ["pytest>=8"]

[tool.hatch.build.targets.wheel]
packages = [{_text(package)}]

[tool.pytest.ini_options]
testpaths = ["tests"]

{MARK}
# Written by kit.export, which replaces its files when it is told to overwrite them.
"""


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"  {_text(item)},\n" for item in items)
    return f"[\n{lines}]"


def _text(value: str) -> str:
    """Write a basic string of TOML: JSON's escapes, but for DEL and surrogates."""
    whole = value.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
