"""The Python that an image is based on, and which packages fit it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.authoring.container_image.probe import python_facts
from kit.errors import MissingPackageError

__all__ = ["BasePython", "check_packaging", "this_python"]

_OLDEST_GLIBC = 5
_MANYLINUX = {(2, 5): "1", (2, 12): "2010", (2, 17): "2014"}


@dataclass(frozen=True)
class BasePython:
    """A Python, here or in an image.

    Attributes:
        executable: Its path.
        version: As in ``3.11.7``.
        implementation: As in ``cpython``.
        is_free_threaded: Whether it was built without the interpreter lock.
        machine: As in ``x86_64``.
        libc: ``glibc`` or ``musl``, and its version.
        bytecode: The magic number of its compiled files.
        tag: What the names of these have in them, as in ``cpython-311``.
        markers: What else the markers of requirements may ask for.
        distributions: Versions by the normalized names of what is installed there.
    """

    executable: str
    version: str
    implementation: str
    is_free_threaded: bool
    machine: str
    libc: tuple[str, str]
    bytecode: str
    tag: str
    markers: Mapping[str, str] = field(repr=False)
    distributions: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> BasePython:
        """Make it of what :func:`python_facts` returned, there."""
        from packaging.utils import canonicalize_name

        installed = {canonicalize_name(k): v for k, v in facts["distributions"].items()}
        name, version = facts["libc"]
        return cls(**{**facts, "libc": (name, version), "distributions": installed})

    @property
    def minor(self) -> tuple[int, int]:
        """The version's first two numbers."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def environment(self) -> dict[str, str]:
        """What the markers of requirements are evaluated in (PEP 508)."""
        is_cpython = self.implementation == "cpython"
        return {
            **self.markers,
            "implementation_name": self.implementation,
            "implementation_version": self.version,
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython" if is_cpython else "PyPy",
            "python_full_version": self.version,
            "python_version": ".".join(map(str, self.minor)),
        }

    @property
    def abi(self) -> str:
        """The tag of its binary interface, as in ``cp311``."""
        return f"cp{self.minor[0]}{self.minor[1]}" + "t" * self.is_free_threaded

    def platforms(self) -> Iterator[str]:
        """Yield the tags of platforms that it can load binaries of (PEP 600, 656)."""
        name, version = self.libc
        major, minor = _numbers(version)
        if name == "musl":
            for number in range(minor, -1, -1):
                yield f"musllinux_{major}_{number}_{self.machine}"
        elif name == "glibc":
            for number in range(minor, _OLDEST_GLIBC - 1, -1):
                yield f"manylinux_{major}_{number}_{self.machine}"
                if (major, number) in _MANYLINUX:
                    yield f"manylinux{_MANYLINUX[major, number]}_{self.machine}"
        yield f"linux_{self.machine}"

    @functools.cached_property
    def tags(self) -> frozenset[Any]:
        """The tags of wheels that fit it (PEP 425)."""
        from packaging.tags import compatible_tags, cpython_tags

        platforms = list(self.platforms())
        interpreter = f"cp{self.minor[0]}{self.minor[1]}"
        return frozenset(
            [
                *cpython_tags(self.minor, abis=[self.abi], platforms=platforms),
                *compatible_tags(self.minor, interpreter, platforms),
            ]
        )

    def can_load_from(self, other: BasePython) -> bool:
        """Say whether what was compiled for another Python's machine loads here."""
        here, there = (_numbers(python.libc[1]) for python in (self, other))
        same = (self.machine, self.libc[0]) == (other.machine, other.libc[0])
        return same and here >= there

    def __str__(self) -> str:
        name = f"Python {'.'.join(map(str, self.minor))}{'t' * self.is_free_threaded}"
        return f"{name} on {self.machine} with {' '.join(self.libc).strip()}"


def _numbers(version: str) -> tuple[int, int]:
    major, minor = (version or "0.0").split(".")[:2]
    return int(major), int(minor)


@functools.lru_cache(maxsize=1)
def this_python() -> BasePython:
    """Return the Python that runs this, with what is not installed anywhere else."""
    return BasePython.from_facts({**python_facts(), "distributions": {}})


def check_packaging() -> None:
    """Make sure that requirements can be read.

    Raises:
        MissingPackageError: The package for that is not installed.
    """
    try:
        import packaging  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MissingPackageError("packaging", extra="docker") from error
