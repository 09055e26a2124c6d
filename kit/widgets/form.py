"""A form as widgets: a row for each field, with rows in it where a value has parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import ipywidgets

from kit.display.text import html_text, value_text
from kit.display.types import python_type_name
from kit.escape import one_line, shorten
from kit.forms.fields import (
    MOST_UPLOADED,
    ChoiceField,
    Field,
    PathField,
    Problem,
    Reading,
    SwitchField,
    TextField,
    Upload,
)
from kit.forms.form import Form, Input
from kit.forms.nested import DictField, NestedField, RecordField, RowsField, UnionField
from kit.widgets.base import Styles, close_parts, named

_LONGEST_LABEL = 80
_LONGEST_NOTE = 2_000


@dataclass
class Shared:
    """What the rows of an input share.

    Attributes:
        styles: Layouts and styles.
        lock: Held while a handler works: they run in any thread.
        changed: Called when something was typed, chosen or uploaded.
        rows: The rows that are shown, by their fields' ids.
        classes: Of the stylesheet, for each of the rows.
    """

    styles: Styles
    lock: AbstractContextManager[Any]
    changed: Callable[[], None]
    rows: dict[int, Row] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

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
        self._told = ("", field.description)
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
            names = named("kit-field", *self.classes, *self.shared.classes)
            self._box = ipywidgets.Box(kept, **self.shared.styles.box, **names)
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
        told = (message, self.field.description)
        if told == self._told:
            return
        self._message, self._told = message, told
        (self.box.add_class if message else self.box.remove_class)("kit-wrong")
        if self._note is None:
            self.box.children = (*self.box.children, *self._notes())
        else:
            self._note.value = self._note_html()

    def _notes(self) -> tuple[Any, ...]:
        """Return the note, which is made when there is something to say."""
        value = self._note_html()
        if value and self._note is None:
            self._note = ipywidgets.HTML(value, **self.shared.styles.html)
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


_MOST_LINES = 12


class TextRow(Row):
    """A line or several lines of text."""

    def __init__(self, field: TextField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        self._typed = field
        facts: dict[str, Any] = {
            "value": field.text,
            "description": label_text(label),
            "placeholder": field.hint,
            "continuous_update": False,
            **shared.styles.text,
        }
        self.control: Any
        if field.has_lines:
            lines = max(field.text.count("\n") + 1, field.lines)
            self.control = ipywidgets.Textarea(rows=min(lines, _MOST_LINES), **facts)
        else:
            self.control = ipywidgets.Text(**facts)
        typed = shared.handler(lambda change: field.type(change["new"]))
        self.control.observe(typed, names="value")
        self.put(self.control, *self._more())

    @property
    def text(self) -> str:
        """What its field has."""
        return self._typed.text

    def draw(self, text: str, *, disabled: bool) -> None:
        """Show another text, that nobody typed here."""
        self._typed.type(text)
        if self.control.value != text:
            self.control.value = text
        self.control.disabled = disabled

    def _more(self) -> tuple[Any, ...]:
        """Return what follows the text."""
        return ()


class ChoiceRow(Row):
    """A list to choose from."""

    def __init__(self, field: ChoiceField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        self._choice = field
        self.control: Any = ipywidgets.Dropdown(
            options=[(label_text(shown), word) for shown, word in field.options],
            value=field.chosen,
            description=label_text(label),
            **shared.styles.choice,
        )
        chosen = shared.handler(lambda change: field.choose(change["new"]))
        self.control.observe(chosen, names="value")
        self.put(self.control)

    @property
    def text(self) -> str:
        """The word that its field has, if one is chosen."""
        return self._choice.chosen or ""

    def draw(self, text: str, *, disabled: bool) -> None:
        """Show another word, that nobody chose here."""
        self._choice.choose(text)
        if self.control.value != text:
            self.control.value = text
        self.control.disabled = disabled


class SwitchRow(Row):
    """A box to tick."""

    def __init__(self, field: SwitchField, label: str, shared: Shared) -> None:
        super().__init__(field, label, shared)
        control = ipywidgets.Checkbox(
            value=field.is_on,
            description=label_text(label),
            indent=False,
            **shared.styles.switch,
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
        field, styles = self._path, self.shared.styles
        what = "files" if field.takes_many else "a file"
        self._upload = ipywidgets.FileUpload(
            accept=field.accepts,
            multiple=field.takes_many,
            description=f"Upload {what}",
            tooltip=self.hint,
            **styles.button,
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


MakeRow = Callable[[Field, str, Shared], Row]


class UnionRow(Row):
    """A list of types to choose from, and the row of the chosen one."""

    def __init__(
        self, field: UnionField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        super().__init__(field, label, shared)
        self._union, self._make = field, make
        names = [(label_text(name), i) for i, name in enumerate(field.names)]
        self._control = ipywidgets.Dropdown(
            options=names,
            value=field.position,
            description=label_text(label),
            **shared.styles.choice,
        )
        self._control.observe(shared.handler(self._choose), names="value")
        self._draw()

    def _choose(self, change: Any) -> None:
        self._union.choose(change["new"])
        self._draw()

    def _draw(self) -> None:
        chosen = self._union.chosen
        if chosen is None:
            self.put(self._control)
            return
        name = f"{self._union.label} as {self._union.names[self._union.position]}"
        row = self._make(chosen, name, self.shared)
        self.put(self._control, row.box, inner=[row])


class NestedRow(Row):
    """The rows of an object, or its JSON.

    A value that was given is shown as one until its reader edits it: most defaults are
    not, and each widget takes its time.
    """

    classes = ("kit-nested",)

    def __init__(
        self, field: NestedField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        super().__init__(field, label, shared)
        self._nested, self._make = field, make
        self._is_open = field.is_edited
        self.draw()

    def draw(self) -> None:
        """Show its value, its fields, or its JSON, anew."""
        if not self._is_open:
            value = f"<code>{html_text(value_text(self._nested.read().value))}</code>"
            self.put(self._head([self._button("Edit", self._open)], value))
            return
        json = self._nested.json
        if json is not None:
            row: Row = TextRow(json, f"{self.label} as JSON", self.shared)
            rows, tools = [row], [self._button("As fields", self._use_fields)]
        else:
            rows, tools = self._rows(), self._tools()
        body = ipywidgets.Box(
            tuple(self._body(row) for row in rows),
            **self.shared.styles.box,
            **named("kit-fields", "kit-nested-body"),
        )
        self.put(self._head(tools), body, inner=self._inner_rows(rows))

    def _rows(self) -> list[Row]:
        return [
            self._make(part, f"{self._nested.label}.{step}", self.shared)
            for step, part in self._nested.parts()
        ]

    def _tools(self) -> list[Any]:
        return [self._button("As JSON", self._use_json)]

    def _head(self, tools: list[Any], value: str = "") -> Any:
        styles = self.shared.styles
        label = f"<b>{html_text(label_text(self.label))}</b> {value}"
        title = ipywidgets.HTML(label, **styles.html)
        names = named("kit-nested-head")
        return ipywidgets.Box((title, *tools), **styles.box, **names)

    def _inner_rows(self, rows: list[Row]) -> list[Row]:
        return rows

    def _body(self, row: Row) -> Any:
        return row.box

    def _button(self, text: str, act: Callable[[], None]) -> Any:
        tooltip = f"{text}: {self._nested.label}"
        button = ipywidgets.Button(
            description=text, tooltip=tooltip, **self.shared.styles.button
        )

        def clicked(_button: Any) -> None:
            act()

        button.on_click(self.shared.handler(clicked))
        return button

    def _open(self) -> None:
        self._is_open = True
        self.draw()

    def _use_json(self) -> None:
        self._nested.use_json()
        self.draw()

    def _use_fields(self) -> None:
        if self._nested.use_fields().ok:
            self.draw()


class RowsRow(NestedRow):
    """Rows that can be added and removed."""

    def __init__(
        self, field: RowsField, label: str, shared: Shared, make: MakeRow
    ) -> None:
        self._many = field
        self._keys: dict[int, Row] = {}
        super().__init__(field, label, shared, make)

    def _rows(self) -> list[Row]:
        self._keys = {}
        rows = []
        keys = self._many.keys if isinstance(self._many, DictField) else []
        for number, part in enumerate(self._many.rows, 1):
            row = self._make(part, f"{self._many.label} {number}", self.shared)
            if keys:
                name = f"{self._many.label} key {number}"
                key = TextRow(keys[number - 1], name, self.shared)
                self._keys[id(row)] = key
            rows.append(row)
        return rows

    def _inner_rows(self, rows: list[Row]) -> list[Row]:
        return [*self._keys.values(), *rows]

    def _tools(self) -> list[Any]:
        add = self._button("Add", self._add)
        add.disabled = self._many.is_full
        return [add, *super()._tools()]

    def _body(self, row: Row) -> Any:
        if row.field not in self._many.rows:
            return row.box  # it is the JSON
        remove = self._button("Remove", lambda: self._remove(row.field))
        remove.tooltip = f"Remove {row.label}"
        key = self._keys.get(id(row))
        parts = (row.box, remove) if key is None else (key.box, row.box, remove)
        return ipywidgets.Box(parts, **self.shared.styles.box, **named("kit-entry"))

    def _add(self) -> None:
        self._many.add()
        self.draw()

    def _remove(self, part: Field) -> None:
        self._many.remove(part)
        self.draw()


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


_AT_ONCE = 60
"""Inputs that are shown at first: each is several messages to the browser."""


class FormView:
    """Draws a form, and puts into it what its reader does.

    Args:
        form: The form.
        styles: What all widgets of the view share.
        lock: Held while a handler works: they run in any thread.
        changed: Called after each change.

    Attributes:
        root: The widget.
    """

    def __init__(
        self,
        form: Form,
        styles: Styles,
        lock: AbstractContextManager[Any],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._styles, self._lock, self._changed = styles, lock, changed
        self.root = ipywidgets.Box(**styles.box, **named("kit-fields", "kit-inputs"))
        self._more: Any = None
        self._views: list[_InputView] = []
        self._waiting: list[Input] = []
        self.show(form)

    def show(self, form: Form) -> None:
        """Show another form in the place of the one that was shown."""
        self._waiting = list(form.inputs.values())
        self._views = []
        before = [child for child in self.root.children if child is not self._more]
        self.reveal(_AT_ONCE)
        for widget in before:
            close_parts(widget)

    def reveal(self, count: int | None = None) -> None:
        """Show so many more inputs, or all of them."""
        more = len(self._waiting) if count is None else count
        shown, self._waiting = self._waiting[:more], self._waiting[more:]
        self._views += [self._view(entry) for entry in shown]
        boxes = [view.row.box for view in self._views]
        self.root.children = (*boxes, *self._rest())

    def _rest(self) -> tuple[Any, ...]:
        """Return the button that shows the others, if there are any."""
        if self._more is None and self._waiting:
            self._more = ipywidgets.Button(**self._styles.button)
            self._more.on_click(self._click_more)
        if self._waiting:
            self._more.description = f"Show {len(self._waiting)} more inputs"
            return (self._more,)
        if self._more is not None:
            self._more.close()
        return ()

    def tell(self, readings: Mapping[str, Reading]) -> None:
        """Show what is wrong with inputs beside their fields, and with no others."""
        waiting = {entry.name for entry in self._waiting}
        if any(name in waiting for name, reading in readings.items() if not reading.ok):
            self.reveal()
        for view in self._views:
            view.tell(readings.get(view.name, Reading()).problems)

    def _click_more(self, _button: Any) -> None:
        with self._lock:
            self.reveal()

    def _view(self, entry: Input) -> _InputView:
        return _InputView(entry, self._styles, self._lock, self._changed)


class _InputView:
    """The row of an input, checked whenever something in it has changed."""

    def __init__(
        self,
        entry: Input,
        styles: Styles,
        lock: AbstractContextManager[Any],
        changed: Callable[[], None],
    ) -> None:
        self.name = entry.name
        self._entry = entry
        self._changed = changed
        self._shared = Shared(styles, lock, self._check)
        label = f"{entry.name}*" if entry.is_required else entry.name
        self.row = make_row(entry.field, label, self._shared)

    def tell(self, problems: Sequence[Problem]) -> None:
        """Show problems of this input, each beside its field or the whole of it."""
        texts: dict[int, str] = {}
        for problem in problems:
            row = self._shared.rows.get(id(problem.field), self.row)
            texts.setdefault(id(row), problem.text)
        for row in list(self._shared.rows.values()):
            row.tell(texts.get(id(row), ""))

    def _check(self) -> None:
        problems = self._entry.read().problems
        self.tell([problem for problem in problems if not problem.is_missing])
        self._changed()
