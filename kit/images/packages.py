"""What goes into an image, in layers: what changes least comes first."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kit.errors import ImageBuildError
from kit.images.base import KIT, BasePython, Needs, this_python
from kit.images.engine import Layer

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement

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
        layer.add_tree("site/kit", Path(__file__).parents[1])
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


@dataclass(frozen=True)
class Resolution:
    """What is required, with all that it requires itself.

    Attributes:
        found: Distributions by their normalized names, in alphabetic order.
        missing: Requirements that nothing here meets, and who has each: the normalized
            name of a distribution, empty for what was asked for itself.
    """

    found: dict[str, Distribution] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def resolve(
    requirements: Iterable[str],
    environment: Mapping[str, str],
    known: Mapping[str, Distribution],
) -> Resolution:
    """Find the distributions that requirements and theirs need.

    Args:
        requirements: As pip takes them.
        environment: What markers are evaluated in.
        known: Distributions by their normalized names.
    """
    resolution = Resolution()
    waiting = [(text, "") for text in requirements]
    done: set[tuple[str, str]] = set()
    while waiting:
        text, owner = waiting.pop()
        requirement, name = _read(text)
        extras = {(name, extra) for extra in ("", *requirement.extras)} - done
        distribution = known.get(name)
        if distribution is None or (not owner and not _is_met(requirement, known)):
            resolution.missing.setdefault(str(requirement), owner)
        elif extras:
            done |= extras
            resolution.found[name] = distribution
            wanted = _required(distribution, {e for _, e in extras}, environment)
            waiting += [(child, name) for child in wanted]
    ordered = dict(sorted(resolution.found.items()))
    return Resolution(ordered, dict(sorted(resolution.missing.items())))


def installed(folder: Path | None = None) -> dict[str, Distribution]:
    """Return what is installed, by normalized names.

    Args:
        folder: Where to look; by default what this process imports from.
    """
    from importlib.metadata import distributions

    from packaging.utils import canonicalize_name

    where: dict[str, Any] = {} if folder is None else {"path": [str(folder)]}
    found: dict[str, Distribution] = {}
    for distribution in distributions(**where):
        if "Name" in distribution.metadata:  # not so in what pip left half removed
            name = canonicalize_name(distribution.metadata["Name"])
            found.setdefault(name, distribution)
    return found


def _read(text: str) -> tuple[Requirement, str]:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    requirement = Requirement(text)
    return requirement, canonicalize_name(requirement.name)


def _is_met(requirement: Requirement, known: Mapping[str, Distribution]) -> bool:
    from packaging.utils import canonicalize_name

    version = known[canonicalize_name(requirement.name)].version
    return requirement.specifier.contains(version, prereleases=True)


def _required(
    distribution: Distribution, extras: set[str], environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield what a distribution requires for some of its extras, without markers."""
    from packaging.requirements import Requirement

    for text in distribution.requires or ():
        requirement = Requirement(text)
        marker, requirement.marker = requirement.marker, None
        if marker is None or any(
            marker.evaluate({**environment, "extra": extra}) for extra in extras
        ):
            yield str(requirement)


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


Source = Literal["local", "index"]
Origin = Literal["local", "index", "wheel", "base"]


@dataclass(frozen=True)
class ImagePackage:
    """A distribution in an image.

    Attributes:
        name: Its normalized name.
        version: Its version.
        origin: ``"local"``: its files here; ``"index"``; ``"wheel"``: one that was
            given; or ``"base"``: the base image had it.
    """

    name: str
    version: str
    origin: Origin


@dataclass(frozen=True)
class Contents:
    """What goes into an image.

    Attributes:
        layers: Files by the name of the folder in the build's context.
        packages: The distributions that the task needs, by their names.
    """

    layers: dict[str, Layer]
    packages: tuple[ImagePackage, ...]


@dataclass
class _Chosen:
    """The distributions that go into an image, and those that are there."""

    taken: dict[str, tuple[Distribution, Origin]] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)


