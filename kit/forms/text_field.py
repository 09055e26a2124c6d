"""Values that are typed: numbers, text, times, and JSON for what has no other form."""

from __future__ import annotations

import json
from typing import Any

from kit.definition.parse_text import Parser, parser_for
from kit.definition.to_json import as_text, to_json
from kit.errors import KitError
from kit.forms.field import Field, Reading

__all__ = ["TextField"]

_LINES = ("TEXT", "JSON")


class TextField(Field):
    """A field of text, read as a flag of the command line is.

    Nothing was typed into a new field: that is no empty text, which one gets by
    emptying it.

    Args:
        label: Its name.
        python_type: The type of its value.
        description: What its author says of it.
        parser: How its text is read; by its type's way by default.

    Attributes:
        has_lines: Whether its text may have several lines.
        text: What it shows.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str = "",
        parser: Parser | None = None,
    ) -> None:
        super().__init__(label, python_type, description)
        self.parser = parser or parser_for(python_type)
        self.has_lines = self.parser.metavar in _LINES
        self.text = ""
        self._is_typed = False

    @property
    def hint(self) -> str:
        """What kind of text it takes."""
        return _HINTS.get(self.parser.metavar, self.parser.metavar)

    def type(self, text: str) -> None:
        """Put a text into it."""
        if text != self.text or not self._is_typed:
            self.text = text
            self._is_typed = True
            self.edited()

    def show(self, value: Any) -> None:
        """Write a value as one would type it."""
        self._is_typed = True
        self.text = _pretty(value) if self.parser.metavar == "JSON" else as_text(value)

    def _read(self) -> Reading:
        if not self._is_typed or (not self.text.strip() and not self._takes_nothing):
            return self.missing(self.hint)
        try:
            return Reading(self.parser.parse(self.text))
        except (
            ValueError,
            KitError,
        ) as error:  # of packages that miss, too
            return self.problem(str(error))

    @property
    def _takes_nothing(self) -> bool:
        return self.parser.metavar == "TEXT"


def _pretty(value: Any) -> str:
    return json.dumps(to_json(value), indent=2, ensure_ascii=False)


_HINTS = {
    "INTEGER": "a whole number",
    "FLOAT": "a number",
    "TEXT": "text",
    "TIME": "a time, as in 2024-05-01T10:00:00Z",
    "DATE": "a date, as in 2024-05-01",
    "DURATION": "a duration, as in 1h30m, or seconds",
    "PATH": "a path or URL",
    "URI": "where a table is stored: a path or URL",
}
