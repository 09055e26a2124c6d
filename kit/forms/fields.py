"""A field of a form: one value that is typed or chosen."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kit.definition.json_values import as_text, to_json
from kit.definition.parsing import Parser, parser_for
from kit.errors import KitError
from kit.types.annotated import annotations_of

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
        hint: What kind of text it takes; what its parser takes by default.

    Attributes:
        has_lines: Whether its text may have several lines.
        lines: How many lines it shows at least.
        text: What it shows.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str = "",
        parser: Parser | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(label, python_type, description)
        self.parser = parser or parser_for(python_type)
        metavar = self.parser.metavar
        self.hint = _HINTS.get(metavar, metavar) if hint is None else hint
        self.has_lines = metavar in _LINES
        self.lines = 1
        self.text = ""
        self._is_typed = False

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


class ChoiceField(Field):
    """One of some words.

    Args:
        label: Its name.
        python_type: The type of its value.
        description: What its author says of it.
        options: The words, by what a reader sees; those of the type by default.

    Attributes:
        options: What there is to choose from, by what a reader sees.
        chosen: The word, None while nothing is chosen.
    """

    def __init__(
        self,
        label: str,
        python_type: Any,
        description: str = "",
        options: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(label, python_type, description)
        self._parser = parser_for(python_type)
        words = [(word, word) for word in self._parser.choices]
        self.options: tuple[tuple[str, str | None], ...]
        self.options = tuple(options) if options else (("choose…", None), *words)
        self.chosen: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What there is to choose from."""
        return tuple(word for _, word in self.options if word is not None)

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


def description_of(python_type: Any) -> str:
    """Return the text among the annotations of a type, or what describes it there.

    >>> from typing import Annotated
    >>> description_of(Annotated[int, "how many"])
    'how many'
    """
    for annotation in annotations_of(python_type):
        for name in ("documentation", "description"):  # of Doc, and of pydantic's Field
            text = getattr(annotation, name, None)
            if isinstance(text, str):
                return text
        if isinstance(annotation, str):
            return annotation
    return ""
