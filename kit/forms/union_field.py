"""Values of one of several types, nothing among them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from kit.definition.from_json import union_members
from kit.display.python_type import python_type_name
from kit.errors import KitError
from kit.forms.field import Field, Reading
from kit.types import default_engine
from kit.types.annotated import underlying

__all__ = ["UnionField"]

_NONE = type(None)


class UnionField(Field):
    """A choice of types, and a field for the chosen one.

    Args:
        label: Its name.
        python_type: The union.
        description: What its author says of it.
        make: Makes the field of a member, when it is first chosen.

    Attributes:
        members: The types.
        position: Which of them is chosen: nothing if that is one, or else the first.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str,
        make: Callable[[str, Any], Field],
    ) -> None:
        super().__init__(label, python_type, description)
        self.members = union_members(underlying(python_type))
        self.position = self.members.index(_NONE) if _NONE in self.members else 0
        self._make = make
        self._fields: dict[int, Field] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The members as a reader knows them."""
        return tuple(map(python_type_name, self.members))

    @property
    def chosen(self) -> Field | None:
        """The field of the chosen member; None if that is nothing."""
        if self.members[self.position] is _NONE:
            return None
        if self.position not in self._fields:
            member = self.members[self.position]
            self._fields[self.position] = self._make(self.label, member)
        return self._fields[self.position]

    def choose(self, position: int) -> None:
        """Choose a member by its position."""
        if position != self.position:
            self.position = position
            self.edited()

    def show(self, value: Any) -> None:
        """Choose the member that a value is of."""
        fitting = [i for i, kind in enumerate(self.members) if _is_of(value, kind)]
        if not fitting:
            fitting = [i for i, kind in enumerate(self.members) if _fits(value, kind)]
        if fitting:
            self.position = fitting[0]
        if self.chosen is not None:
            self.chosen.give(value)

    def parts(self) -> Sequence[tuple[str | int, Field]]:
        """Return the fields of the chosen member: a union is no step in a path."""
        return () if self.chosen is None else self.chosen.parts()

    def at(self, path: Sequence[str | int]) -> Field:
        """Return the field of a place in the value."""
        return self if self.chosen is None else self.chosen.at(path)

    @property
    def is_edited(self) -> bool:
        """Whether something was typed since a value was given."""
        return super().is_edited or (self.chosen is not None and self.chosen.is_edited)

    def _read(self) -> Reading:
        return Reading() if self.chosen is None else self.chosen.read()


def _is_of(value: Any, kind: Any) -> bool:
    return type(value) is underlying(kind)


def _fits(value: Any, kind: Any) -> bool:
    with contextlib.suppress(KitError):
        default_engine.to_literal(value, kind)
        return True
    return False
