"""Make text that came from a task harmless and visible, wherever it is written.

Names, values, logs and errors are written by tasks.  Printed as they are, an escape
sequence in them could recolour, retitle or rewrite the reader's terminal, and a
direction override could show one text and mean another.
"""

from __future__ import annotations

import re

_LONGEST_TEXT = 4_000  # characters of a value, a sentence
_LONGEST_LABEL = 400  # of a name, a path, a title

# Control characters but for line ends and tabs (an escape sequence starts with one),
# line and paragraph separators, marks that change the direction of text, and halves of
# surrogate pairs, which nothing can encode.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Spell out what a terminal would obey; line ends and tabs stay.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():  # what terminals obey is not, and most texts are
        return text
    return _OBEYED.sub(_spell, text)


def one_line(text: str) -> str:
    r"""Do as :func:`visible`, and spell out line ends and tabs as well.

    >>> one_line("a\nb")
    'a\\nb'
    """
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def shorten(text: str, limit: int) -> str:
    """Cut text to ``limit`` characters, saying how many there were.

    >>> shorten("abcdefghijklmnopqrstuvwxyz", 22)
    'abcde… (26 characters)'
    """
    if len(text) <= limit:
        return text
    mark = f"… ({len(text):,} characters)"
    return text[: max(limit - len(mark), 1)] + mark


def bounded(text: str) -> str:
    """Cut a text that is longer than anyone reads where it stands; say how long.

    >>> bounded("x" * 5_000)[-22:]
    'xx… (5,000 characters)'
    """
    return shorten(text, _LONGEST_TEXT)


def label(text: str) -> str:
    r"""Return a name, a path or a title as one line, within bounds.

    >>> label("a\nb")
    'a\\nb'
    """
    return one_line(shorten(text, _LONGEST_LABEL))


def _spell(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
