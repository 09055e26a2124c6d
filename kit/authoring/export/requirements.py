"""What an export needs to have installed: distributions, pinned compatibly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kit.authoring.export.naming import project_name

__all__ = [
    "OWN_EXTRAS",
    "Requirements",
    "compatible",
    "distributions_with",
    "requirements",
]

_RELEASE = re.compile(r"(?:\d+!)?\d+(?:\.\d+)*")
OWN_EXTRAS = ("numpy", "pandas", "pydantic")
"""Third-party modules whose values kit handles through an extra of the same name."""


@dataclass(frozen=True)
class Requirements:
    """What an export needs.

    Attributes:
        kit: kit itself, which defines the tasks and runs them.
        others: Everything that the executors and definitions import, sorted.
        notes: What a reader should know of them.
    """

    kit: str
    others: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.others, self.kit)


def requirements(modules: Iterable[str], *, cache: bool = False) -> Requirements:
    """Find the distributions that have top-level modules, as they are installed here.

    Args:
        modules: Names of top-level third-party modules.
        cache: Whether tasks keep outputs, for which kit needs an extra.
    """
    from importlib import metadata

    import kit

    wanted = sorted({*modules} - {"kit"})
    owners = distributions_with(wanted)
    pinned: dict[str, str] = {}
    notes: list[str] = []
    for module in wanted:
        names = owners[module]
        if not names:
            notes.append(
                f"No installed distribution has the module {module}: add what brings "
                "it to the dependencies."
            )
        for name in names:
            found = metadata.distribution(name)
            pinned[project_name(name)] = name + compatible(found.version)
            if _is_local(found):
                notes.append(
                    f"{name} is installed from a folder here: publish it, or an image "
                    "cannot install it."
                )
    extras = ["cli", *(["cache"] if cache else ())]
    extras += [name for name in OWN_EXTRAS if name in wanted]
    own = f"flyte-task-kit[{','.join(extras)}]{compatible(kit.__version__)}"
    return Requirements(own, tuple(pinned[name] for name in sorted(pinned)), (*notes,))


def distributions_with(modules: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the installed distributions that have each top-level module."""
    from importlib import metadata

    owners = metadata.packages_distributions()
    found = {module: owners.get(module) or _owners(module) for module in modules}
    return {module: tuple(dict.fromkeys(names)) for module, names in found.items()}


def _owners(module: str) -> list[str]:
    """Find distributions by their files, which Python 3.10 does not look at."""
    from importlib import metadata

    tops = {module, f"{module}.py"}
    return [
        found.metadata["Name"]
        for found in metadata.distributions()
        if any(file.parts[0] in tops for file in found.files or ())
    ]


def compatible(version: str) -> str:
    """Return the pin for a version and what is compatible with it (PEP 440).

    >>> compatible("2.2.3+cu121"), compatible("9"), compatible("1.0rc1")
    ('~=2.2.3', '~=9.0', '~=1.0rc1')
    """
    public = version.partition("+")[0]
    release = _RELEASE.match(public)
    if release is not None and "." not in release[0]:
        public = release[0] + ".0" + public[release.end() :]
    return f"~={public}"


def _is_local(distribution: object) -> bool:
    """Tell whether a distribution was installed from a folder (PEP 610)."""
    text = distribution.read_text("direct_url.json")  # type: ignore[attr-defined]
    if not text:
        return False
    try:
        return "dir_info" in json.loads(text)
    except ValueError:
        return False
