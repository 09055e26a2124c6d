"""Draw a summary as static HTML: no script, no ids, readable without its stylesheet.

GitHub keeps tables, lists, ``<pre>`` and ``<details>`` and strips style and scripts, so
these elements alone have to tell everything; classes only make it pleasant.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from kit.display.escape import attribute, html_text, label
from kit.display.html_frames import resizing_element
from kit.display.html_items import item_html
from kit.display.summary import Badge, Frames, Section, Summary, Table

__all__ = [
    "fragment",
    "heading_html",
    "page",
    "section_html",
    "style_element",
    "stylesheet",
]

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
