"""The fields of a preview as widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from kit.display.escape import html_text
from kit.widgets.looks import Looks, named
from kit.widgets.preview.edits import Edits
from kit.widgets.preview.fields import FIELDS, Field

__all__ = ["Form"]

_ROWS = {"env": 3, "settings_env": 3, "custom": 5}


class Form:
    """A control for each field, and beside it why its text does not hold.

    Args:
        edits: What the fields show.
        edit: Called with a field and its new text.
        looks: What all widgets of the view share.
    """

    def __init__(
        self,
        edits: Edits,
        edit: Callable[[str, str], None],
        looks: Looks,
    ) -> None:
        self._edits = edits
        self._looks = looks
        self._edit = edit
        self._controls = {field.key: self._control(field) for field in FIELDS}
        self._boxes = {field.key: self._box(field) for field in FIELDS}
        self._notes: dict[str, ipywidgets.HTML] = {}

    def boxes(self, group: str) -> list[ipywidgets.Box]:
        """Return the fields of a group, each in a box."""
        return [self._boxes[field.key] for field in FIELDS if field.group == group]

    def draw(self, *, disabled: bool) -> None:
        """Show the texts in force, what is edited, and what is wrong."""
        held, errors = self._edits.held, self._edits.errors
        for field in FIELDS:
            key, control = field.key, self._controls[field.key]
            fixed = self._edits.fixed(key)
            text = self._edits.text(key)
            if control.value != text:
                control.value = text
            control.disabled = disabled or bool(fixed)
            _set_class(self._boxes[key], "kit-edited", on=key in held)
            _set_class(self._boxes[key], "kit-wrong", on=key in errors)
            self._note(key, errors.get(key, ""), fixed)

    def _note(self, key: str, error: str, fixed: str) -> None:
        """Write below a field why its text does not hold, or why it is fixed."""
        value = ""
        if error:
            value = f'<p role="alert" class="kit-bad">{html_text(error)}</p>'
        elif fixed:
            value = f"<p><small>{html_text(fixed)}</small></p>"
        if value and key not in self._notes:
            self._notes[key] = ipywidgets.HTML(**self._looks.html)
            box = self._boxes[key]
            box.children = (*box.children, self._notes[key])
        if key in self._notes:
            self._notes[key].value = value

    def _control(self, field: Field) -> Any:
        value = self._edits.text(field.key)
        facts: dict[str, Any] = {"description": field.label, "value": value}
        if field.control == "choice":
            facts |= {"options": field.options, **self._looks.box}
            control = ipywidgets.Dropdown(**facts)
        else:
            facts |= {"placeholder": field.hint, "continuous_update": False}
            facts |= self._looks.text
            rows = _ROWS.get(field.key)
            kind = ipywidgets.Text if rows is None else ipywidgets.Textarea
            control = kind(**facts, **({} if rows is None else {"rows": rows}))
        control.observe(
            lambda change: self._edit(field.key, change["new"]), names="value"
        )
        return control

    def _box(self, field: Field) -> ipywidgets.Box:
        names = named("kit-field", f"kit-field-{field.key}")
        control = self._controls[field.key]
        return ipywidgets.Box([control], **self._looks.box, **names)


def _set_class(widget: Any, name: str, *, on: bool) -> None:
    if on:
        widget.add_class(name)
    else:
        widget.remove_class(name)
