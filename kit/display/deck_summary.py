"""What is shown of decks: their HTML in frames, as far as a notebook can bear it."""

from __future__ import annotations

from kit.display.summary import Finding, Frame, Frames, Item, Section, Summary
from kit.shim.deck_file import Decks
from kit.shim.decks import Deck

__all__ = ["summarize_deck", "summarize_decks"]

_MOST_BYTES = 8_000_000
"""Of all frames of an output together: a plot with its library has about five."""
_MOST_FRAMES = 50


def summarize_deck(deck: Deck) -> Summary:
    """Summarize one deck."""
    return summarize_decks(Decks([deck], title=deck.name))


def summarize_decks(decks: Decks) -> Summary:
    """Summarize decks in their order.

    Those that would make the output too large are told by name and size only, with
    the file where they are.
    """
    frames: list[Frame] = []
    left = _MOST_BYTES
    for deck in decks[:_MOST_FRAMES]:
        html = deck.html.encode("utf-8", "backslashreplace")
        if len(html) > left:
            frames.append(Frame(deck.name, None, len(html), _where(decks)))
            continue
        left -= len(html)
        frames.append(Frame(deck.name, html.decode(), len(html), allow=decks.allow))
    items: list[Item] = [Frames(tuple(frames))] if frames else []
    if len(decks) > _MOST_FRAMES:
        more = f"{len(decks) - _MOST_FRAMES:,} more decks are not shown."
        items.append(Finding("note", more, _advice(decks)))
    if not decks:
        items.append(Finding("note", "There are no decks.", _NO_DECKS))
    return Summary("decks", decks.title, (Section("Decks", tuple(items)),))


_NO_DECKS = "A task writes them when it is defined with enable_deck=True."


def _where(decks: Decks) -> str:
    return f"Too large to be shown here. {_advice(decks)}"


def _advice(decks: Decks) -> str:
    if decks.path is None:
        return "Its HTML is in .html of the deck."
    return f"Open the file in a browser: {decks.path}"
