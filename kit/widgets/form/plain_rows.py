"""Rows of one control: text, choices, switches, and files."""

from __future__ import annotations

from typing import Any

import ipywidgets

from kit.forms.choice_field import ChoiceField, SwitchField
from kit.forms.path_field import MOST_UPLOADED, PathField
from kit.forms.text_field import TextField
from kit.forms.uploads import Upload
from kit.widgets.form.row import Row, Shared, label_text
from kit.widgets.looks import named

__all__ = ["ChoiceRow", "PathRow", "SwitchRow", "TextRow"]

_MOST_LINES = 12


class TextRow(Row):
    """A line or several lines of text."""

    def __init__(self, field: TextField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        facts: dict[str, Any] = {
            "value": field.text,
            "description": label_text(label),
            "placeholder": field.hint,
            "continuous_update": False,
            **shared.looks.text,
        }
        self.control: Any
        if field.has_lines:
            lines = field.text.count("\n") + 1
            self.control = ipywidgets.Textarea(rows=min(lines, _MOST_LINES), **facts)
        else:
            self.control = ipywidgets.Text(**facts)
        typed = shared.handler(lambda change: field.type(change["new"]))
        self.control.observe(typed, names="value")
        self.put(self.control, *self._more())

    def _more(self) -> tuple[Any, ...]:
        """Return what stands behind the text."""
        return ()


class ChoiceRow(Row):
    """A list to choose from."""

    def __init__(self, field: ChoiceField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        options = [("choose…", None), *((label_text(w), w) for w in field.words)]
        control = ipywidgets.Dropdown(
            options=options,
            value=field.chosen,
            description=label_text(label),
            **shared.looks.choice,
        )
        chosen = shared.handler(lambda change: field.choose(change["new"]))
        control.observe(chosen, names="value")
        self.put(control)


class SwitchRow(Row):
    """A box to tick."""

    def __init__(self, field: SwitchField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        control = ipywidgets.Checkbox(
            value=field.is_on,
            description=label_text(label),
            indent=False,
            **shared.looks.switch,
        )
        switched = shared.handler(lambda change: field.switch(on=change["new"]))
        control.observe(switched, names="value")
        self.put(control)


class PathRow(TextRow):
    """A path or URL, and a button to upload what it shall name.

    What is too large for a message never arrives, and nobody is told: so the bound is
    said before.
    """

    hint = f"Uploads: up to {MOST_UPLOADED // 10**6} MB. Larger data: its path or URL."

    def __init__(self, field: PathField, label: str, shared: Shared) -> None:
        self._path = field
        self._refused = ""
        super().__init__(field, label, shared)

    def _more(self) -> tuple[Any, ...]:
        field, looks = self._path, self.shared.looks
        what = "files" if field.takes_many else "a file"
        self._upload = ipywidgets.FileUpload(
            accept=field.accepts,
            multiple=field.takes_many,
            description=f"Upload {what}",
            tooltip=self.hint,
            **looks.button,
            **named("kit-upload"),
        )
        self._upload.observe(self.shared.handler(self._receive), names="value")
        return (self._upload,)

    def tell(self, message: str) -> None:
        """Show what is wrong; that an upload was refused stays until the next one."""
        super().tell(self._refused or message)

    def _receive(self, change: Any) -> None:
        files = change["new"]
        if not files:
            return
        uploads = [Upload(file["name"], bytes(file["content"])) for file in files]
        before = self._path.text
        reading = self._path.receive(uploads)
        refused = self._path.text == before and not reading.ok
        self._refused = reading.problems[0].text if refused else ""
        self.control.value = self._path.text
        self._upload.value = ()  # it holds the contents, here and in the browser
