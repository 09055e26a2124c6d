"""What a preview shows of its state: a head with the ladder, tabs, and a foot."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator

from flyteidl.admin.task_pb2 import TaskSpec

from kit.checks.report import Severity
from kit.difference.edits import compare_messages
from kit.display.html import item_html, section_html
from kit.display.ladder import ladder_html
from kit.display.message_lines import FORMS, Known, message_html
from kit.display.of_reports import finding_item
from kit.display.sections.command import command, loader_arguments, rendered
from kit.display.sections.environment import appended, environment, secrets
from kit.display.sections.interface import signature
from kit.display.summary import Code, Finding, Item, Section
from kit.display.text import attribute, html_text
from kit.errors import KitError, render_path
from kit.escape import label, one_line, shorten
from kit.evidence import Rung
from kit.forms.task_fields import field_named
from kit.runners import RUNNERS
from kit.widgets.live import AnyPart, Part, slot
from kit.widgets.preview_fields import facts_html, in_short
from kit.widgets.preview_state import LAZY, STAGES, PreviewState, proof_section
from kit.widgets.view_registry import shared

_TITLES = {
    "template": "Template",
    "interface": "Interface",
    "command": "Command",
    "checks": "Checks",
    "run": "Run",
    "changes": "Changes",
    "history": "History",
    "details": "Details",
}
_COMMAND = (command, loader_arguments, rendered, environment, appended, secrets)
_MOST_DEFINITIONS = 50
_LONGEST_SENTENCE = 200
_MOST_NAMED = 3


def view(state: PreviewState) -> Iterable[AnyPart]:
    """Return the parts of a preview; views that show the same draw them once a cell."""
    edits = state.edits
    if edits.typed or state.panel:
        return _parts(state)
    ways = (edits.can_undo, edits.can_redo, state.past, state.count, id(state.proof))
    shown = (state.form, state.stage, state.added, state.opened, state.asked)
    key = (id(state.look), *ways, *shown, state.working, state.trouble)
    return shared(key, lambda: tuple(_parts(state)))


def _parts(state: PreviewState) -> Iterator[AnyPart]:
    """Yield the parts; only what is looked at is drawn."""
    yield Part("head", _head(state))
    yield Part("tabs", _tabs(state))
    yield Part("facts", facts_html(state))
    yield Part("message", _message(state))
    yield Part("tools", _message_tools(state))
    yield Part("interface", _items(signature(state.look.now.subject).items))
    yield Part("command", _command(state))
    yield Part("checks", _checks(state))
    yield Part("run", _run(state))
    yield Part("changes", _changes(state))
    yield Part("history", _history(state))
    yield Part("details", _details(state))
    yield Part("foot", _foot(state))


# --- head -----------------------------------------------------------------------------


def _head(state: PreviewState) -> str:
    subject = state.look.now.subject
    name = html_text(label(one_line(subject.template.id.name)))
    module, _, short = name.rpartition(".")
    full = f'<small class="kit-quiet">{module}.</small>' if module else ""
    sentence = html_text(shorten(one_line(_sentence(state)), _LONGEST_SENTENCE))
    facts = " · ".join(html_text(shorten(one_line(fact), 80)) for fact in _short(state))
    return (
        '<header class="kit-top"><div class="kit-title">'
        f'<h2>{full}{short or name}</h2><p class="kit-quiet">{sentence}</p></div>'
        f'<p class="kit-gist">{facts}</p>{_start(state)}</header>{_ladder(state)}'
    )


def _sentence(state: PreviewState) -> str:
    docs = getattr(state.task, "docs", None)
    return (docs.short_description if docs is not None else "") or ""


def _short(state: PreviewState) -> Iterator[str]:
    """Yield what is told in a few words: image, how it ships, version, sizes."""
    subject = state.look.now.subject
    template = subject.template
    image = template.container.image
    if image:
        yield image.rpartition("/")[2]
    shipment = subject.shipment
    if shipment is not None:
        inline = len((shipment.inline or {}).get("source", "").encode())
        yield f"inline {_size(inline)}" if shipment.way == "inline" else shipment.way
    version = template.id.version
    if version and not version.startswith("PLACEHOLDER"):
        yield version if version.startswith("v") else f"version {version}"
    yield f"template {_size(subject.size)}"


def _size(count: int) -> str:
    """Write bytes as people say them.

    >>> _size(312), _size(1_126), _size(2_500_000)
    ('312 B', '1.1 KB', '2.5 MB')
    """
    for unit, name in ((10**6, "MB"), (1_000, "KB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"


def _start(state: PreviewState) -> str:
    disabled = " disabled" if state.is_past else ""
    others = "".join(
        '<button type="button" data-kit-action="run" '
        f'data-kit-value="{name}"{disabled}>Run {words}</button>'
        for name, words in (
            ("subprocess", "in a fresh process"),
            ("in-process", "in this kernel"),
            ("docker", "in its image"),
        )
        if name in RUNNERS
    )
    return (
        '<div class="kit-start"><button type="button" class="kit-primary" '
        f'data-kit-primary data-kit-action="run"{disabled}>Run ▸</button>'
        '<details class="kit-menu"><summary aria-label="Other ways to run">⋯</summary>'
        f'<div>{others}<button type="button" data-kit-action="prove"{disabled}>'
        "Prove that it loads</button></div></details></div>"
    )


def _ladder(state: PreviewState) -> str:
    readiness = state.look.readiness()
    if readiness is None:
        return (
            f'<p class="kit-past" role="status">Definition {state.position} of '
            f"{state.count}: an earlier one, which cannot be edited or run. "
            '<button type="button" class="kit-link" data-kit-action="present">'
            "Back to the present</button></p>"
        )
    working = "".join(
        f'<span class="kit-state"><progress aria-label="{rung.title} is running">'
        f"</progress> {rung.title}…</span>"
        for rung in Rung
        if rung in state.working
    )
    drawn = ladder_html(readiness, button=_rung_facts, with_seconds=True)
    return f'<div class="kit-climb">{drawn}{working}</div>'


def _rung_facts(rung: Rung) -> str:
    return f'data-kit-action="rung" data-kit-value="{rung.value}"'


# --- tabs -----------------------------------------------------------------------------


def _tabs(state: PreviewState) -> str:
    marks = _marks(state)
    buttons = "".join(_tab(state, key, marks.get(key, "")) for key in _TITLES)
    panels = "".join(
        f'<div role="tabpanel" tabindex="-1" data-kit-panel="{key}" '
        f'aria-label="{title}" hidden>{_PANELS.get(key, _scrolling)(key)}</div>'
        for key, title in _TITLES.items()
    )
    asked = ":".join(map(str, state.asked))
    return (
        '<div data-kit-tabs class="kit-body-of-tabs"><div class="kit-tab-row">'
        '<div role="tablist" aria-label="Parts of the preview" '
        f'data-kit-show="{asked}">{buttons}</div>{_SEARCH}</div>{panels}</div>'
    )


_SEARCH = (
    '<div class="kit-search" data-kit-unsearched><input type="search" data-kit-search '
    'placeholder="Search  /" aria-label="Search in this view">'
    '<small data-kit-found role="status"></small></div>'
)


def _tab(state: PreviewState, key: str, mark: str) -> str:
    lazy = ' data-kit-lazy=""' if key in LAZY - state.opened else ""
    told = f' <small class="kit-mark">{mark}</small>' if mark else ""
    return (
        f'<button type="button" role="tab" data-kit-tab="{key}" aria-selected="false" '
        f'tabindex="-1"{lazy}>{_TITLES[key]}{told}</button>'
    )


def _marks(state: PreviewState) -> dict[str, str]:
    """Return what the tabs tell of what is in them."""
    marks = {}
    report = state.look.now.report
    if report is not None and report.findings:
        marks["checks"] = f"{len(report.findings)}"
    difference = state.look.difference
    if difference is not None:
        marks["changes"] = f"{len(list(difference.changes))}"
    if state.count > 1:
        marks["history"] = f"{state.position} of {state.count}"
    return marks


def _template_panel(_key: str) -> str:
    return (
        f'<div class="kit-pair">{slot("facts", "kit-facts-side")}'
        f'<div class="kit-message-side">{slot("message", "kit-scrolling")}'
        f"{slot('tools')}</div></div>"
    )


def _scrolling(key: str) -> str:
    return slot(key, "kit-scrolling", "kit-panel-body")


_PANELS: dict[str, Callable[[str], str]] = {"template": _template_panel}


# --- the message ----------------------------------------------------------------------


def _message(state: PreviewState) -> str:
    look = state.look
    key = (state.form, state.stage)
    if key not in look.drawn:
        look.drawn[key] = _message_drawn(state)
    return look.drawn[key]


def _message_drawn(state: PreviewState) -> str:
    subject = state.look.now.subject
    errors = "".join(
        item_html(Finding("error", str(error), path=part))
        for part, error in subject.failures.items()
    )
    try:
        lines = state.look.lines(state.form, state.stage)
    except KitError as error:
        return errors + item_html(Finding("warning", str(error)))
    known = Known(_sources(state), state.about)
    name = f"{STAGES[state.stage]}, in {FORMS[state.form]}"
    drawn = message_html(lines, known, name)
    return f'<div data-kit-scroll data-kit-source="message">{errors}{drawn}</div>'


_KEYED = re.compile(r"\]\.(?:value|key|name)\Z")


def _sources(state: PreviewState) -> Callable[[str], str]:
    """Return what tells where the value at a path comes from, or why it differs."""
    if state.stage == "pod":
        return lambda _path: ""  # each line says it
    if state.stage == "arrives":
        whys = {mark.path: mark.why for mark in state.look.now.arrival.marks}
        return lambda path: whys.get(path, "")
    subject = state.look.now.subject
    return functools.cache(lambda path: subject.source(_KEYED.sub("]", path)))


def _message_tools(state: PreviewState) -> str:
    forms = ""
    if state.stage != "pod":  # which is written in one form
        forms = _choices("form", FORMS, state.form, "Form of the message")
    stages = _choices("stage", STAGES, state.stage, "State of the message")
    return (
        f'<div class="kit-tools-row">{stages}<span class="kit-push"></span>{forms}'
        '<button type="button" data-kit-copy="message">Copy</button></div>'
    )


def _choices(action: str, among: dict[str, str], chosen: str, name: str) -> str:
    buttons = "".join(
        f'<button type="button" data-kit-action="{action}" data-kit-value="{value}" '
        f'aria-pressed="{"true" if value == chosen else "false"}">{title}</button>'
        for value, title in among.items()
    )
    return f'<div class="kit-choice" role="group" aria-label="{name}">{buttons}</div>'


# --- the other tabs -------------------------------------------------------------------


def _items(items: Iterable[Item]) -> str:
    return "".join(map(item_html, items))


def _titled(section: Section) -> str:
    if not section.items:
        return ""
    title = html_text(label(section.title))
    return f"<section><h4>{title}</h4>{_items(section.items)}</section>"


def _command(state: PreviewState) -> str:
    look = state.look
    if ("command",) not in look.drawn:
        drawn = "".join(_titled(part(look.now.subject)) for part in _COMMAND)
        look.drawn[("command",)] = drawn or "<p>It has no command.</p>"
    return look.drawn[("command",)]


def _checks(state: PreviewState) -> str:
    parts = []
    if state.trouble:
        parts.append(item_html(Finding("error", state.trouble)))
    report = state.look.now.report
    if report is None:
        parts.append("<p>Nothing is checked of an earlier definition.</p>")
    elif not report.findings:
        parts.append("<p>Nothing was found.</p>")
    else:
        for severity in Severity:
            found = [f for f in report.findings if f.severity is severity]
            parts += [item_html(finding_item(each)) for each in found]
    if state.proof is not None:
        parts.append(section_html(proof_section(state.proof)))
    return "".join(parts)


def _run(state: PreviewState) -> str:
    if state.is_past:
        return "<p>An earlier definition cannot be run here.</p>"
    if not state.panel:
        return '<p class="kit-quiet">…</p>'
    return f'<div data-kit-widget="{attribute(state.panel)}"></div>'


def _changes(state: PreviewState) -> str:
    if "changes" not in state.opened:
        return ""
    parts = []
    if state.code:
        parts.append(
            '<div class="kit-tools-row"><h4>As Python</h4><span class="kit-push">'
            '</span><button type="button" data-kit-copy="python">Copy</button></div>'
            '<div data-kit-source="python">'
            f"{item_html(Code(state.code, 'python'))}</div>"
        )
    changes = list(state.look.changes)
    if changes:
        parts.append("<h4>What changes, and what that means</h4>")
        parts += [item_html(item) for item in changes]
    return "".join(parts) or "<p>Nothing differs from the definition before.</p>"


def _history(state: PreviewState) -> str:
    if "history" not in state.opened:
        return ""
    if not state.definitions:
        return (
            "<p>Definitions of this session are remembered once "
            "<code>%load_ext kit</code> has been run.</p>"
        )
    rows = "".join(
        _definition_row(state, position)
        for position in range(state.count, max(state.count - _MOST_DEFINITIONS, 0), -1)
    )
    return (
        f'{_steps(state)}<table class="kit-table"><thead><tr><th scope="col">definition'
        '</th><th scope="col">what changed in it</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _steps(state: PreviewState) -> str:
    first = " disabled" if state.position <= 1 else ""
    last = " disabled" if state.position >= state.count else ""
    return (
        '<div class="kit-steps" role="group" aria-label="Definitions of this session">'
        f'<button type="button" data-kit-action="earlier" aria-label="The one before"'
        f"{first}>\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}</button>"
        f'<span role="status">{state.position} of {state.count}</span>'
        '<button type="button" data-kit-action="later" aria-label="The next one"'
        f"{last}>\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}</button></div>"
    )


def _definition_row(state: PreviewState, position: int) -> str:
    definition = state.definitions[position - 1]
    told = "the first one"
    if position > 1:
        told = _what_changed(state.definitions[position - 2].data, definition.data)
    chosen = ' aria-current="true"' if position == state.position else ""
    return (
        f'<tr tabindex="0" data-kit-select="definition" data-kit-value="{position}"'
        f'{chosen}><th scope="row">{definition.number}</th>'
        f"<td>{html_text(told)}</td></tr>"
    )


@functools.lru_cache(maxsize=256)
def _what_changed(before: bytes, after: bytes) -> str:
    """Say in a few words what differs between two definitions of the session."""
    old, new = (TaskSpec.FromString(data).template for data in (before, after))
    places = [render_path(edit.steps) for edit in compare_messages(old, new)]
    shown = ", ".join(shorten(one_line(place), 60) for place in places[:_MOST_NAMED])
    rest = len(places) - _MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{shown}{more}" or "nothing of the template"


def _details(state: PreviewState) -> str:
    if "details" not in state.opened:
        return ""
    summary = state.look.now.summary
    sections = "".join(section_html(part) for part in summary.sections if part.items)
    return (
        '<div class="kit-tools-row"><span class="kit-push"></span>'
        '<button type="button" data-kit-fold="open">Unfold all</button>'
        f'<button type="button" data-kit-fold="close">Fold all</button></div>{sections}'
    )


# --- foot -----------------------------------------------------------------------------


def _foot(state: PreviewState) -> str:
    edits = state.edits
    can = not state.is_past
    buttons = (
        ("undo", "Undo", can and edits.can_undo),
        ("redo", "Redo", can and edits.can_redo),
        ("reset", "Reset", can and bool(edits.typed)),
    )
    drawn = "".join(
        f'<button type="button" data-kit-action="{key}"{"" if on else " disabled"}>'
        f"{title}</button>"
        for key, title, on in buttons
    )
    copied = ""
    if state.code:
        code = attribute_lines(state.code)
        copied = (
            f'<span hidden data-kit-source="code" data-kit-text="{code}"></span>'
            '<button type="button" data-kit-copy="code">Copy as Python</button>'
        )
    meaning = ""
    if state.look.difference is not None:
        meaning = (
            '<button type="button" class="kit-link" data-kit-go="changes">'
            "what this means…</button>"
        )
    return (
        f'<footer class="kit-foot"><p role="status">{html_text(_edited(state))}</p>'
        f"{copied}{drawn}{meaning}</footer>"
    )


def attribute_lines(text: str) -> str:
    """Return text of several lines as it may stand in a quoted attribute."""
    lines = (attribute(line) for line in text.split("\n"))
    return "&#10;".join(lines)


def _edited(state: PreviewState) -> str:
    """Tell in a line what was edited, for eyes and for screen readers."""
    edits = state.edits
    if state.is_past:
        return f"definition {state.position} of {state.count}"
    told = [
        f"{field_named(key).label} {in_short(edits.base[key])} → {in_short(text)}"
        for key, text in edits.held.items()
    ]
    refused = [field_named(key).label for key in edits.errors]
    parts = []
    if told:
        shown = "; ".join(told[:_MOST_NAMED])
        rest = len(told) - _MOST_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        parts.append(f"edited: {shown}{more}")
    if refused:
        parts.append(f"not valid: {', '.join(refused)}")
    if state.count > 1 and not parts:
        return f"definition {state.count} of this session"
    return "; ".join(parts) or "no edits"
