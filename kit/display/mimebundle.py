"""The faces of a thing for a notebook: HTML, and text for where there is no HTML."""

from __future__ import annotations

from importlib.util import find_spec

from kit.display.html import fragment
from kit.display.stylesheet import style_if_new
from kit.display.summarize import summarize
from kit.display.summary import Summary

__all__ = ["mimebundle"]


def mimebundle(thing: object) -> dict[str, str]:
    """Return the text and the HTML of something that kit knows to summarize.

    Both are the same each time: they hold no times, no ids, and no width of a window.
    """
    summary = summarize(thing)
    return {
        "text/plain": _text(thing, summary),
        "text/html": style_if_new() + fragment(summary),
    }


def _text(thing: object, summary: Summary) -> str:
    if find_spec("rich") is None:  # it comes with the extras `cli` and `notebook`
        return repr(thing)
    from kit.display.console import plain_text

    return plain_text(summary)
