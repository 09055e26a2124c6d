"""What is written about a task."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.rule import Problem, warning
from kit.checks.subject import Subject

__all__ = ["description_is_short"]

_COLUMN = 4_000


@warning("TT018", "registration")
def description_is_short(subject: Subject) -> Iterator[Problem]:
    """The short description fits into the column that old installations have."""
    description = subject.description
    if description is None or len(description.short_description) <= _COLUMN:
        return
    message = (
        f"The short description has {len(description.short_description):,} characters: "
        f"Flyte's older databases take {_COLUMN:,}, and refuse the task beyond."
    )
    fix = "Put the rest into the long description."
    yield Problem("description.short_description", message, fix)
