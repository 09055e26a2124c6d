"""The distributions that an export needs, with the versions that are installed here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from kit.source.requirements import (
    OWN_EXTRAS,
    compatible,
    distributions_with,
    project_name,
)


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


def export_requirements(modules: Iterable[str]) -> Requirements:
    """Find the distributions that have top-level modules, as they are installed here.

    Args:
        modules: Names of top-level third-party modules.
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
    extras = ["cli", *(name for name in OWN_EXTRAS if name in wanted)]
    own = f"flyte-task-kit[{','.join(extras)}]{compatible(kit.__version__)}"
    return Requirements(own, tuple(pinned[name] for name in sorted(pinned)), (*notes,))


def _is_local(distribution: object) -> bool:
    """Tell whether a distribution was installed from a folder (PEP 610)."""
    text = distribution.read_text("direct_url.json")  # type: ignore[attr-defined]
    if not text:
        return False
    try:
        return "dir_info" in json.loads(text)
    except ValueError:
        return False
