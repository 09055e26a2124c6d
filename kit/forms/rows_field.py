"""Lists and dicts: as many fields as one likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from kit.forms.field import Field, Problem, Reading, merged
from kit.forms.nested_field import NestedField
from kit.forms.text_field import TextField
from kit.types.annotated import underlying

__all__ = ["DictField", "ListField", "RowsField"]

_MOST = 50
"""Longer lists and dicts are shown as JSON."""

Make = Callable[[str, Any], Field]


class RowsField(NestedField):
    """Rows of fields that can be added and removed.

    Args:
        label: Its name.
        python_type: A list or dict.
        description: What its author says of it.
        make: Makes a field for a type.
    """

    def __init__(
        self, label: str, python_type: Any, description: str, make: Make
    ) -> None:
        super().__init__(label, python_type, description)
        self._element = get_args(underlying(python_type))[-1]
        self._make = make
        self.rows: list[Field] = []

    @property
    def is_full(self) -> bool:
        """Whether there are as many rows as can be shown."""
        return len(self.rows) >= _MOST

    def add(self) -> None:
        """Add an empty row."""
        self.rows.append(self._made())
        self.edited()

    def remove(self, row: Field) -> None:
        """Remove a row."""
        self.rows.remove(row)
        self.edited()

    def fits(self, value: Any) -> bool:
        """Tell whether there are not too many rows for fields."""
        return isinstance(value, (list, dict)) and len(value) <= _MOST

    def _made(self) -> Field:
        return self._make(self.label, self._element)


class ListField(RowsField):
    """A list: each row is a field of its element's type."""

    @property
    def fields(self) -> Sequence[tuple[str | int, Field]]:
        """The rows by their positions."""
        return tuple(enumerate(self.rows))

    def fill(self, value: Any) -> None:
        """Make a row for each element."""
        self.rows = [self._made() for _ in value]
        for row, element in zip(self.rows, value, strict=True):
            row.give(element)

    def compose(self) -> Reading:
        """Return the elements as a list."""
        return merged([row.read() for row in self.rows])


class DictField(RowsField):
    """A dict with texts as keys: each row is a field of its value's type.

    Attributes:
        keys: The field of each row's key.
    """

    def __init__(
        self, label: str, python_type: Any, description: str, make: Make
    ) -> None:
        super().__init__(label, python_type, description, make)
        self.keys: list[TextField] = []

    @property
    def fields(self) -> Sequence[tuple[str | int, Field]]:
        """The rows by their keys."""
        return tuple(
            (key.text, row) for key, row in zip(self.keys, self.rows, strict=True)
        )

    @property
    def is_edited(self) -> bool:
        """Whether something was typed, into the keys too."""
        return super().is_edited or any(key.is_edited for key in self.keys)

    def add(self) -> None:
        """Add an empty row."""
        self.keys.append(self._key())
        super().add()

    def remove(self, row: Field) -> None:
        """Remove a row and its key."""
        del self.keys[self.rows.index(row)]
        super().remove(row)

    def fill(self, value: Any) -> None:
        """Make a row for each entry."""
        self.keys, self.rows = [], []
        for name, element in value.items():
            self.keys.append(self._key())
            self.keys[-1].give(name)
            self.rows.append(self._made())
            self.rows[-1].give(element)

    def compose(self) -> Reading:
        """Return the entries as a dict."""
        keys = merged([key.read() for key in self.keys])
        values = merged([row.read() for row in self.rows])
        problems = (*keys.problems, *values.problems, *self._repeated())
        if problems:
            return Reading(problems=problems)
        return Reading(dict(zip(keys.value, values.value, strict=True)))

    def _repeated(self) -> list[Problem]:
        texts = [key.text for key in self.keys]
        return [
            Problem(key, f"There is a key {key.text!r:.100} already.")
            for position, key in enumerate(self.keys)
            if key.text in texts[:position]
        ]

    def _key(self) -> TextField:
        key = TextField(f"{self.label} key", str)
        key.has_lines = False
        return key
