"""Fields with fields in them: objects, lists, dicts, and a choice of types."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import typing
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

from kit.annotations import type_hints
from kit.definition.interface import Docstring
from kit.definition.json_values import union_members
from kit.definition.parsing import json_parser
from kit.display.types import python_type_name
from kit.errors import KitError
from kit.forms.fields import Field, Problem, Reading, TextField, description_of, merged
from kit.types import default_engine
from kit.types.annotated import underlying

if TYPE_CHECKING:
    from typing_extensions import Self


JSON = "{"
"""The step of a key that leads to a value as JSON."""
CHOSEN = "|"
"""The step that leads to the chosen member of a union."""


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

    def copied(self) -> Self:
        """Return a copy, with copies of all that is in it."""
        made = super().copied()
        made.json = self.json and self.json.copied()
        return made

    def inner(self, step: str) -> Field | None:
        """Return the JSON, or the field of a name."""
        if step == JSON or self.json is not None:
            return self.json if step == JSON else None
        return next((f for s, f in self.steps() if s == step), None)

    def steps(self) -> Iterator[tuple[str, Field]]:
        """Yield the fields in it, each with its step of a key."""
        for name, field in self.fields:
            yield f".{name}", field

    def parts(self) -> Sequence[tuple[str | int, Field]]:
        """Return the fields that are shown."""
        return self.fields if self.json is None else ()

    def at(self, path: Sequence[str | int]) -> Field:
        """Return the field of a place in the value."""
        return super().at(path) if self.json is None else self.json

    @property
    def _is_typed_over(self) -> bool:
        is_typed = self.json is not None and self.json.is_edited
        return super()._is_typed_over or is_typed

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


Make = Callable[..., Field]
"""Makes a field of a label, a type and perhaps a description."""


class _Member(typing.NamedTuple):
    """A field of a class."""

    name: str
    python_type: Any
    description: str
    default: Callable[[], Any] | None


class RecordField(NestedField):
    """An object whose fields are fields of the form.

    Args:
        label: Its name.
        python_type: The class.
        description: What its author says of it.
        make: Makes a field for a type.
    """

    def __init__(
        self, label: str, python_type: Any, description: str, make: Make
    ) -> None:
        super().__init__(label, python_type, description)
        self._class = underlying(python_type)
        self._fields: dict[str, Field] = {}
        for member in _members(self._class):
            field = make(member.name, member.python_type, member.description)
            if member.default is not None:
                field.give(member.default())
            self._fields[member.name] = field

    def copied(self) -> Self:
        """Return a copy, with copies of all that is in it."""
        made = super().copied()
        made._fields = {name: field.copied() for name, field in self._fields.items()}
        return made

    @property
    def fields(self) -> Sequence[tuple[str | int, Field]]:
        """The fields by their names."""
        return tuple(self._fields.items())

    def fits(self, value: Any) -> bool:
        """Tell whether a value is an object of the class."""
        return isinstance(value, self._class)

    def fill(self, value: Any) -> None:
        """Give each field its part of an object."""
        for name, field in self._fields.items():
            field.give(getattr(value, name))

    def compose(self) -> Reading:
        """Make an object; what its class has against it is a problem of its field."""
        parts = merged([field.read() for field in self._fields.values()])
        if not parts.ok:
            return parts
        try:
            return Reading(self._class(**self._arguments(parts.value)))
        except Exception as error:  # noqa: BLE001 - whatever the author's class raises
            return Reading(problems=tuple(self._refusals(error)))

    def _arguments(self, values: list[Any]) -> dict[str, Any]:
        named = dict(zip(self._fields, values, strict=True))
        models = getattr(self._class, "model_fields", {})
        return {
            getattr(models.get(name), "alias", None) or name: value
            for name, value in named.items()
        }

    def _refusals(self, error: Exception) -> Iterator[Problem]:
        errors: Any = getattr(error, "errors", None)
        if callable(errors):  # pydantic's, one for each field
            for entry in errors():
                yield Problem(self.at(entry["loc"]), f"{entry['msg']}.")
        else:
            yield Problem(self, f"{type(error).__name__}: {error}")


def is_record(python_type: Any) -> bool:
    """Tell whether a type is a dataclass, or a pydantic model."""
    if not isinstance(python_type, type):
        return False
    return dataclasses.is_dataclass(python_type) or hasattr(python_type, "model_fields")


def _members(python_class: Any) -> Iterator[_Member]:
    written = Docstring(python_class.__doc__).input_descriptions
    known = _model_members if hasattr(python_class, "model_fields") else _data_members
    for member in known(python_class):
        description = member.description or written.get(member.name) or ""
        yield member._replace(description=description)


def _data_members(python_class: Any) -> Iterator[_Member]:
    hints = type_hints(python_class)
    for field in dataclasses.fields(python_class):
        if not field.init:
            continue
        default: Callable[[], Any] | None = None
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory
        elif field.default is not dataclasses.MISSING:
            default = _constant(field.default)
        kind = hints[field.name]
        said = str(field.metadata.get("description", "")) or description_of(kind)
        yield _Member(field.name, kind, said, default)


def _model_members(python_class: Any) -> Iterator[_Member]:
    for name, info in python_class.model_fields.items():
        default: Callable[[], Any] | None = None
        if not info.is_required():
            default = _constant(info.get_default(call_default_factory=True))
        yield _Member(name, info.annotation, info.description or "", default)


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


_MOST = 50
"""Longer lists and dicts are shown as JSON."""


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
        self._numbers = itertools.count(1)
        self.rows: list[Field] = []

    def copied(self) -> Self:
        """Return a copy, with copies of all that is in it."""
        made = super().copied()
        made.rows = [row.copied() for row in self.rows]
        return made

    def steps(self) -> Iterator[tuple[str, Field]]:
        """Yield the rows; each keeps its number when another one goes."""
        for row in self.rows:
            yield f"#{row.number}", row

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
        row = self._make(self.label, self._element)
        row.number = next(self._numbers)
        return row


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

    def copied(self) -> Self:
        """Return a copy, with copies of all that is in it."""
        made = super().copied()
        made.keys = [key.copied() for key in self.keys]
        return made

    def steps(self) -> Iterator[tuple[str, Field]]:
        """Yield the rows and their keys."""
        for row, key in zip(self.rows, self.keys, strict=True):
            yield f"#{row.number}", row
            yield f"#{row.number}key", key

    @property
    def fields(self) -> Sequence[tuple[str | int, Field]]:
        """The rows by their keys."""
        return tuple(
            (key.text, row) for key, row in zip(self.keys, self.rows, strict=True)
        )

    @property
    def _is_typed_over(self) -> bool:
        return super()._is_typed_over or any(key.is_edited for key in self.keys)

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
        make: Make,
    ) -> None:
        super().__init__(label, python_type, description)
        self.members = union_members(underlying(python_type))
        self.position = self.members.index(_NONE) if _NONE in self.members else 0
        self._make = make
        self._fields: dict[int, Field] = {}

    def copied(self) -> Self:
        """Return a copy, with copies of all that is in it."""
        made = super().copied()
        made._fields = {at: field.copied() for at, field in self._fields.items()}
        return made

    def inner(self, step: str) -> Field | None:
        """Return the field of the chosen member."""
        return self.chosen if step == CHOSEN else None

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
    def _is_typed_over(self) -> bool:
        is_typed = self.chosen is not None and self.chosen.is_edited
        return super()._is_typed_over or is_typed

    def _read(self) -> Reading:
        return Reading() if self.chosen is None else self.chosen.read()


def _is_of(value: Any, kind: Any) -> bool:
    return type(value) is underlying(kind)


def _fits(value: Any, kind: Any) -> bool:
    with contextlib.suppress(KitError):
        default_engine.to_literal(value, kind)
        return True
    return False
