"""The whole message: field by field, and as text."""

from __future__ import annotations

from flyteidl.core.tasks_pb2 import (
    TaskTemplate,
)

from kit.display.leaves import leaves
from kit.display.message_lines import message_lines
from kit.display.sections.subject import Subject
from kit.display.summary import (
    Code,
    Finding,
    Item,
    Language,
    Section,
    Style,
    Table,
)
from kit.errors import (
    KitError,
)
from kit.template.files import encode_template

FORMS: dict[str, tuple[Language, str]] = {
    "json": ("json", "JSON"),
    "pbtxt": ("pbtxt", "protobuf text"),
}
_WHOLE = 8 * 1024  # bytes of a message that is written out in every form
_MOST_ROWS = 1_000
_WAY = "The whole message: kit show --format json, or kit.write_template."


def fields(subject: Subject) -> Section:
    """List every set field, with its source where that is known."""
    found = list(leaves(subject.template))
    shown = found[:_MOST_ROWS]
    columns: tuple[str, ...] = ("field", "value", "comes from")
    styles: tuple[Style, ...] = ("code", "text", "dim")
    rows: tuple[tuple[str, ...], ...]
    if subject.task is None:
        rows = tuple((leaf.path, leaf.value) for leaf in shown)
        columns, styles = columns[:2], styles[:2]
    else:
        rows = tuple(
            (leaf.path, leaf.value, subject.source(leaf.path)) for leaf in shown
        )
    rest = len(found) - len(shown)
    caption = f"the first {len(shown):,} of {len(found):,} fields" if rest else ""
    table = Table(columns, rows, caption, styles)
    return Section("Message, field by field", (table,), detail=True)


def message(subject: Subject) -> Section:
    """Write the message as YAML: what is registered."""
    template, notes = _readable(subject)
    items: list[Item] = list(notes)
    if template is not None:
        try:
            lines = message_lines(template, "yaml")
        except KitError as error:
            items.append(Finding("warning", f"It has no YAML: {error}"))
        else:
            items.append(Code("\n".join(line.text for line in lines), "yaml"))
    return Section("Message", tuple(items))


def forms(subject: Subject) -> Section:
    """Write the message as JSON and protobuf text, unless that is too long."""
    template, _ = _readable(subject)
    made = [] if template is None else [message_code(template, form) for form in FORMS]
    return Section("Message as text", tuple(made), detail=True)


def message_code(template: TaskTemplate, form: str) -> Code | Finding:
    """Write a message in one form; where that has no way to write it, say so."""
    language, title = FORMS[form]
    try:
        text = encode_template(template, form).decode()
    except (KitError, ValueError, OverflowError) as error:
        return Finding("warning", f"It has no {title}: {error}")
    return Code(text, language, title, folded=True)


def _readable(subject: Subject) -> tuple[TaskTemplate | None, tuple[Finding, ...]]:
    """Return what can be read of a message, if it is not too long, and what is not."""
    template, size = subject.template, subject.size
    notes: tuple[Finding, ...] = ()
    if size > _WHOLE and template.HasField("custom"):
        without = TaskTemplate()
        without.CopyFrom(template)
        without.ClearField("custom")
        size -= subject.custom_size
        told = f"custom is left out: its {subject.custom_size:,} bytes are shown below."
        notes = (Finding("note", told, _WAY),)
        template = without
    if size > _WHOLE:
        return None, (Finding("note", f"{size:,} bytes are too long to read.", _WAY),)
    return template, notes
