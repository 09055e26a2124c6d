"""A summary as static HTML: no script, no ids, readable without its stylesheet.

GitHub keeps tables, lists, ``<pre>`` and ``<details>`` and strips style and scripts, so
these elements alone have to tell everything; classes only make it pleasant.
"""

from __future__ import annotations

import functools
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NamedTuple

from kit.display.ladder import ladder_html
from kit.display.summary import (
    Badge,
    Code,
    Facts,
    Finding,
    Frame,
    Frames,
    Gauges,
    Item,
    Picture,
    Section,
    Style,
    Summary,
    Table,
    Tree,
)
from kit.display.text import COMES, GOES, LONGEST_CODE, STAYS, attribute, html_text
from kit.escape import bounded, label, one_line, shorten
from kit.renderers.html import has_colours
from kit.shim.deck_page import DECK_STYLE
from kit.template.macros import macro_spans

_LINES = 16  # which fit the box at any width, if there are no more characters than that
_CHARACTERS = 1_000


def preformatted(text: str, marked: str | None = None) -> str:
    """Return text as a box.

    Args:
        text: The text.
        marked: The same as HTML, if parts of it are marked.
    """
    inner = html_text(text) if marked is None else marked
    is_long = len(text) > _CHARACTERS or text.count("\n") >= _LINES
    focus = ' tabindex="0"' if is_long else ""
    return f"<pre{focus}><code>{inner}</code></pre>"


Pair = tuple[str | None, str | None]


