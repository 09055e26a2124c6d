"""What the rows of a form have in common: a control, and a note below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import ipywidgets

from kit.display.escape import html_text, one_line, shorten
from kit.forms.field import Field
from kit.widgets.closing import close_parts
from kit.widgets.looks import Looks, named

__all__ = ["Row", "Shared", "label_text"]

_LONGEST_LABEL = 80
_LONGEST_NOTE = 2_000


@dataclass
class Shared:
    """What the rows of an input share.

    Attributes:
        looks: Layouts and styles.
        lock: Held while a handler works: they run in any thread.
        changed: Called when something was typed, chosen or uploaded.
        rows: The rows that are shown, by their fields' ids.
    """

    looks: Looks
    lock: AbstractContextManager[Any]
    changed: Callable[[], None]
    rows: dict[int, Row] = field(default_factory=dict)

    def handler(self, act: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a handler of events that does something to the form."""

        def handle(event: Any) -> None:
            with self.lock:
                act(event)
                self.changed()

        return handle


class Row:
    """A field of a form as a widget.

    Args:
        field: The field.
        label: Its name for a reader, where it stands.
        shared: What it shares with others.
    """

    classes: ClassVar[tuple[str, ...]] = ()
    """Of the stylesheet, besides that of every row."""
    hint: ClassVar[str] = ""
    """What is always told below the control."""

    def __init__(self, field: Field, label: str, shared: Shared) -> None:
        self.field = field
        self.label = label
        self.shared = shared
        self._note: Any = None
        self._message = ""
        self._inner: tuple[Row, ...] = ()
        self._box: Any = None
        shared.rows[id(field)] = self

    @property
    def box(self) -> Any:
        """The widget, which is made when something is first put into it."""
        return self._box

    def put(self, *controls: Any, inner: Sequence[Row] = ()) -> None:
        """Show these controls in it, and close those that were there before."""
        kept = (*controls, *self._notes())
        gone_rows = [row for row in self._inner if row not in inner]
        self._inner = tuple(inner)
        if self._box is None:
            names = named("kit-field", *self.classes)
            self._box = ipywidgets.Box(kept, **self.shared.looks.box, **names)
            return
        before, self._box.children = self._box.children, kept
        for row in gone_rows:
            row.forget()
        for widget in before:
            if widget not in kept:
                close_parts(widget)

    def forget(self) -> None:
        """Let nothing more be told to it, nor to those in it."""
        self.shared.rows.pop(id(self.field), None)
        for row in self._inner:
            row.forget()

    def tell(self, message: str) -> None:
        """Show why its content is no value; an empty text shows that it is one."""
        if message == self._message:
            return
        self._message = message
        (self.box.add_class if message else self.box.remove_class)("kit-wrong")
        if self._note is None:
            self.box.children = (*self.box.children, *self._notes())
        else:
            self._note.value = self._note_html()

    def _notes(self) -> tuple[Any, ...]:
        """Return the note, which is made when there is something to say."""
        value = self._note_html()
        if value and self._note is None:
            self._note = ipywidgets.HTML(value, **self.shared.looks.html)
        return () if self._note is None else (self._note,)

    def _note_html(self) -> str:
        parts = [
            f"<p><small>{html_text(shorten(text, _LONGEST_NOTE))}</small></p>"
            for text in (self.field.description, self.hint)
            if text
        ]
        if self._message:
            text = html_text(shorten(self._message, _LONGEST_NOTE))
            parts.append(f'<p role="alert" class="kit-bad">{text}</p>')
        return "".join(parts)


def label_text(text: str) -> str:
    """Return text as a label shows it: one line, not too long."""
    return shorten(one_line(text), _LONGEST_LABEL)
