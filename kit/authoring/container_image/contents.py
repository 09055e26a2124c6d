"""What goes into an image, in layers: what changes least comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kit.authoring.container_image.base_python import BasePython
from kit.authoring.container_image.installed_files import (
    add_distribution,
    add_programs,
    is_editable,
    misfit,
)
from kit.authoring.container_image.layer import Layer
from kit.authoring.container_image.needs import KIT, Needs
from kit.authoring.container_image.pip_install import (
    unpack_from_index,
    unpack_wheels,
)
from kit.authoring.container_image.resolution import installed, resolve
from kit.errors import ImageBuildError

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["Contents", "ImagePackage", "Origin", "Source", "gather"]

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
