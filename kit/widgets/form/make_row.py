"""Which row a field has."""

from __future__ import annotations

from typing import Any

from kit.display.python_type import python_type_name
from kit.forms.choice_field import ChoiceField, SwitchField
from kit.forms.field import Field
from kit.forms.path_field import PathField
from kit.forms.record_field import RecordField
from kit.forms.rows_field import RowsField
from kit.forms.text_field import TextField
from kit.forms.union_field import UnionField
from kit.widgets.form.nested_rows import NestedRow, RowsRow, UnionRow
from kit.widgets.form.plain_rows import ChoiceRow, PathRow, SwitchRow, TextRow
from kit.widgets.form.row import Row, Shared

__all__ = ["make_row"]

_NESTED: tuple[tuple[type[Field], Any], ...] = (
    (UnionField, UnionRow),
    (RowsField, RowsRow),
    (RecordField, NestedRow),
)
_PLAIN: tuple[tuple[type[Field], Any], ...] = (
    (SwitchField, SwitchRow),
    (ChoiceField, ChoiceRow),
    (PathField, PathRow),
    (TextField, TextRow),
)


def make_row(field: Field, label: str, shared: Shared) -> Row:
    """Make the row of a field; its label says its type."""
    named = f"{label}: {python_type_name(field.python_type)}"
    for kind, make in _NESTED:
        if isinstance(field, kind):
            row: Row = make(field, named, shared, make_row)
            return row
    plain = next(make for kind, make in _PLAIN if isinstance(field, kind))
    made: Row = plain(field, named, shared)
    return made
