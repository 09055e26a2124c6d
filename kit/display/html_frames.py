"""HTML that a task wrote, in frames that keep it from acting on the page."""

from __future__ import annotations

import functools
import re
from html import escape
from pathlib import Path

from kit.display.summary import (
    Frame,
    Frames,
)
from kit.display.text import attribute, html_text
from kit.escape import bounded, label, one_line
from kit.shim.deck_page import DECK_STYLE


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
    return (
        f"<!doctype html><html><head>{_policy(allow)}"
        '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
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
