"""The page deck.html: decks one below the other."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

DECK_STYLE = """\
table.kit { border-collapse: collapse; }
table.kit caption { text-align: left; padding: 0 0 .3rem; }
table.kit th, table.kit td { border: 1px solid rgb(128 128 128 / 35%);
  padding: .25rem .6rem; text-align: left; vertical-align: top; }
table.kit td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre.kit { background: rgb(128 128 128 / 10%); padding: .75rem; overflow-x: auto;
  margin: 0; }
"""
"""The rules for what kit draws in a deck, whatever stands beside it."""

_STYLE = f"""\
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1f; }}
nav {{ border-bottom: 1px solid #d8d8de; padding: 0 1.5rem; }}
nav a {{ display: inline-block; padding: .75rem 1rem .75rem 0; color: #3b3bb3; }}
section {{ padding: .5rem 1.5rem 1.5rem; border-bottom: 1px solid #ececf0; }}
h2 {{ font-size: 1.1rem; }}
{DECK_STYLE}"""


def deck_page(title: str, decks: Iterable[tuple[str, str]]) -> str:
    """Draw decks one below the other, with links to each at the top.

    The head says where in the body each deck stands, so that they can be told apart
    again whatever HTML they hold.

    Args:
        title: Name of the task, escaped here.
        decks: Names, escaped here, and HTML, taken as it is.
    """
    named = [(_encodable(name), _encodable(html)) for name, html in decks]
    links = " ".join(
        f'<a href="#deck-{number}">{escape(name)}</a>'
        for number, (name, _) in enumerate(named)
    )
    parts, index = [f"<nav>{links}</nav>\n"], []
    position = len(parts[0])
    for number, (name, html) in enumerate(named):
        head = f'<section id="deck-{number}"><h2>{escape(name)}</h2>\n<div>'
        tail = "</div></section>\n"
        index.append((name, position + len(head), len(html)))
        position += len(head) + len(html) + len(tail)
        parts += [head, html, tail]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{_index_element(index)}<title>{escape(_encodable(title))}</title>"
        f"<style>{_STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def _index_element(index: list[tuple[str, int, int]]) -> str:
    """Write names, and characters after ``<body>`` at which decks start and go on."""
    import json

    return f'<meta name="kit-decks" content="{escape(json.dumps(index))}">'


def _encodable(text: str) -> str:
    """Spell out halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
