"""The page of decks, as one HTML file that needs no script and no network."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["deck_page"]

_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1f; }
nav { border-bottom: 1px solid #d8d8de; padding: 0 1.5rem; }
nav a { display: inline-block; padding: .75rem 1rem .75rem 0; color: #3b3bb3; }
section { padding: .5rem 1.5rem 1.5rem; border-bottom: 1px solid #ececf0; }
h2 { font-size: 1.1rem; }
table.kit { border-collapse: collapse; }
table.kit th, table.kit td { border: 1px solid #d8d8de; padding: .25rem .6rem;
  text-align: left; vertical-align: top; }
table.kit td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre.kit { background: #f6f6f9; padding: .75rem; overflow-x: auto; margin: 0; }
"""


def deck_page(title: str, decks: Iterable[tuple[str, str]]) -> str:
    """Draw decks one below the other, with links to each at the top.

    Args:
        title: Name of the task, escaped here.
        decks: Names, escaped here, and HTML, taken as it is.
    """
    links, sections = [], []
    for number, (name, content) in enumerate(decks):
        anchor = f"deck-{number}"
        links.append(f'<a href="#{anchor}">{escape(name)}</a>')
        sections.append(
            f'<section id="{anchor}"><h2>{escape(name)}</h2>\n<div>{content}</div>'
            "</section>\n"
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><nav>{' '.join(links)}</nav>\n{''.join(sections)}</body></html>\n"
    )
