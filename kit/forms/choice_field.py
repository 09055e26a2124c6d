"""Values that are chosen: enums, literals, yes or no, nothing."""

from __future__ import annotations

from typing import Any

from kit.definition.parse_text import parser_for
from kit.definition.to_json import as_text
from kit.forms.field import Field, Reading

__all__ = ["ChoiceField", "SwitchField"]


class ChoiceField(Field):
    """One of some words.

    Attributes:
        chosen: The word, None while nothing is chosen.
    """

    def __init__(self, label: str, python_type: Any, description: str = "") -> None:
        super().__init__(label, python_type, description)
        self._parser = parser_for(python_type)
        self.chosen: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What there is to choose from."""
        return self._parser.choices

    def choose(self, word: str | None) -> None:
        """Choose a word."""
        if word != self.chosen:
            self.chosen = word
            self.edited()

    def show(self, value: Any) -> None:
        """Choose the word for a value; one that has none is held all the same."""
        self.chosen = next((w for w in self.words if self._means(w, value)), None)

    def _means(self, word: str, value: Any) -> bool:
        return word == as_text(value) or bool(self._parser.parse(word) == value)

    def _read(self) -> Reading:
        if self.chosen is None:
            return self.missing("choose one")
        return Reading(self._parser.parse(self.chosen))


class SwitchField(Field):
    """Yes or no.

    Attributes:
        is_on: Whether it is yes; no at first.
    """

    is_on = False

    def switch(self, *, on: bool) -> None:
        """Say yes or no."""
        if on != self.is_on:
            self.is_on = on
            self.edited()

    def show(self, value: Any) -> None:
        """Show a value."""
        self.is_on = bool(value)

    def _read(self) -> Reading:
        return Reading(self.is_on)
