"""A form as native elements of HTML: the one leaf that draws fields.

A field is a row: its own name, its control, what its author says of it, and what is
wrong with it. Objects, lists and dicts are groups that fold, without boxes. What a
reader does is sent by the script of live views (``kit/widgets/live.py``) and understood
by :mod:`kit.forms.events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kit.display.text import attribute, html_text, value_text
from kit.display.types import python_type_name
from kit.escape import label, shorten
from kit.forms.events import field_key
from kit.forms.fields import (
    MOST_UPLOADED,
    ChoiceField,
    Field,
    PathField,
    Problem,
    SwitchField,
    TextField,
)
from kit.forms.form import Input
from kit.forms.nested import (
    CHOSEN,
    JSON,
    DictField,
    NestedField,
    RowsField,
    UnionField,
)
from kit.forms.variables import Variable, summary_of

PREFIX = "in/"
"""What the keys of fields begin with in events."""
_SHORT = 100  # characters of a sentence beside a field
_LONGEST_NOTE = 400
_LONGEST_MESSAGE = 4_000
_LONGEST_VALUE = 20_000  # characters of a text that can be edited in a page
_MOST_LINES = 12
_SHORT_VALUE = 80


@dataclass(frozen=True)
class Drawing:
    """What is drawn beside the fields of an input.

    Attributes:
        problems: What is wrong with them.
        variables: Variables whose values fit the input.
    """

    problems: Sequence[Problem] = ()
    variables: Sequence[Variable] = ()

    def texts(self, field: Field) -> Iterator[str]:
        """Yield what is wrong with a field itself."""
        for problem in self.problems:
            if problem.field is field:
                yield problem.text

    def is_wrong(self, field: Field) -> bool:
        """Return whether something is wrong with a field, or with one below it."""
        inner = [part for _, part in field.parts()]
        inner += (
            [field.chosen] if isinstance(field, UnionField) and field.chosen else []
        )
        is_wrong = any(problem.field is field for problem in self.problems)
        return is_wrong or any(map(self.is_wrong, inner))


def input_html(entry: Input, drawing: Drawing | None = None) -> str:
    """Return an input as an element.

    Args:
        entry: The input.
        drawing: What is drawn beside its fields.
    """
    drawing = drawing or Drawing()
    row = _Row(field_key(entry.name), entry.name, drawing, is_needed=entry.is_required)
    tools = _variables_html(entry, drawing.variables)
    if entry.field.variable:
        return row.framed(entry.field, _held_html(entry.field, row.key), tools)
    return row.html(entry.field, tools)


def problem_html(text: str) -> str:
    """Return what is wrong as one short sentence; the whole of it on request."""
    short = short_sentence(text)
    whole = shorten(text, _LONGEST_MESSAGE)
    if short == " ".join(whole.split()):
        return f'<p class="kit-error-text" role="alert">{html_text(short)}</p>'
    return (
        f'<div class="kit-error-text"><p role="alert">{html_text(short)}</p>'
        f"<details><summary>more</summary><p>{html_text(whole)}</p></details></div>"
    )


def short_sentence(text: str) -> str:
    """Return the first sentence of a text, or its beginning.

    >>> short_sentence("expected a number. A number has digits: " + 99 * "9")
    'expected a number.'
    """
    line = " ".join(text.split())
    if len(line) <= _SHORT and "\n" not in text:
        return line
    head = line[:_SHORT]
    if ". " in head:
        return head[: head.index(". ") + 1]
    at = max(head.rfind(end) for end in (": ", ", "))
    return (head[:at] if at > _SHORT // 5 else head.rstrip()) + "…"


@dataclass(frozen=True)
class _Row:
    """Where a field is drawn.

    Attributes:
        key: Of the field.
        name: What it is called.
        drawing: What is drawn beside it.
        is_needed: Whether there is no run without it.
        shown: What is shown in place of its name, for rows of a list.
    """

    key: str
    name: str
    drawing: Drawing
    is_needed: bool = False
    shown: str | None = None

    def below(self, step: str, name: str, shown: str | None = None) -> _Row:
        """Return the row of a field below it."""
        key = f"{self.key}/{field_key(step)}"
        return _Row(key, name, self.drawing, shown=shown)

    def html(self, field: Field, tools: str = "") -> str:
        """Draw a field."""
        for kind, draw in _GROUPS:
            if isinstance(field, kind):
                return str(draw(self, field, tools))
        return self.framed(field, _control(self, field), _upload(self, field) + tools)

    def framed(
        self, field: Field, control: str, tools: str = "", chosen: Field | None = None
    ) -> str:
        """Put a control beside its name, above what is said of it.

        Args:
            field: The field.
            control: What it is typed into.
            tools: What is beside that.
            chosen: The chosen member of a union, if it is in the same row.
        """
        told = self.told(field) + (self.told(chosen) if chosen else "")
        wrong = " kit-wrong" if told else ""
        more = f'<span class="kit-field-tools">{tools}</span>' if tools else ""
        return (
            f'<div class="kit-field{wrong}" data-kit-key="{attribute(self.key)}">'
            f'<label class="kit-labelled">{self.title(field)}'
            f'<span class="kit-control">{control}</span></label>{more}'
            f"{_note_html(field)}{told}</div>"
        )

    def title(self, field: Field) -> str:
        """Return its name and its type."""
        if self.shown is not None:
            name = html_text(self.shown)
            return f'<span class="kit-name">{name}</span>' if name else ""
        needed = '<b class="kit-needed" title="needed">*</b>' if self.is_needed else ""
        kind = html_text(label(python_type_name(field.python_type)))
        return (
            f'<span class="kit-name">{html_text(label(self.name))}{needed} '
            f'<span class="kit-type">{kind}</span></span>'
        )

    def told(self, field: Field) -> str:
        """Return what is wrong with the field."""
        return "".join(map(problem_html, dict.fromkeys(self.drawing.texts(field))))

    def names(self, field: Field) -> str:
        """Return the attributes of its control."""
        invalid = ' aria-invalid="true"' if any(self.drawing.texts(field)) else ""
        return (
            f'data-kit-field="{attribute(PREFIX + self.key)}" '
            f'aria-label="{attribute(label(self.name))}"{invalid}'
        )


def _note_html(field: Field) -> str:
    note = shorten(field.description, _LONGEST_NOTE)
    return f'<p class="kit-note">{html_text(note)}</p>' if note else ""


def _held_html(field: Field, key: str) -> str:
    """Return what a field holds that no control can show."""
    name = f"<code>{html_text(label(field.variable))}</code> " if field.variable else ""
    told = html_text(summary_of(field.given))
    clear = _action("clear", key, "Type a value", f"Type a value of {field.label}")
    is_input = "/" not in key
    return f'<span class="kit-held">{name}{told}</span>{clear if is_input else ""}'


def _variables_html(entry: Input, variables: Sequence[Variable]) -> str:
    """Return a menu of variables; nothing if there are none."""
    if not variables:
        return ""
    chosen = entry.field.variable
    options = "".join(
        f'<option value="{escape(variable.name, quote=True)}"'
        f"{' selected' if variable.name == chosen else ''}>"
        f"{html_text(label(variable.name))} ({html_text(label(variable.summary))})"
        "</option>"
        for variable in variables
    )
    key = attribute(f"{PREFIX}{field_key(entry.name)}=")
    name = attribute(label(f"A variable as {entry.name}"))
    return (
        f'<select class="kit-variables" data-kit-field="{key}" aria-label="{name}" '
        f'title="{name}"><option value="">variable…</option>{options}</select>'
    )


def _action(action: str, key: str, text: str, title: str) -> str:
    name = attribute(label(title))
    return (
        f'<button type="button" class="kit-quiet" data-kit-action="form.{action}" '
        f'data-kit-value="{attribute(key)}" title="{name}" aria-label="{name}">'
        f"{html_text(text)}</button>"
    )


# --- controls -------------------------------------------------------------------------


def _text_control(row: _Row, field: TextField) -> str:
    if len(field.text) > _LONGEST_VALUE:
        size = f"{len(field.text):,} characters"
        clear = _action("clear", row.key, "Type another", f"Type another {row.name}")
        return f'<span class="kit-held">text, {size}</span>{clear}'
    value, hint = escape(field.text, quote=True), attribute(label(field.hint))
    facts = f'{row.names(field)} placeholder="{hint}" spellcheck="false"'
    if not field.has_lines:
        numeric = ' inputmode="decimal"' if field.hint in _NUMBERS else ""
        return f'<input type="text" value="{value}"{numeric} {facts}>'
    lines = min(max(field.text.count("\n") + 1, field.lines), _MOST_LINES)
    return f'<textarea rows="{lines}" {facts}>\n{value}</textarea>'


_NUMBERS = ("a whole number", "a number")


def _control(row: _Row, field: Field) -> str:
    """Return what a value without parts is typed into, or that it is held."""
    if isinstance(field, PathField) and field.holds_table:
        return _held_html(field, row.key)
    draw = next(draw for kind, draw in _CONTROLS if isinstance(field, kind))
    return draw(row, field)


def _upload(row: _Row, field: Field) -> str:
    """Return what uploads files; nothing for other fields."""
    if not isinstance(field, PathField):
        return ""
    many = " multiple" if field.takes_many else ""
    what = "Upload files" if field.takes_many else "Upload a file"
    size = MOST_UPLOADED // 10**6
    title = attribute(f"{what}, up to {size} MB; larger data by its path or URL")
    name = attribute(label(f"{what} as {row.name}"))
    return (
        f'<label class="kit-upload" title="{title}"><input type="file"{many} '
        f'accept="{attribute(field.accepts)}" aria-label="{name}" '
        f'data-kit-upload="{attribute(PREFIX + row.key)}">'
        f'<span aria-hidden="true">{what}…</span></label>'
    )


def _options(options: Sequence[tuple[str, bool]]) -> str:
    return "".join(
        f'<option value="{position}"{" selected" if is_chosen else ""}>'
        f"{html_text(label(text))}</option>"
        for position, (text, is_chosen) in enumerate(options)
    )


def _choice_control(row: _Row, field: ChoiceField) -> str:
    options = [(shown, word == field.chosen) for shown, word in field.options]
    return f"<select {row.names(field)}>{_options(options)}</select>"


def _switch_control(row: _Row, field: SwitchField) -> str:
    checked = " checked" if field.is_on else ""
    return f'<input type="checkbox" {row.names(field)}{checked}>'


_CONTROLS: tuple[tuple[type[Field], Callable[[_Row, Any], str]], ...] = (
    (SwitchField, _switch_control),
    (ChoiceField, _choice_control),
    (TextField, _text_control),
)


# --- groups ---------------------------------------------------------------------------


def _union(row: _Row, field: UnionField, tools: str) -> str:
    options = [(name, at == field.position) for at, name in enumerate(field.names)]
    names = row.names(field).replace(
        f'aria-label="{attribute(label(row.name))}"',
        f'aria-label="{attribute(label(f"type of {row.name}"))}"',
    )
    choice = f'<select class="kit-kind" {names}>{_options(options)}</select>'
    chosen = field.chosen
    if chosen is None:
        return row.framed(field, choice, tools)
    inner = row.below(CHOSEN, row.name, shown="")
    if isinstance(chosen, (UnionField, NestedField)):
        below = _indented(inner.html(chosen), row.name)
        return row.framed(field, choice, tools) + below
    control = choice + _control(inner, chosen)
    return row.framed(field, control, _upload(inner, chosen) + tools, chosen)


def _nested(row: _Row, field: NestedField, tools: str) -> str:
    """Draw an object as a group that folds, with its value in the folded line."""
    reading = field.read()
    value = f"<code>{html_text(_value(reading.value))}</code>" if reading.ok else ""
    is_open = field.is_edited or row.drawing.is_wrong(field) or not reading.ok
    inner = _indented(_inside(row, field), row.name)
    more = f'<span class="kit-field-tools">{tools}</span>' if tools else ""
    wrong = " kit-wrong" if any(row.drawing.texts(field)) else ""
    return (
        f'<div class="kit-group{wrong}" data-kit-key="{attribute(row.key)}">'
        f"<details{' open' if is_open else ''}><summary>{row.title(field)} {value}"
        f"</summary>{_note_html(field)}{inner}</details>{more}{row.told(field)}</div>"
    )


def _value(value: Any) -> str:
    return shorten(value_text(value), _SHORT_VALUE)


def _indented(html: str, name: str) -> str:
    group = attribute(label(name))
    return f'<div class="kit-inner" role="group" aria-label="{group}">{html}</div>'


def _inside(row: _Row, field: NestedField) -> str:
    if field.json is not None:
        json = row.below(JSON, row.name, shown="JSON")
        back = _action("fields", row.key, "As fields", f"Type {row.name} in fields")
        return json.html(field.json) + back
    as_json = _action("json", row.key, "As JSON", f"Type {row.name} as JSON")
    if not isinstance(field, RowsField):
        parts = (row.below(step, step[1:]).html(part) for step, part in field.steps())
        return "".join(parts) + f'<p class="kit-tools">{as_json}</p>'
    add = _action("add", row.key, "+ Add", f"Add to {row.name}")
    add = "" if field.is_full else add
    entries = "".join(_entries(row, field))
    return f'{entries}<p class="kit-tools">{add}{as_json}</p>'


def _entries(row: _Row, field: RowsField) -> Iterator[str]:
    keys = field.keys if isinstance(field, DictField) else [None] * len(field.rows)
    for number, (part, key) in enumerate(zip(field.rows, keys, strict=True), 1):
        step = f"#{part.number}"
        shown = str(number) if key is None else ""
        below = row.below(step, f"{row.name} {number}", shown=shown)
        title = f"Remove {row.name} {number}"
        remove = _action("remove", below.key, "✕", title)
        named = ""
        if key is not None:
            name = f"key {number} of {row.name}"
            named = row.below(f"{step}key", name, shown="").html(key)
        yield (
            f'<div class="kit-entry" data-kit-key="{attribute(below.key)}">'
            f"{named}{below.html(part)}{remove}</div>"
        )


_GROUPS: tuple[tuple[type[Field], Callable[[_Row, Any, str], str]], ...] = (
    (UnionField, _union),
    (NestedField, _nested),
)
