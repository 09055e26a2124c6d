"""Make text that came from a task harmless and visible: a leaf every face calls.

Names, values, logs and errors are written by tasks.  Printed as they are, an escape
sequence in them could recolour, retitle or rewrite the reader's terminal, and a
direction override could show one text and mean another.
"""

from __future__ import annotations

import unicodedata

__all__ = ["one_line", "shorten", "visible"]

_KEPT = "\n\t"
_HIDDEN_CATEGORIES = frozenset(
    {
        "Cc",  # control characters, C0 and C1: escape sequences start with one
        "Cs",  # lone surrogates, which no terminal can encode
        "Zl",  # line separator
        "Zp",  # paragraph separator
    }
)
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | frozenset(
    "\u2066\u2067\u2068\u2069"
)


def visible(text: str) -> str:
    r"""Spell out what a terminal would obey; line ends and tabs stay.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():  # the usual case, at the speed of C
        return text if _DIRECTION.isdisjoint(text) else _spell(text)
    return _spell(text)


def one_line(text: str) -> str:
    r"""Do as :func:`visible`, and spell out line ends and tabs as well.

    >>> one_line("a\nb")
    'a\\nb'
    """
    return _escaped_breaks(visible(text))


def shorten(text: str, limit: int) -> str:
    """Cut text to ``limit`` characters, saying how many there were.

    >>> shorten("abcdefghijklmnopqrstuvwxyz", 22)
    'abcde… (26 characters)'
    """
    if len(text) <= limit:
        return text
    mark = f"… ({len(text):,} characters)"
    return text[: max(limit - len(mark), 1)] + mark


def _spell(text: str) -> str:
    return "".join(map(_spell_character, text))


def _spell_character(character: str) -> str:
    if character in _KEPT:
        return character
    if character in _DIRECTION or unicodedata.category(character) in _HIDDEN_CATEGORIES:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _escaped_breaks(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")
