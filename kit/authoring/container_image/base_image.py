"""What Python a base image has, by asking it."""

from __future__ import annotations

import json
from pathlib import Path

from kit.authoring.container_image import probe
from kit.authoring.container_image.base_python import BasePython
from kit.authoring.container_image.short_run import Answer, ask
from kit.errors import ImageBuildError
from kit.runners.docker.container import NotStartedError
from kit.runners.docker.engine import Engine

__all__ = ["python_of"]

_PYTHONS = ("python3", "python")
_OLDEST = (3, 10)


def python_of(engine: Engine, image: str, platform: str | None) -> BasePython:
    """Ask a base image what Python it has.

    Raises:
        ImageBuildError: It has none, or one that kit does not run on.
        EngineError: The engine fails.
    """
    source = Path(probe.__file__).read_text("utf-8")
    for program in _PYTHONS:
        try:
            answer = ask(engine, image, (program, "-c", source), platform=platform)
        except NotStartedError:
            continue
        return _checked(image, answer)
    msg = (
        f"The base image {image!r} has no Python on its PATH. Choose one that has it, "
        "such as python:3.12-slim."
    )
    raise ImageBuildError(msg)


def _checked(image: str, answer: Answer) -> BasePython:
    try:
        found = BasePython.from_facts(json.loads(answer.text("stdout")))
    except (ValueError, KeyError, TypeError) as error:
        words = answer.text("stdout", "stderr")[-500:]
        msg = f"The Python of the base image {image!r} does not answer: {words}"
        raise ImageBuildError(msg) from error
    if found.minor < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        msg = (
            f"The base image {image!r} has Python {found.version}, and kit needs "
            f"{oldest} or newer. Choose one that has it."
        )
        raise ImageBuildError(msg)
    return found
