"""Which field a type has."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable
from typing import Any

from kit.definition.from_json import union_members
from kit.forms.choice_field import ChoiceField, SwitchField
from kit.forms.field import Field
from kit.forms.path_field import PathField, is_place
from kit.forms.record_field import RecordField, is_record
from kit.forms.rows_field import DictField, ListField
from kit.forms.text_field import TextField
from kit.forms.union_field import UnionField
from kit.types.annotated import is_class, underlying

__all__ = ["make_field"]


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
