"""The Containerfile of an exported package."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["containerfile"]

Task = PythonCustomizedContainerTask[Any]


def containerfile(package: str, tasks: Iterable[Task]) -> str:
    """Return the text of a Containerfile that makes an image for tasks."""
    tasks = list(tasks)
    named = dict.fromkeys(_line(task.container_image) for task in tasks)
    images = [image for image in named if image]
    literal = [image for image in images if "{{" not in image]
    tag = f" -t {literal[0]}" if literal else ""
    major, minor = sys.version_info[:2]
    lines = [
        f"# The tasks name {', '.join(images) or 'no image of their own'}.",
        f"# Build it with: docker build -f Containerfile{tag} .",
        f"FROM python:{major}.{minor}-slim",
        "WORKDIR /root",
        "COPY pyproject.toml README.md /opt/package/",
        f"COPY {package} /opt/package/{package}",
        "RUN pip install --no-cache-dir /opt/package",
    ]
    if any(task.runtime == "flytekit" for task in tasks):
        version = SerializationSettings().flytekit_version
        lines.append(f"RUN pip install --no-cache-dir flytekit=={version}")
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
