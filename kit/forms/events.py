"""Events of a form: what a reader types, chooses or uploads makes another form.

A form is not changed by them: each event returns a copy, in which the fields of one
input are other ones. A field is named by a key: the name of the input, then a step for
each field on the way down. A step is ``.name`` for an object's field, ``#3`` for a row,
``#3key`` for the key of a row, ``|`` for the chosen member of a union, and ``{`` for a
value as JSON.

>>> from kit.definition.interface import Interface
>>> form = Form(Interface({"rows": list[int]}))
>>> form = acted(form, "add", field_key("rows"))
>>> form = typed(form, field_key("rows", "#1"), "7")
>>> form.read().value
{'rows': [7]}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from kit.errors import CallError
from kit.forms.fields import (
    ChoiceField,
    Field,
    PathField,
    SwitchField,
    TextField,
    Upload,
)
from kit.forms.form import Form
from kit.forms.nested import NestedField, RowsField, UnionField
from kit.forms.variables import fits

_SAFE = ".#|{"


def field_key(name: str, *steps: str) -> str:
    """Return the key of a field.

    Args:
        name: Of the input.
        *steps: From the field of the input to the one that is meant.
    """
    return "/".join(quote(step, safe=_SAFE) for step in (name, *steps))


def typed(form: Form, key: str, value: object) -> Form:
    """Return a form in which a field has what was typed or chosen.

    Args:
        form: The form before.
        key: Of the field.
        value: A text; the position of an option; whether a box is ticked.

    Raises:
        CallError: There is no such field, or it has no such option.
    """
    made, field = _opened(form, key)
    if isinstance(field, SwitchField):
        field.switch(on=value in (True, "true"))
    elif isinstance(field, ChoiceField):
        field.choose(field.options[_position(field, value, len(field.options))][1])
    elif isinstance(field, UnionField):
        field.choose(_position(field, value, len(field.members)))
    elif isinstance(field, TextField):
        field.type(str(value))
    else:
        raise _unknown(key)
    return made


def acted(form: Form, action: str, key: str) -> Form:
    """Return a form in which rows came or went, or a value is typed another way.

    Args:
        form: The form before.
        action: ``add`` a row, ``remove`` one, type a value as ``json`` or as
            ``fields``, or ``clear`` a value that is held, so that one can be typed.
        key: Of the field; of a row that is removed.

    Raises:
        CallError: There is no such field, or it knows no such action.
    """
    if action == "remove":
        above, _, step = key.rpartition("/")
        made, field = _opened(form, above)
        row = field.inner(unquote(step))
        if isinstance(field, RowsField) and row in field.rows:
            field.remove(row)
            return made
        raise _unknown(key)
    made, field = _opened(form, key)
    if action == "add" and isinstance(field, RowsField):
        if not field.is_full:
            field.add()
    elif action == "json" and isinstance(field, NestedField):
        field.use_json()
    elif action == "fields" and isinstance(field, NestedField):
        field.use_fields()
    elif action == "clear" and "/" not in key:
        return form.with_input(form.inputs[unquote(key)].emptied())
    else:
        raise _unknown(key)
    return made


def received(form: Form, key: str, uploads: list[Upload]) -> Form:
    """Return a form in which a field has the path of uploaded files.

    Raises:
        CallError: There is no such field, or the files are too large.
    """
    made, field = _opened(form, key)
    if not isinstance(field, PathField):
        raise _unknown(key)
    before, reading = field.text, field.receive(uploads)
    if field.text == before and not reading.ok:
        raise CallError(reading.problems[0].text)
    return made


def used(form: Form, name: str, variable: str, namespace: Mapping[str, Any]) -> Form:
    """Return a form in which an input has the value of a variable.

    Args:
        form: The form before.
        name: Of the input.
        variable: Its name.
        namespace: The variables of the notebook.

    Raises:
        CallError: There is no such variable, or its value does not fit the input.
    """
    entry = form.inputs.get(name)
    if entry is None:
        raise _unknown(name)
    if variable not in namespace:
        msg = f"There is no variable {variable!r} in this notebook. Run its cell first."
        raise CallError(msg)
    if not fits(namespace[variable], entry.python_type):
        kind = type(namespace[variable]).__name__
        msg = f"{variable!r} is a {kind}; {name!r} takes {entry.type_name}."
        raise CallError(msg)
    made, field = _opened(form, field_key(name))
    field.use(variable, namespace[variable])
    return made


def refreshed(form: Form, namespace: Mapping[str, Any]) -> Form:
    """Return a form whose variables have the values that they have by now."""
    for name, entry in form.inputs.items():
        variable = entry.field.variable
        if not variable:
            continue
        value = namespace.get(variable)
        if value is entry.field.given:
            continue
        if variable in namespace and fits(value, entry.python_type):
            form = used(form, name, variable, namespace)
    return form


def _opened(form: Form, key: str) -> tuple[Form, Field]:
    """Return a copy of a form, and the field in it that a key names."""
    name, *steps = [unquote(step) for step in key.split("/")]
    entry = form.inputs.get(name)
    if entry is None:
        raise _unknown(key)
    copied = dataclasses.replace(entry, field=entry.field.copied())
    made = form.with_input(copied)
    field: Field = copied.field
    for step in steps:
        inner = field.inner(step)
        if inner is None:
            raise _unknown(key)
        field = inner
    return made, field


def _position(field: Field, value: object, count: int) -> int:
    text = str(value)
    if text.isascii() and text.isdigit() and int(text) < count:
        return int(text)
    msg = f"{field.label!r} has {count} options, there is no option {text!r:.40}."
    raise CallError(msg)


def _unknown(key: str) -> CallError:
    msg = f"The form has no field {key!r:.200} any more. It was redrawn meanwhile."
    return CallError(msg)
