"""A deck.html in its decks: kit's by its index, flytekit's by its tags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

__all__ = ["split_page"]

_Pair = tuple[str, str]
_INDEX = re.compile(r'<meta name="kit-decks" content="([^"<>]*)">')
_BODY = "<body>"
_FAR = 100_000  # characters of a page in which its head has ended
_TABS = '<ul id="flyte-frame-tabs">'
_TAB = re.compile(r"<li\b[^>]*>([^<]*)</li>")
_PANELS = '<div id="flyte-frame-container">'
_LONGEST = 10_000_000  # characters of a flytekit page, which is searched tag by tag
_TAG = re.compile(
    r"<(/?)([a-z][^\s/>]*)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE
)
_START = re.compile(r"<(?=/?[a-z]|!--)", re.IGNORECASE)
_RAW = {"script", "style", "textarea", "title"}


def split_page(page: str) -> list[_Pair] | None:
    """Return names and HTML of a page's decks, in order.

    Args:
        page: A deck.html of any origin.

    Returns:
        The decks; None where they cannot be told apart, and the page is to be shown
        as a whole.
    """
    found = _INDEX.search(page, 0, _FAR)
    if found is not None:
        return _indexed(page, unescape(found[1]))
    if _PANELS in page and len(page) <= _LONGEST:
        return _of_flytekit(page)
    return None


def _indexed(page: str, index: str) -> list[_Pair] | None:
    """Cut the decks out where the index says, if it makes sense."""
    body = page.find(_BODY) + len(_BODY)
    decks, end = [], body
    try:
        for name, position, length in json.loads(index):
            start = body + position
            if start < end or length < 0 or start + length > len(page):
                return None  # they would overlap or run out of the page
            end = start + length
            decks.append((str(name), page[start:end]))
    except (RecursionError, TypeError, ValueError):
        return None
    return decks


def _of_flytekit(page: str) -> list[_Pair] | None:
    """Pair the tabs with the elements of the container behind them."""
    tabs, _, rest = page.partition(_TABS)[2].partition("</ul>")
    names = [unescape(name) for name in _TAB.findall(tabs)]
    panels = _children(rest.partition(_PANELS)[2])
    if panels is None or len(panels) != len(names):
        return None
    return list(zip(names, panels, strict=True))


def _children(html: str) -> list[str] | None:
    """Return the content of the ``div`` elements before the end of their parent's.

    None where tags do not fit together: a deck's own HTML may be of any kind.
    """
    children: list[str] = []
    depth = begin = 0
    for start, end, closes in _divs(html):
        if not closes:
            depth += 1
            begin = end if depth == 1 else begin
        elif depth == 0:
            return children
        else:
            depth -= 1
            if depth == 0:
                children.append(html[begin:start])
    return None


def _divs(html: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where ``div`` tags start and end; nothing after what is never closed."""
    position = 0
    while found := _START.search(html, position):
        if html.startswith("<!--", found.start()):
            position = html.find("-->", found.end()) + 3
            if position < len("-->"):
                return
            continue
        tag = _TAG.match(html, found.start())
        if tag is None:
            return
        position, name = tag.end(), tag[2].lower()
        if name == "div":
            yield tag.start(), position, bool(tag[1])
        elif name in _RAW and not tag[1]:
            closing = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
            if closing is None:
                return
            position = closing.start()
