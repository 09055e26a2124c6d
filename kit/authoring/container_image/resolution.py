"""Which distributions bring what is required: those that are installed here.

The versions are the ones that the author works with, so that the image runs what was
tried; nothing is asked of an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement

__all__ = ["Resolution", "installed", "resolve"]


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
