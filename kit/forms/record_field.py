"""Dataclasses and pydantic models: a field for each of theirs."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kit.definition.docstring import Docstring
from kit.forms.described import description_of
from kit.forms.field import Field, Problem, Reading, merged
from kit.forms.nested_field import NestedField
from kit.types.annotated import underlying

__all__ = ["RecordField", "is_record"]

Make = Callable[[str, Any, str], Field]


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
    hints = typing.get_type_hints(python_class, include_extras=True)
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
