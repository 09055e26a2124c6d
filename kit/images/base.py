"""The Python of a base image, and the wheels that pip downloads for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import ImageBuildError
from kit.images import probe
from kit.images.containers import Answer, ask
from kit.images.probe import python_facts
from kit.runners.docker.container import NotStartedError
from kit.runners.docker.engine import Engine

_OLDEST = (3, 10)
_OLDEST_GLIBC = 5


@dataclass(frozen=True)
class BasePython:
    """A Python, here or in an image.

    Attributes:
        version: As in ``3.11.7``.
        implementation: As in ``cpython``.
        is_free_threaded: Whether it was built without the interpreter lock.
        machine: As in ``x86_64``.
        libc: ``glibc`` or ``musl``, and its version.
    """

    version: str
    implementation: str
    is_free_threaded: bool
    machine: str
    libc: tuple[str, str]

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> BasePython:
        """Make it from what :func:`kit.images.probe.python_facts` returned, there."""
        name, version = facts["libc"]
        return cls(**{**facts, "libc": (name, version)})

    @property
    def minor(self) -> tuple[int, int]:
        """The version's first two numbers."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def platforms(self) -> Iterator[str]:
        """Yield the tags of platforms that it can load binaries of (PEP 600, 656)."""
        name, version = self.libc
        major, newest = ([*version.split("."), "0", "0"])[:2]
        if name == "musl":
            for number in range(int(newest), -1, -1):
                yield f"musllinux_{major}_{number}_{self.machine}"
        elif name == "glibc":
            for number in range(int(newest), _OLDEST_GLIBC - 1, -1):
                yield f"manylinux_{major}_{number}_{self.machine}"
            for year in (2014, 2010, 1):
                yield f"manylinux{year}_{self.machine}"
        yield f"linux_{self.machine}"

    def pip_options(self) -> Iterator[str]:
        """Yield the options that let pip download wheels for it on another machine."""
        major, minor = self.minor
        yield f"--python-version={major}.{minor}"
        yield f"--implementation={'cp' if self.implementation == 'cpython' else 'pp'}"
        for abi in (f"cp{major}{minor}{'t' * self.is_free_threaded}", "abi3", "none"):
            yield f"--abi={abi}"
        for name in self.platforms():
            yield f"--platform={name}"

    def __str__(self) -> str:
        name = f"Python {'.'.join(map(str, self.minor))}{'t' * self.is_free_threaded}"
        return f"{name} on {self.machine} with {' '.join(self.libc).strip()}"


def this_python() -> BasePython:
    """Return the Python that runs this."""
    return BasePython.from_facts(python_facts())


@dataclass(frozen=True)
class BaseImage:
    """An image that another one is built on.

    Attributes:
        engine: The engine that has it.
        name: Its name.
        platform: As in ``linux/arm64``, of an image that is for several.
        python: Its Python.
    """

    engine: Engine
    name: str
    platform: str | None
    python: BasePython

    @classmethod
    def inspect(cls, engine: Engine, name: str, platform: str | None) -> BaseImage:
        """Ask an image what Python it has.

        Raises:
            ImageBuildError: It has none, or one that kit does not run on.
            EngineError: The engine fails.
        """
        source = Path(probe.__file__).read_text("utf-8")
        try:
            answer = ask(engine, name, ("python3", "-c", source), platform=platform)
        except NotStartedError as error:
            msg = (
                f"The base image {name!r} has no python3 on its PATH. Choose one that "
                "has it, such as python:3.12-slim."
            )
            raise ImageBuildError(msg) from error
        return cls(engine, name, platform, _checked(name, answer))

    def ask(self, *words: str, files: Mapping[str, bytes]) -> Answer:
        """Run its python3 with these arguments, once some files were put into it."""
        command = ("python3", *words)
        return ask(self.engine, self.name, command, files=files, platform=self.platform)


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
