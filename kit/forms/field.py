"""A field of a form: one value that is typed, chosen or uploaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Field", "Problem", "Reading", "merged"]

_NOTHING: Any = object()


@dataclass(frozen=True, eq=False)
class Problem:
    """Why a field's content is no value.

    Attributes:
        field: The field.
        text: What is wrong, and what was expected.
        is_missing: Whether nothing was filled in yet.
    """

    field: Field
    text: str
    is_missing: bool = False


@dataclass(frozen=True)
class Reading:
    """What a field holds: a value, or problems.

    Attributes:
        value: The value, meaningless if there are problems.
        problems: Why there is none.
    """

    value: Any = None
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return not self.problems


class Field(ABC):
    """One value of a form.

    A value that was given, such as a default, is kept as it is until it is edited: it
    may say more than a field can show.

    Args:
        label: Its name for a reader.
        python_type: The type of its value.
        description: What its author says of it.
    """

    def __init__(self, label: str, python_type: Any, description: str = "") -> None:
        self.label = label
        self.python_type = python_type
        self.description = description
        self._given: Any = _NOTHING

    def give(self, value: Any) -> None:
        """Show a value, and hold just this one until it is edited."""
        self.show(value)
        self._given = value

    def edited(self) -> None:
        """Hold what was typed from now on, and no longer the value that was given."""
        self._given = _NOTHING

    def read(self) -> Reading:
        """Return the value, or what is wrong with it."""
        if self._given is not _NOTHING and not self.is_edited:
            return Reading(self._given)
        return self._read()

    @property
    def is_edited(self) -> bool:
        """Whether something was typed since a value was given, in it or below it."""
        parts = self.parts()
        return self._given is _NOTHING or any(part.is_edited for _, part in parts)

    def parts(self) -> Sequence[tuple[str | int, Field]]:
        """Return the fields that it is made of, each with its step in a path."""
        return ()

    def at(self, path: Sequence[str | int]) -> Field:
        """Return the field of a place in the value, or the nearest one above it."""
        for step, part in self.parts():
            if path and step == path[0]:
                return part.at(path[1:])
        return self

    def leaves(self) -> Iterator[Field]:
        """Yield the fields below it that have no parts, or itself."""
        parts = self.parts()
        if not parts:
            yield self
        for _, part in parts:
            yield from part.leaves()

    def problem(self, text: str) -> Reading:
        """Say what is wrong with this field."""
        return Reading(problems=(Problem(self, text),))

    def missing(self, what: str) -> Reading:
        """Say that nothing was filled in."""
        return Reading(problems=(Problem(self, f"Needed: {what}.", is_missing=True),))

    @abstractmethod
    def show(self, value: Any) -> None:
        """Fill it with a value."""

    @abstractmethod
    def _read(self) -> Reading:
        """Make a value of what was typed."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"


def merged(readings: Sequence[Reading]) -> Reading:
    """Return the values of several readings as a list, or all their problems."""
    problems = tuple(problem for one in readings for problem in one.problems)
    return Reading([one.value for one in readings], problems)
