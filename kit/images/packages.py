"""Which packages go into an image: pip decides it in the base image."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kit.errors import ImageBuildError
from kit.images.base import BaseImage, this_python
from kit.images.containers import Answer
from kit.images.requirements import KIT
from kit.images.wheels import (
    download,
    in_wheels,
    installed,
    pip_wheel,
    stub,
    write_wheel,
)
from kit.source.requirements import project_name

if TYPE_CHECKING:
    from importlib.metadata import Distribution

Source = Literal["local", "index"]
Origin = Literal["local", "index", "wheel", "base"]

PIP = "pip.whl"
REQUIREMENTS = "requirements.txt"
_FOLDER = "/kit-plan"
_SATISFIED = re.compile(r"Requirement already satisfied: ([\w.-]+).*\(([^() ]+)\)$")
_IDLE = re.compile(r"No matching distribution found|ResolutionImpossible")
_MISFIT = re.compile(r"none of the wheel's tags \(([^)]*)\).*?([^/\s]+)\.whl")


@dataclass(frozen=True)
class ImagePackage:
    """A distribution in an image.

    Attributes:
        name: Its normalized name.
        version: Its version.
        origin: ``"local"``: as it is installed here; ``"index"``; ``"wheel"``: one that
            was given; or ``"base"``: the base image had it.
    """

    name: str
    version: str
    origin: Origin


@dataclass(frozen=True)
class Packages:
    """What pip installs in an image, and what is there already.

    Attributes:
        files: The wheels, ``requirements.txt`` with their names and versions, and a
            wheel of pip.
        packages: The distributions that the task needs, by their names.
    """

    files: Mapping[str, Path | bytes]
    packages: tuple[ImagePackage, ...]


@dataclass(frozen=True)
class _Offer:
    """A distribution that pip may choose.

    Attributes:
        distribution: Its metadata.
        origin: Where it comes from.
        wheel: Its wheel; None if that is written when it was chosen.
    """

    distribution: Distribution
    origin: Origin
    wheel: Path | None = None

    @property
    def version(self) -> str:
        """Its version."""
        return self.distribution.version

    def file(self, folder: Path) -> Path:
        """Return its wheel."""
        return self.wheel or write_wheel(self.distribution, folder)


def gather(
    requirements: Iterable[str],
    base: BaseImage,
    source: Source,
    wheels: Iterable[Path],
    folder: Path,
) -> Packages:
    """Let pip choose what an image needs, and collect the wheels of that.

    The versions are those that are installed here.  What the base image has in such a
    version is left out, and what is not installed here may be there in any.

    Args:
        requirements: What the task needs, as pip takes it.
        base: The base image.
        source: Where distributions come from.
        wheels: Files that are taken before any other source.
        folder: An empty one, for wheels.

    Raises:
        ImageBuildError: Something is missing, or does not fit the base's Python.
    """
    given = {name: _Offer(*one) for name, one in _given(wheels, folder)}
    offers = {**_local(), **given}
    wanted = [*requirements, *(f"{name}=={one.version}" for name, one in given.items())]
    if source == "index":
        offers = _from_index(wanted, offers, base, folder)
    chosen, there = _plan(wanted, offers, base, folder)
    lines = "".join(f"{name}=={offers[name].version}\n" for name in chosen)
    files = [offers[name].file(folder) for name in chosen]
    packages = [
        *(ImagePackage(n, offers[n].version, offers[n].origin) for n in chosen),
        *(ImagePackage(name, version, "base") for name, version in there.items()),
    ]
    return Packages(
        {
            **{path.name: path for path in files},
            PIP: pip_wheel(folder),
            REQUIREMENTS: lines.encode(),
        },
        tuple(sorted(packages, key=lambda package: package.name)),
    )


def _local() -> dict[str, _Offer]:
    return {name: _Offer(found, "local") for name, found in installed().items()}


def _given(
    wheels: Iterable[Path], folder: Path
) -> Iterator[tuple[str, tuple[Any, Origin, Path]]]:
    for name, (distribution, path) in in_wheels(wheels, folder).items():
        yield name, (distribution, "wheel", path)


def _from_index(
    wanted: Iterable[str], offers: Mapping[str, _Offer], base: BaseImage, folder: Path
) -> dict[str, _Offer]:
    """Return the wheels of an index, in the versions here; kit's own is from here."""
    target, pins = folder / "index", folder / "constraints.txt"
    target.mkdir()
    pins.write_bytes(_constraints(offers))
    kept = {name: one for name, one in offers.items() if one.wheel or name == KIT}
    for one in kept.values():
        shutil.copy(one.file(folder), target)
    options = [f"--constraint={pins}", *base.python.pip_options()]
    found = in_wheels(download(wanted, options, target), folder)
    downloaded = {
        name: _Offer(one, "index", path) for name, (one, path) in found.items()
    }
    return {**downloaded, **kept}


def _constraints(offers: Mapping[str, _Offer]) -> bytes:
    return "".join(f"{name}=={one.version}\n" for name, one in offers.items()).encode()


def _plan(
    wanted: Iterable[str], offers: Mapping[str, _Offer], base: BaseImage, folder: Path
) -> tuple[list[str], dict[str, str]]:
    """Ask pip in the base image what it would install, and what is there already."""
    files = dict(stub(one.distribution) for one in offers.values())
    files |= {
        "constraints.txt": _constraints(offers),
        PIP: pip_wheel(folder).read_bytes(),
    }
    answer = base.ask(
        *(f"{_FOLDER}/{PIP}/pip", "install", "--dry-run", "--report=-", "-vv"),
        *("--isolated", "--no-index", f"--find-links={_FOLDER}"),
        *(f"--constraint={_FOLDER}/constraints.txt", *wanted),
        files={f"{_FOLDER}/{name}": data for name, data in files.items()},
    )
    text = answer.text("stdout")
    if answer.status:
        raise _cannot_install(base, answer)
    report = json.loads(text[text.index("\n{\n") : text.index("\n}\n") + 3])
    names = [project_name(one["metadata"]["name"]) for one in report["install"]]
    there = (match for match in map(_SATISFIED.search, text.splitlines()) if match)
    return sorted(names), {project_name(one[1]): one[2] for one in there}


def _cannot_install(base: BaseImage, answer: Answer) -> ImageBuildError:
    lines = _reasons(answer.text("stdout"), answer.text("stderr"))
    return ImageBuildError(
        f"What the image needs is not installed here, or does not fit {base.python} of "
        f"the base image {base.name!r}:\n{lines}\nInstall it here, choose a base image "
        f"with the Python of this environment ({this_python()}), or let pip download "
        "what fits: source='index' (--source index)."
    )


def _reasons(output: str, errors: str) -> str:
    """Return what pip says of its failure: who needs what, and which wheels do not fit.

    Args:
        output: Its verbose standard output.
        errors: Its standard error.
    """
    failed = [line for line in errors.splitlines() if line.startswith("ERROR: ")]
    said = [line.removeprefix("ERROR: ") for line in failed if not _IDLE.search(line)]
    _, _, conflict = output.partition("The conflict is caused by:\n")
    said += [line.strip() for line in conflict.partition("\n\n")[0].splitlines()]
    named = {project_name(word) for word in re.findall(r"[\w.-]+", "\n".join(said))}
    for tags, wheel in dict.fromkeys(_MISFIT.findall(output)):
        name, version = wheel.split("-")[:2]
        if project_name(name) in named:
            said.append(f"{name} {version} is compiled for {tags}")
    return "\n".join(f"  {line}" for line in said or errors.splitlines()[-1:])
