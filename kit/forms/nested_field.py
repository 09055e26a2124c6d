"""Values that are made of others, each of which is a field or, together, JSON."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from kit.definition.parse_text import json_parser
from kit.forms.field import Field, Reading
from kit.forms.text_field import TextField

__all__ = ["NestedField"]


class NestedField(Field):
    """A field with fields in it, which can be typed as JSON instead.

    Attributes:
        json: The field for the whole as JSON; None while its parts are fields.
    """

    def __init__(self, label: str, python_type: Any, description: str = "") -> None:
        super().__init__(label, python_type, description)
        self.json: TextField | None = None

    @property
    @abstractmethod
    def fields(self) -> Sequence[tuple[str | int, Field]]:
        """The fields in it, each with its step in a path."""

    @abstractmethod
    def fill(self, value: Any) -> None:
        """Fill the fields in it with the parts of a value."""

    @abstractmethod
    def fits(self, value: Any) -> bool:
        """Tell whether a value can be shown as fields."""

    @abstractmethod
    def compose(self) -> Reading:
        """Make a value of the fields in it."""

    def parts(self) -> Sequence[tuple[str | int, Field]]:
        """Return the fields that are shown."""
        return self.fields if self.json is None else ()

    def at(self, path: Sequence[str | int]) -> Field:
        """Return the field of a place in the value."""
        return super().at(path) if self.json is None else self.json

    @property
    def is_edited(self) -> bool:
        """Whether something was typed since a value was given."""
        return super().is_edited or (self.json is not None and self.json.is_edited)

    def show(self, value: Any) -> None:
        """Show a value as fields, or as JSON where these would be too many."""
        if self.fits(value):
            self.json = None
            self.fill(value)
        else:
            self._open_json().give(value)

    def use_json(self) -> None:
        """Type it as JSON from now on; what the fields hold stands in it."""
        if self.json is not None:
            return
        reading, was_edited = self.read(), self.is_edited
        json = self._open_json()
        if reading.ok:
            json.give(reading.value)
        if was_edited:
            self.edited()

    def use_fields(self) -> Reading:
        """Use fields from now on, unless the JSON holds what they cannot.

        Returns:
            What the JSON holds, or why it is kept.
        """
        if self.json is None:
            return Reading()
        if not self.json.text.strip():
            self.json = None
            return Reading()
        reading = self.json.read()
        if reading.ok and not self.fits(reading.value):
            return self.json.problem("This is too much for fields: it stays JSON.")
        if reading.ok:
            self.give(reading.value)
        return reading

    def _open_json(self) -> TextField:
        parser = json_parser(self.python_type)
        self.json = TextField(self.label, self.python_type, parser=parser)
        return self.json

    def _read(self) -> Reading:
        return self.compose() if self.json is None else self.json.read()
