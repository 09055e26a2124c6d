"""What differs between two tasks, as a result that can be asked, shown and stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.difference.change import Change
from kit.difference.impact import Impact
from kit.difference.verdict import Verdict
from kit.shown import Shown

__all__ = ["Difference"]


@dataclass(frozen=True, repr=False)
class Difference(Shown):
    """What differs between an old task and a new one; true if anything does.

    Attributes:
        name: The name of the new task.
        old: What the old side is: a file, a revision, a task.
        new: What the new side is.
        changes: Every change, in the order of the template's fields.
        verdict: What registering the new one under the old one's version would do.
        cached: Whether the results of both are cached.
    """

    name: str
    old: str
    new: str
    changes: tuple[Change, ...]
    verdict: Verdict
    cached: bool = False

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """What the changes mean in all, the gravest first."""
        found = {impact for change in self.changes for impact in change.impacts}
        return tuple(impact for impact in Impact if impact in found)

    @property
    def breaks_callers(self) -> bool:
        """Whether callers of the old one do not fit the new one."""
        return Impact.BREAK in self.impacts

    @property
    def cache_parts(self) -> tuple[str, ...]:
        """The parts of the cache key that differ; results are missed if there are any.

        They are ``project``, ``domain``, ``name``, ``version`` (the cache version),
        ``inputs``, ``outputs`` and ``ignored``.
        """
        parts = (change.cache_part for change in self.changes)
        return tuple(dict.fromkeys(part for part in parts if part))

    @property
    def takes_old_results(self) -> bool:
        """Whether cached results of the old one are taken, though what runs differs."""
        runs_otherwise = {Impact.IMAGE, Impact.BEHAVIOUR} & set(self.impacts)
        return self.cached and not self.cache_parts and bool(runs_otherwise)

    def of_impact(self, impact: Impact) -> tuple[Change, ...]:
        """Return the changes whose gravest impact this is."""
        return tuple(change for change in self.changes if change.impact is impact)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as what ``json.dumps`` writes."""
        from kit.difference.as_json import difference_json

        return difference_json(self)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __repr__(self) -> str:
        if not self.changes:
            return f"Difference({self.name!r}: identical)"
        count = len(self.changes)
        impacts = ", ".join(impact.value for impact in self.impacts)
        changes = f"{count} change{'s' if count > 1 else ''}"
        return f"Difference({self.name!r}: {changes}: {impacts})"
