"""The fields of a preview: the facts that are set, and the rest by a name to add."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kit.checks.report import Finding as Found
from kit.display.text import attribute, html_text
from kit.escape import label, one_line, shorten
from kit.forms.fields import ChoiceField
from kit.forms.task_fields import TaskField, field_named
from kit.widgets.preview_state import CUSTOM, PreviewState

_LONGEST_NOTE = 90


_GROUPS = (
    ("Image", ("image", "default_image")),
    ("Resources", ("cpu", "mem", "gpu", "disk")),
    ("Execution", ("retries", "timeout", "cache")),
    ("Environment", ("env",)),
    ("Custom", ("custom",)),
    ("Settings", ("project", "domain", "version", "runtime", "settings_env")),
)
_PAIRS = {key: f"{key}_limit" for key in ("cpu", "mem", "gpu", "disk")}
_WHOLE = {"settings_env", "default_image"}
_ALONE = {"env", "image"}


def facts_html(state: PreviewState) -> str:
    """Return the fields that are set, in groups, with what the checks found of each."""
    if state.is_past:
        return '<p class="kit-quiet kit-more">Its facts are in the message.</p>'
    notes = _notes(state)
    groups = "".join(_group(state, title, keys, notes) for title, keys in _GROUPS)
    return f'<div data-kit-scroll class="kit-facts-scroll">{groups}</div>'


def _group(
    state: PreviewState, title: str, keys: tuple[str, ...], notes: dict[str, str]
) -> str:
    set_keys = [key for key in keys if _is_shown(state, key)]
    rest = [key for key in keys if key not in set_keys and _can_add(state, key)]
    rows = "".join(_rows_of(state, key, notes) for key in set_keys)
    more = "".join(
        f'<button type="button" class="kit-link" data-kit-action="add" '
        f'data-kit-value="{key}" data-kit-opens="{key}">{_name(key)}</button>'
        for key in rest
    )
    if not rows and not more:
        return ""
    added = f'<p class="kit-more"><span aria-hidden="true">+</span> {more}</p>'
    return (
        f'<fieldset class="kit-group" data-kit-key="{title}"><legend>{title}</legend>'
        f"{rows}{added if more else ''}</fieldset>"
    )


def _name(key: str) -> str:
    return html_text(field_named(key).label)


def _is_shown(state: PreviewState, key: str) -> bool:
    if key == "default_image" and state.edits.fixed(key):
        return False
    return state.is_set(key) or (key in _PAIRS and state.is_set(_PAIRS[key]))


def _can_add(state: PreviewState, key: str) -> bool:
    return not state.is_past and not state.edits.fixed(key)


def _rows_of(state: PreviewState, key: str, notes: dict[str, str]) -> str:
    if key == "custom":
        return "".join(_custom_rows(state, notes))
    field = field_named(key)
    if key in _PAIRS:
        request = _control(state, field, f"{field.label} request")
        limit = _control(state, field_named(_PAIRS[key]), f"{field.label} limit")
        both = f"{request}<small>limit</small>{limit}"
        return _row(key, field.label, both, _troubles(state, (key, _PAIRS[key]), notes))
    control = _control(state, field, field.label)
    below = _troubles(state, (key,), notes)
    names = (
        "kit-row",
        *("kit-wide",) * (key in _WHOLE),
        *("kit-alone",) * (key in _ALONE),
    )
    return _row(key, field.label, control, below, " ".join(names))


def _row(key: str, name: str, controls: str, below: str, names: str = "kit-row") -> str:
    return (
        f'<div class="{names}" data-kit-key="{attribute(key)}">'
        f'<span class="kit-label" aria-hidden="true">{html_text(label(name))}</span>'
        f'<span class="kit-controls">{controls}</span>{below}</div>'
    )


def _control(state: PreviewState, described: TaskField, name: str) -> str:
    key = described.key
    edits = state.edits
    fixed = edits.fixed(key)
    facts = [f'data-kit-field="{key}"', f'aria-label="{attribute(name)}"']
    if key in edits.errors:
        facts.append('aria-invalid="true"')
    if key in edits.held:
        facts.append('class="kit-edited"')
    if state.is_past or fixed:
        facts.append("disabled")
    if fixed:
        facts.append(f'title="{attribute(fixed)}"')
    text = edits.text(key)
    field = described.field()
    if isinstance(field, ChoiceField):
        options = "".join(
            f'<option value="{attribute(value)}"'
            f"{' selected' if value == text else ''}>{html_text(title)}</option>"
            for title, value in described.options
        )
        return f"<select {' '.join(facts)}>{options}</select>"
    if described.lines > 1:
        rows = min(max(text.count("\n") + 1, 1), 8)
        return (
            f'<textarea {" ".join(facts)} rows="{rows}" spellcheck="false" '
            f'placeholder="{attribute(described.hint)}">{_area(text)}</textarea>'
        )
    return (
        f'<input type="text" {" ".join(facts)} value="{attribute(text)}" '
        f'placeholder="{attribute(described.hint)}" autocomplete="off" '
        'spellcheck="false">'
    )


def _area(text: str) -> str:
    """Return the text of an area; a parser leaves out a first end of line."""
    return f"\n{html_text(text)}" if text.startswith("\n") else html_text(text)


def _custom_rows(state: PreviewState, notes: dict[str, str]) -> Iterator[str]:
    custom = state.custom
    is_odd = "custom" in state.edits.errors
    plain = {
        name: value
        for name, value in custom.items()
        if isinstance(value, str | int | float) and "\n" not in str(value)
    }
    if not is_odd:
        for name, value in plain.items():
            yield _row(
                f"{CUSTOM}{name}",
                name,
                _entry(state, name, value),
                _note(notes.get(f"{CUSTOM}{name}", "")),
            )
    whole = _control(state, field_named("custom"), "custom as JSON")
    below = _troubles(state, ("custom",), notes)
    if is_odd or len(plain) < len(custom) or not custom:
        yield _row("custom", "JSON", whole, below, "kit-row kit-alone")
        return
    yield f'<details data-kit-key="json"><summary>as JSON</summary>{whole}</details>'


def _entry(state: PreviewState, name: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    key = attribute(f"{CUSTOM}{name}")
    disabled = " disabled" if state.is_past else ""
    edited = ' class="kit-edited"' if _is_edited(state, name, value) else ""
    return (
        f'<input type="text" data-kit-field="{key}" '
        f'aria-label="{attribute(f"custom {name}")}" value="{attribute(text)}" '
        f'autocomplete="off" spellcheck="false"{edited}{disabled}>'
    )


def _is_edited(state: PreviewState, name: str, value: object) -> bool:
    if "custom" not in state.edits.held:
        return False
    before = state.base.subject.custom.value
    return name not in before or before[name] != value


def _troubles(state: PreviewState, keys: tuple[str, ...], notes: dict[str, str]) -> str:
    errors = "".join(_error(state, key) for key in keys if key in state.edits.errors)
    return errors + "".join(_note(notes.get(key, "")) for key in keys)


def _error(state: PreviewState, key: str) -> str:
    """Return an error in a short sentence, and the whole of it on request."""
    text = one_line(shorten(state.edits.errors[key], 2_000))
    if len(text) <= _LONGEST_NOTE:
        return f'<div class="kit-wrong-text" role="alert">{html_text(text)}</div>'
    hint = field_named(key).hint
    typed = in_short(state.edits.text(key))
    example = f"; an example: {hint}" if hint not in _NO_EXAMPLES else ""
    short = f"{typed!r} is not valid here{example}."
    return (
        '<details class="kit-wrong-text" role="alert"><summary>'
        f"{html_text(short)}</summary>{html_text(text)}</details>"
    )


_NO_EXAMPLES = ("", "none", "{}", "0", "the default image")


def _note(text: str) -> str:
    if not text:
        return ""
    short = html_text(shorten(one_line(text), _LONGEST_NOTE))
    return (
        f'<small class="kit-note-text" title="{attribute(text)}">'
        f'<span aria-hidden="true">⚠</span> {short}</small>'
    )


def _notes(state: PreviewState) -> dict[str, str]:
    """Return what the checks found, by the field that it is about."""
    report = state.look.now.report
    notes: dict[str, str] = {}
    for found in () if report is None else report.findings:
        key = _field_of_finding(state, found)
        if key:
            told = "unused" if found.rule == "custom.unused" else found.message
            notes.setdefault(key, told)
    return notes


_ARGUMENTS = {
    "requests": {"cpu": "cpu", "mem": "mem", "gpu": "gpu", "ephemeral_storage": "disk"},
    "limits": {"cpu": "cpu_limit", "mem": "mem_limit", "gpu": "gpu_limit"},
}
_PLACES = {
    "container_image": "image",
    "image": "image",
    "environment": "env",
    "metadata.retries": "retries",
    "metadata.timeout": "timeout",
    "metadata.cache_version": "cache",
}


def _field_of_finding(state: PreviewState, found: Found) -> str:
    path = found.path
    if path.startswith(CUSTOM):
        entry = path.removeprefix(CUSTOM).partition(".")[0].partition("[")[0]
        return f"{CUSTOM}{entry}" if entry in state.custom else "custom"
    side, _, name = path.partition(".")
    if side in _ARGUMENTS:
        return _ARGUMENTS[side].get(name, "")
    return _PLACES.get(path, "") or state.about(path)


def in_short(text: str) -> str:
    """Return what a field says in a few characters."""
    return shorten(one_line(text), 24) if text else "none"