def sides_html(text: str) -> str:
    """Return lines, marked as :mod:`kit.display.text` does, as a table.

    Lines keep their marks, so that nothing is told by colour or place alone; a line
    that stays stands across both sides.
    """
    rows = "".join(_row(old, new) for old, new in _pairs(text))
    return (
        '<table class="kit-sides"><thead><tr><th scope="col">old</th>'
        f'<th scope="col">new</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _pairs(text: str) -> Iterator[Pair]:
    """Yield lines beside each other; None where there is nothing."""
    gone: list[str] = []
    come: list[str] = []
    for line in text.split("\n"):
        if line.startswith(GOES):
            if come:  # another block, of which nothing stays between
                yield from _zipped(gone, come)
            gone.append(line)
        elif line.startswith(COMES):
            come.append(line)
        else:
            yield from _zipped(gone, come)
            yield line, line
    yield from _zipped(gone, come)


def _zipped(gone: list[str], come: list[str]) -> Iterator[Pair]:
    """Yield what was gathered of both sides, and begin to gather anew."""
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else None
        new = come[index] if index < len(come) else None
        yield old, new
    gone.clear()
    come.clear()


def _row(old: str | None, new: str | None) -> str:
    if old is not None and old == new:
        kind = "" if old.startswith(STAYS) else ' class="kit-gap"'
        return f'<tr><td colspan="2"{kind}><code>{html_text(old)}</code></td></tr>'
    return f"<tr>{_cell(old, 'gone')}{_cell(new, 'come')}</tr>"


def _cell(text: str | None, kind: str) -> str:
    if text is None:
        return '<td class="kit-none"></td>'
    return f'<td class="kit-{kind}"><code>{html_text(text)}</code></td>'


_INLINE_CHARACTERS = 200  # a longer text gets a box of its own
Place = tuple[str | int, ...]


class _Marks(NamedTuple):
    """Places to mark, and all that are above them."""

    changed: frozenset[Place]
    above: frozenset[Place]

    def item(self, place: Place) -> str:
        return '<li class="kit-changed">' if place in self.changed else "<li>"

    def fold(self, place: Place) -> str:
        return '<details open="">' if place in self.above else "<details>"


def tree_html(value: Any, changed: frozenset[Place] = frozenset()) -> str:
    """Return a dictionary or list as a list of its entries; deeper ones are folded.

    Args:
        value: The dictionary or list.
        changed: Places to mark; what is above them is unfolded.
    """
    parts: list[str] = []
    above = frozenset(place[:end] for place in changed for end in range(len(place)))
    _entries(value, parts, (), _Marks(changed, above))
    return "".join(parts)


def _entries(
    container: dict[str, Any] | list[Any],
    parts: list[str],
    place: Place,
    marks: _Marks,
) -> None:
    parts.append('<ul class="kit-tree">')
    is_map = isinstance(container, dict)
    items: Any = enumerate(container)
    if isinstance(container, dict):
        items = container.items()
    for key, value in items:
        here = (*place, key)
        name = html_text(label(key)) if is_map else str(key)
        parts.append(marks.item(here))
        if value and isinstance(value, dict | list):
            noun = "entry" if len(value) == 1 else "entries"
            count = f"<i>{len(value):,} {noun}</i>"
            parts.append(f"{marks.fold(here)}<summary><b>{name}</b> {count}</summary>")
            _entries(value, parts, here, marks)
            parts.append("</details></li>")
        else:
            parts.append(f"{_named(name, value)}</li>")
    parts.append("</ul>")


def _named(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return f'<b>{name}</b>: <code class="kit-plain">{_plain(value)}</code>'
    if len(value) <= _INLINE_CHARACTERS and "\n" not in value:
        text = html_text(encode_basestring(value))
        return f'<b>{name}</b>: <code class="kit-str">{text}</code>'
    lines = value.count("\n") + 1
    counted = f"{lines:,} lines" if lines > 1 else f"{len(value):,} characters"
    return (
        f"<details><summary><b>{name}</b> <i>text, {counted}</i></summary>"
        f"{preformatted(value)}</details>"
    )


def _plain(value: Any) -> str:
    """Write a number, a truth value, nothing, or an empty container, as JSON does."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def frames_html(frames: Frames) -> str:
    """Return frames as an element, the first of them in sight."""
    tabs = "".join(
        _tab(frame, is_first=number == 0) for number, frame in enumerate(frames.rows)
    )
    return f'<form method="dialog" class="kit-tabs">{tabs}</form>'


def frame_element(frame: Frame) -> str:
    """Return the frame as an element of HTML, with a height that can be dragged.

    Args:
        frame: One that is to be embedded.
    """
    html = frame.html or ""
    outer = _outer_document(frame.name, _inner_document(html, frame.allow), frame.allow)
    return (
        '<div class="kit-frame"><iframe loading="lazy" width="100%" height="400" '
        'sandbox="allow-scripts allow-downloads allow-popups" '
        f'referrerpolicy="no-referrer" title="{attribute(frame.name)}" '
        f'srcdoc="{_quoted(outer)}"></iframe></div>'
    )


def resizing_element() -> str:
    """Return the one script that a page with frames has."""
    return f"<script>{resizing_script()}</script>"


def resizing_script() -> str:
    """Return the script of a page that gives its frames the height they ask for."""
    return _script("frame_heights")


def _tab(frame: Frame, *, is_first: bool) -> str:
    checked = ' checked=""' if is_first else ""
    return (
        '<label class="kit-tab"><input type="radio" name="tab" '
        f'data-lm-suppress-shortcuts="true"{checked}> '
        f"<b>{html_text(label(frame.name))}</b> <small>{frame.size_text}</small>"
        f'</label><div class="kit-panel">{_content(frame)}</div>'
    )


def _content(frame: Frame) -> str:
    if frame.html is None:
        return f"<p>{html_text(bounded(frame.note))}</p>"
    return frame_element(frame)


_LETTERS = re.compile(r"[^\w.-]+")


def _policy(allow: tuple[str, ...]) -> str:
    """Return the element that says what a document may load: what it brings along.

    Making code from text adds nothing to the scripts of its own, and plots need it.
    """
    origins = "".join(f" {origin}" for origin in allow)
    rules = (
        "default-src 'none'",
        f"script-src 'unsafe-inline' 'unsafe-eval' blob:{origins}",
        f"style-src 'unsafe-inline'{origins}",
        f"font-src data:{origins}",
        "img-src data: blob:",
        "media-src data: blob:",
        "worker-src blob:",
        "form-action 'none'",
        "base-uri 'none'",
    )
    content = escape("; ".join(rules), quote=True)
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'


def _inner_document(html: str, allow: tuple[str, ...]) -> str:
    """Return a deck's own document: a light sheet, unless it follows any scheme."""
    is_sheet = has_colours(html)
    told, scheme = (" data-kit-sheet", "light") if is_sheet else ("", "light dark")
    return (
        f"<!doctype html><html{told}><head>{_policy(allow)}"
        f'<meta charset="utf-8"><meta name="color-scheme" content="{scheme}">'
        f"<style>{_style('deck')}{DECK_STYLE}</style><script>{_script('deck')}</script>"
        f"</head><body>{html}</body></html>"
    )


def _outer_document(name: str, inner: str, allow: tuple[str, ...]) -> str:
    file_name = attribute(f"{_LETTERS.sub('-', name) or 'deck'}.html")
    return (
        f"<!doctype html><html><head>{_policy(allow)}"
        '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>{html_text(one_line(name))}</title><style>{_style('frame')}</style>"
        f'</head><body><iframe sandbox="allow-scripts" referrerpolicy="no-referrer" '
        f"title=\"{attribute(name)}\" srcdoc='{_quoted(inner, single=True)}'></iframe>"
        '<nav><a href="#" target="_blank">Open in a new tab</a> '
        f'<a href="#" download="{file_name}">Save</a></nav>'
        f"<script>{_script('frame')}</script></body></html>"
    )


def _quoted(document: str, *, single: bool = False) -> str:
    """Write a document as the value of an attribute, with each character in its place.

    What the leaves spell out elsewhere stays as it is: this is no text to be read, and
    in the attribute nothing but these two has a meaning.  A document in a document is
    shorter between the quotes that the other one is not written with.
    """
    escaped = document.replace("&", "&amp;")
    if single:
        return escaped.replace("'", "&#39;")
    return escaped.replace('"', "&quot;")


_STATIC = Path(__file__).with_name("static")


def _script(name: str) -> str:
    return _file(f"{name}.js")


def _style(name: str) -> str:
    return _file(f"{name}.css")


@functools.cache
def _file(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


_LONGEST_BEFORE = 60  # characters of an earlier value, beside the present one


def item_html(item: Item) -> str:
    """Return an item as an element."""
    return str(_DRAWN[type(item)](item))


def _facts(facts: Facts) -> str:
    rows = "".join(
        f"<tr{_mark(fact.before)}{_hover(fact.source)}>"
        f'<th scope="row">{_line(fact.name)}</th>'
        f"<td>{_text(fact.value)}{_was(fact.before)}</td></tr>"
        for fact in facts.rows
    )
    return f'<table class="kit-facts"><tbody>{rows}</tbody></table>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_line(column)}</th>' for column in table.columns)
    caption = f"<caption>{_line(table.caption)}</caption>" if table.caption else ""
    name = attribute(label(table.caption or ", ".join(table.columns)))
    return (
        f'<div class="kit-scroll" role="region" tabindex="0" aria-label="{name}">'
        f'<table class="kit-table">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(_rows(table))}</tbody></table></div>"
    )


def _rows(table: Table) -> Iterator[str]:
    styles = [table.style(column) for column in range(len(table.columns))]
    sources = table.sources or ("",) * len(table.rows)
    earlier = table.before or (None,) * len(table.rows)
    for row, source, before in zip(table.rows, sources, earlier, strict=True):
        cells = iter(zip(row, styles, before or row, strict=True))
        first, first_style, _ = next(cells)
        yield f"<tr{_mark(before)}{_hover(source)}>"
        yield f'<th scope="row">{_styled_cell(first, first_style)}</th>'
        for cell, style, old in cells:
            was = "" if old == cell else _was(old)
            yield f"<td>{_styled_cell(cell, style)}{was}</td>"
        yield "</tr>"


def _styled_cell(text: str, style: Style) -> str:
    if not text or style == "text":
        return _text(text)
    if style == "macros":
        return f"<code>{macros_html(bounded(text))}</code>"
    if style == "code":
        return f"<code>{_text(text)}</code>"
    return f"<small>{_text(text)}</small>"


def macros_html(text: str) -> str:
    """Return text with the engine's macros marked."""
    if "{{" not in text:
        return html_text(text)
    return "".join(
        html_text(span.text)
        if span.macro is None
        else f'<b class="kit-macro">{html_text(span.text)}</b>'
        for span in macro_spans(text)
    )


def _code(code: Code) -> str:
    if code.language == "diff":
        drawn = sides_html(code.text)
    else:
        text = shorten(code.text, LONGEST_CODE)
        drawn = preformatted(text, _marked_code(text, code))
    if not code.caption:
        return drawn
    caption = _line(code.caption)
    if code.folded:
        return f"<details><summary>{caption}</summary>{drawn}</details>"
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def _marked_code(text: str, code: Code) -> str | None:
    """Return code with its macros and new lines marked; None if there are none."""
    write = macros_html if code.language == "shell" else html_text
    if code.before is None:
        return write(text) if code.language == "shell" else None
    known = set(code.before.split("\n"))
    return "\n".join(
        write(line) if line in known else f'<mark class="kit-new">{write(line)}</mark>'
        for line in text.split("\n")
    )


def _tree(tree: Tree) -> str:
    caption = f"<p>{_line(tree.caption)}</p>" if tree.caption else ""
    drawn = tree_html(tree.value, tree.changed)
    return f"<div{_hover(tree.source)}>{caption}{drawn}</div>"


def _finding(finding: Finding) -> str:
    where = [f"<code>{_line(part)}</code>" for part in (finding.rule, finding.path)]
    named = " ".join(
        part
        for part, text in zip(where, (finding.rule, finding.path), strict=True)
        if text
    )
    return (
        f'<div class="kit-finding kit-{finding.severity}"><p>'
        f"<strong>{finding.severity}</strong> {named} {_text(finding.message)}</p>"
        f"{''.join(_paragraphs(finding))}</div>"
    )


def _paragraphs(finding: Finding) -> Iterator[str]:
    if finding.advice:
        yield f"<p>{_text(finding.advice)}</p>"
    if finding.words:
        yield f"<blockquote>{_text(finding.words)}</blockquote>"


def _gauges(gauges: Gauges) -> str:
    rows: Iterable[str] = (
        f'<tr><th scope="row">{_line(gauge.name)}</th>'
        f'<td><meter min="0" max="{gauge.limit}" high="{gauge.limit // 2}" optimum="0" '
        f'value="{min(gauge.value, gauge.limit)}" '
        f'aria-label="{attribute(label(gauge.name))}">'
        f"</meter> {html_text(gauge.text)} <small>{_text(gauge.note)}</small></td>"
        "</tr>"
        for gauge in gauges.rows
    )
    return f'<table class="kit-facts"><tbody>{"".join(rows)}</tbody></table>'


def _picture(picture: Picture) -> str:
    """Draw an image; a script in one of SVG is never run in such an element."""
    source = f"data:{picture.media_type};base64,{b64encode(picture.data).decode()}"
    return (
        f"<figure><figcaption>{_line(picture.caption)}</figcaption>"
        f'<img class="kit-picture" alt="{attribute(label(picture.caption))}" '
        f'src="{attribute(source)}"></figure>'
    )


def _text(text: str) -> str:
    return html_text(bounded(text))


def _line(text: str) -> str:
    return html_text(label(text))


def _hover(source: str) -> str:
    return f' title="{attribute(label(f"from {source}"))}"' if source else ""


def _mark(before: object) -> str:
    return "" if before is None else ' class="kit-changed"'


def _was(before: str | None) -> str:
    """Tell what a marked value was, if there was one."""
    if not before:
        return ""
    was = html_text(shorten(one_line(before), _LONGEST_BEFORE))
    return f' <small class="kit-was">was {was}</small>'


_DRAWN: dict[type[Any], Any] = {
    Facts: _facts,
    Table: _table,
    Code: _code,
    Tree: _tree,
    Finding: _finding,
    Gauges: _gauges,
    Frames: frames_html,
    Picture: _picture,
}


@functools.cache
def stylesheet() -> str:
    """Return the rules for everything that kit draws, under the class ``kit``."""
    path = Path(__file__).with_name("static") / "kit.css"
    return path.read_text(encoding="utf-8")


def style_element() -> str:
    """Return the stylesheet as an element of HTML: once for each page will do."""
    return f"<style>{stylesheet()}</style>"


def fragment(summary: Summary) -> str:
    """Return a summary as an element to put into a page that has the stylesheet.

    Its class keeps MathJax from reading dollars in commands as formulas.
    """
    name = attribute(label(f"{summary.kind} {summary.title}"))
    sections = (section for section in summary.sections if section.items)
    return "".join(
        (
            f'<article class="kit tex2jax_ignore mathjax_ignore" aria-label="{name}">',
            *heading_html(summary),
            *map(section_html, sections),
            "</article>",
        )
    )


def page(summary: Summary) -> str:
    """Return a summary as a page of its own, for a browser.

    Only a page with frames has a script: the one that gives them their height.
    """
    items = (item for section in summary.sections for item in section.items)
    script = resizing_element() if any(isinstance(i, Frames) for i in items) else ""
    title = html_text(label(f"{summary.kind} {summary.title}"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>{style_element()}</head>"
        f'<body class="kit-page"><main>{fragment(summary)}</main>{script}'
        "</body></html>\n"
    )


def section_html(section: Section) -> str:
    """Return one section; those for a closer look are folded."""
    is_open = "" if section.detail else ' open=""'
    tables = (item for item in section.items if isinstance(item, Table))
    count = sum(len(table.rows) for table in tables if not table.caption)
    counted = f' <span class="kit-count">{count:,}</span>' if count else ""
    title = html_text(label(section.title))
    items = "".join(map(item_html, section.items))
    return (
        f"<section><details{is_open}><summary><b>{title}</b>{counted}</summary>"
        f'<div class="kit-body">{items}</div></details></section>'
    )


def heading_html(summary: Summary) -> Iterator[str]:
    """Yield the title line, the sentence, the ladder and the badges of a summary."""
    kind, title = map(html_text, map(label, (summary.kind, summary.title)))
    yield f'<p class="kit-head"><span class="kit-kind">{kind}</span> <b>{title}</b>'
    if summary.status:
        status = html_text(label(summary.status))
        yield f' <strong class="kit-badge kit-{summary.status_tone}">{status}</strong>'
    yield "</p>"
    if summary.sentence:
        yield f"<p>{html_text(bounded(summary.sentence))}</p>"
    if summary.ladder is not None:
        yield ladder_html(summary.ladder)
    yield from _badges(summary.badges)


def _badges(badges: Iterable[Badge]) -> Iterator[str]:
    if badges:
        yield '<ul class="kit-badges">'
        for badge in badges:
            text = html_text(label(badge.text))
            yield f'<li class="kit-badge kit-{badge.tone}">{text}</li>'
        yield "</ul>"
