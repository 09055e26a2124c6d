"""Draw a summary as static HTML: no script, no ids, readable without its stylesheet.

GitHub keeps tables, lists, ``<pre>`` and ``<details>`` and strips style and scripts, so
these elements alone have to tell everything; classes only make it pleasant.
"""

from __future__ import annotations

import functools
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kit.display.html_frames import frames_html, resizing_element
from kit.display.html_text import preformatted, sides_html, tree_html
from kit.display.summary import (
    Badge,
    Code,
    Facts,
    Finding,
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
from kit.display.text import LONGEST_CODE, attribute, html_text
from kit.escape import bounded, label, one_line, shorten
from kit.template.macros import macro_spans

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
        yield f'<th scope="row">{_cell(first, first_style)}</th>'
        for cell, style, old in cells:
            was = "" if old == cell else _was(old)
            yield f"<td>{_cell(cell, style)}{was}</td>"
        yield "</tr>"


def _cell(text: str, style: Style) -> str:
    if not text or style == "text":
        return _text(text)
    if style == "macros":
        return f"<code>{_macros(bounded(text))}</code>"
    if style == "code":
        return f"<code>{_text(text)}</code>"
    return f"<small>{_text(text)}</small>"


def _macros(text: str) -> str:
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
    write = _macros if code.language == "shell" else html_text
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
_STATUS_TONES = {
    "SUCCEEDED": "good",
    "FAILED": "bad",
    "ABORTED": "notable",
    "TIMED_OUT": "notable",
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
    """Yield the title line and the badges of a summary."""
    kind, title = map(html_text, map(label, (summary.kind, summary.title)))
    yield f'<p class="kit-head"><span class="kit-kind">{kind}</span> <b>{title}</b>'
    if summary.status:
        tone = _STATUS_TONES.get(summary.status, "plain")
        status = html_text(label(summary.status))
        yield f' <strong class="kit-badge kit-{tone}">{status}</strong>'
    yield "</p>"
    yield from _badges(summary.badges)


def _badges(badges: Iterable[Badge]) -> Iterator[str]:
    if badges:
        yield '<ul class="kit-badges">'
        for badge in badges:
            text = html_text(label(badge.text))
            yield f'<li class="kit-badge kit-{badge.tone}">{text}</li>'
        yield "</ul>"
