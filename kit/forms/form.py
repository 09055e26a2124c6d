"""The form of a task: a field for each input."""

from __future__ import annotations

import copy
import dataclasses
import enum
import functools
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.definition.interface import Interface, is_optional
from kit.definition.json_values import union_members
from kit.display.types import python_type_name
from kit.errors import CallError, KitError, nearest
from kit.forms.fields import (
    ChoiceField,
    Field,
    PathField,
    Problem,
    Reading,
    SwitchField,
    TextField,
    description_of,
    is_place,
)
from kit.forms.nested import DictField, ListField, RecordField, UnionField, is_record
from kit.types import default_engine
from kit.types.annotated import is_class, underlying


def make_field(label: str, python_type: Any, description: str = "") -> Field:
    """Make the field of a type; what has no form of its own is typed as JSON."""
    bare = underlying(python_type)
    for belongs, make in _NESTED:
        if belongs(bare):
            return make(label, python_type, description, make_field)
    for belongs, kind in _PLAIN:
        if belongs(bare):
            return kind(label, python_type, description)
    return TextField(label, python_type, description)


def _is_list(python_type: Any) -> bool:
    return typing.get_origin(python_type) is list


def _is_dict(python_type: Any) -> bool:
    is_dict = typing.get_origin(python_type) is dict
    return is_dict and typing.get_args(python_type)[0] is str


def _is_choice(python_type: Any) -> bool:
    if typing.get_origin(python_type) is typing.Literal:
        return True
    return is_class(python_type) and issubclass(python_type, enum.Enum)


_NESTED: tuple[tuple[Callable[[Any], Any], Callable[..., Field]], ...] = (
    (union_members, UnionField),
    (_is_list, ListField),
    (_is_dict, DictField),
    (lambda kind: is_record(kind) and not is_place(kind), RecordField),
)
_PLAIN: tuple[tuple[Callable[[Any], bool], Callable[..., Field]], ...] = (
    (lambda kind: kind is bool, SwitchField),
    (_is_choice, ChoiceField),
    (is_place, PathField),
)
"""Which types have which field; the first that fits counts."""


@dataclass(frozen=True)
class Input:
    """An input of a task.

    Attributes:
        name: Its name.
        python_type: Its declared type.
        field: What it is typed into.
        is_required: Whether there is neither a default for it, nor may it be nothing.
    """

    name: str
    python_type: Any
    field: Field
    is_required: bool

    @property
    def type_name(self) -> str:
        """The type as its author would write it."""
        return python_type_name(self.python_type)

    @functools.cached_property
    def reading(self) -> Reading:
        """What :meth:`read` returned first; an edit makes another input."""
        return self.read()

    def read(self) -> Reading:
        """Return its value as a run would take it, or what is wrong."""
        reading = self.field.read()
        if not reading.ok or self.is_frame:
            return reading
        try:
            default_engine.to_literal(reading.value, self.python_type)
        except KitError as error:
            return Reading(problems=(self.refusal(error),))
        return reading

    def emptied(self) -> Input:
        """Return the input with an empty field, into which nothing was typed."""
        field = make_field(self.field.label, self.python_type, self.field.description)
        return dataclasses.replace(self, field=field)

    def refusal(self, error: KitError, skip: int = 0) -> Problem:
        """Return an error of the type engine as a problem of the field it is about.

        Args:
            error: The error.
            skip: How many steps of its path lead to this input.
        """
        path = tuple(getattr(error, "path", ()))[skip:]
        text = str(getattr(error, "message", error))
        return Problem(self.field.at(path), text)

    @property
    def is_frame(self) -> bool:
        """Whether there is a table in it, which the engine would write to check it."""
        leaves = self.field.leaves()
        return any(isinstance(leaf, PathField) and leaf.is_frame for leaf in leaves)


class Form:
    """The inputs of a task, to be filled in.

    Args:
        interface: The inputs, with types, defaults and descriptions.
        values: What to fill in instead of the defaults.

    Attributes:
        inputs: The inputs by name.
        given: Names of the inputs that were filled in instead of their defaults.

    Raises:
        CallError: A value is of no input.

    Example:
        >>> from kit.definition.interface import Interface
        >>> form = Form(Interface({"limit": (int, 3), "species": str}))
        >>> [(p.field.label, p.text) for p in form.read().problems]
        [('species', 'Needed: text.')]
        >>> form.inputs["species"].field.type("Gentoo")
        >>> form.read().value
        {'limit': 3, 'species': 'Gentoo'}
    """

    def __init__(
        self, interface: Interface, values: Mapping[str, Any] | None = None
    ) -> None:
        given = dict(values or {})
        self.given = frozenset(given)
        self.inputs = dict(_inputs(interface))
        for name in given:
            if name not in self.inputs:
                msg = f"There is no input {name!r}: the inputs are {interface}."
                raise CallError(msg + nearest(name, self.inputs))
        defaults = interface.default_inputs_as_kwargs
        for name, value in {**defaults, **given}.items():
            self.inputs[name].field.give(value)

    def with_input(self, entry: Input) -> Form:
        """Return a copy that has another input of the same name."""
        made = copy.copy(self)
        made.inputs = {**self.inputs, entry.name: entry}
        return made

    def reread(self) -> Form:
        """Return a copy whose inputs are read again: files may be others by now."""
        made = copy.copy(self)
        made.inputs = {name: dataclasses.replace(e) for name, e in self.inputs.items()}
        return made

    def read(self) -> Reading:
        """Return the values by name, or all that is wrong with them."""
        readings = self.readings()
        problems = tuple(p for one in readings.values() for p in one.problems)
        return Reading({name: one.value for name, one in readings.items()}, problems)

    def readings(self) -> dict[str, Reading]:
        """Return what is read of each input."""
        return {name: entry.read() for name, entry in self.inputs.items()}

    def refusals(self, error: KitError) -> dict[str, Reading]:
        """Return an error of a run's start by its input; empty if it is of none."""
        path = tuple(getattr(error, "path", ()))
        if path[:1] != ("inputs",) or path[1:2] == () or path[1] not in self.inputs:
            return {}
        problem = self.inputs[path[1]].refusal(error, skip=2)
        return {path[1]: Reading(problems=(problem,))}

    def take_over(self, other: Form) -> None:
        """Keep what was typed into another form, where the types are the same."""
        for name, entry in list(self.inputs.items()):
            before = other.inputs.get(name)
            if before is None or before.python_type != entry.python_type:
                continue
            is_filled = before.field.is_edited and before.read().ok
            if is_filled or (before.field.is_edited and entry.is_required):
                before.field.description = entry.field.description
                kept = Input(name, entry.python_type, before.field, entry.is_required)
                self.inputs[name] = kept


def _inputs(interface: Interface) -> Iterator[tuple[str, Input]]:
    docstring = interface.docstring
    described = docstring.input_descriptions if docstring else {}
    for name, python_type in interface.inputs.items():
        description = described.get(name) or description_of(python_type)
        field = make_field(name, python_type, description)
        has_default = interface.has_default(name)
        required = not (has_default or is_optional(python_type))
        yield name, Input(name, python_type, field, required)