def gather(
    needs: Needs, base: BasePython, source: Source, wheels: Iterable[Path], folder: Path
) -> Contents:
    """Collect what a task needs, but for what the base image has in that version.

    Args:
        needs: What it needs.
        base: The Python of the base image.
        source: Where distributions come from.
        wheels: Files that are taken before any other source.
        folder: An empty one, for wheels that are unpacked.

    Raises:
        ImageBuildError: Something is missing, or does not fit the base's Python.
    """
    given = unpack_wheels(wheels, base, folder / "wheels")
    named = [f"{one.metadata['Name']}=={one.version}" for one in given.values()]
    wanted = (*needs.requirements, *named)
    resolution = resolve(wanted, base.environment, {**installed(), **given})
    chosen = _Chosen()
    missing = _not_in_base(resolution.missing, base, chosen)
    for name, distribution in resolution.found.items():
        is_there = base.distributions.get(name) == distribution.version
        if is_there and not is_editable(distribution):
            chosen.there[name] = distribution.version
        else:
            origin: Origin = "wheel" if name in given else "local"
            chosen.taken[name] = distribution, origin
    if source == "index":
        _exchange(chosen, missing, base, folder / "index")
    elif missing:
        raise _missing(missing)
    _check_fit(chosen, base)
    return _laid_out(chosen, needs.modules, base)


def _not_in_base(
    missing: Mapping[str, str], base: BasePython, chosen: _Chosen
) -> dict[str, str]:
    """Return what the base image lacks too, and note what it has."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lacking = {}
    for text, owner in missing.items():
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        version = base.distributions.get(name)
        if version and requirement.specifier.contains(version, prereleases=True):
            chosen.there[name] = version
        else:
            lacking[text] = owner
    return lacking


def _exchange(
    chosen: _Chosen, missing: Iterable[str], base: BasePython, folder: Path
) -> None:
    """Take distributions of the versions here from an index; kit is taken from here."""
    local = [name for name, (_, origin) in chosen.taken.items() if origin == "local"]
    names = [name for name in local if name != KIT]
    pins = [f"{name}=={chosen.taken[name][0].version}" for name in names]
    if not (pins or missing):
        return
    for name, distribution in unpack_from_index(
        (*pins, *missing), base, folder
    ).items():
        if base.distributions.get(name) != distribution.version:
            chosen.taken[name] = distribution, "index"


def _missing(missing: Mapping[str, str]) -> ImageBuildError:
    needed = "".join(
        f"\n  {requirement}" + (f", which {owner} needs" if owner else "")
        for requirement, owner in missing.items()
    )
    return ImageBuildError(
        f"What the image needs is not installed here:{needed}\nInstall it, or let pip "
        "get it from its index: source='index' (--source index)."
    )


def _check_fit(chosen: _Chosen, base: BasePython) -> None:
    complaints = [
        f"\n  {name} {distribution.version} {why}"
        for name, (distribution, _) in sorted(chosen.taken.items())
        if (why := misfit(distribution, base)) is not None
    ]
    if complaints:
        raise ImageBuildError(
            f"What is installed here does not fit the base image, {base}:"
            f"{''.join(complaints)}\nChoose a base image like this environment, or let "
            "pip get what fits from its index: source='index' (--source index)."
        )


def _laid_out(
    chosen: _Chosen, modules: Mapping[str, Path], base: BasePython
) -> Contents:
    layers = {"packages": Layer(), "kit": Layer()}
    packages = [ImagePackage(*item, "base") for item in chosen.there.items()]
    for name, (distribution, origin) in sorted(chosen.taken.items()):
        layer = layers["kit" if name == KIT else "packages"]
        add_distribution(layer, name, distribution)
        add_programs(layer, distribution, base.executable)
        packages.append(ImagePackage(name, distribution.version, origin))
    if modules:
        layers["task"] = task = Layer()
        for name, path in sorted(modules.items()):
            task.add_tree(f"site/{name}{path.suffix * path.is_file()}", path)
    ordered = sorted(packages, key=lambda package: package.name)
    return Contents(layers, tuple(ordered))
