"""Texts in boxes, lines side by side and trees, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from kit.display.text import COMES, GOES, STAYS, html_text
from kit.escape import label

_LINES = 16  # which fit the box at any width, if there are no more characters than that
_CHARACTERS = 1_000


def preformatted(text: str, marked: str | None = None) -> str:
    """Return text as a box.

    Args:
        text: The text.
        marked: The same as HTML, if parts of it are marked.
    """
    inner = html_text(text) if marked is None else marked
    is_long = len(text) > _CHARACTERS or text.count("\n") >= _LINES
    focus = ' tabindex="0"' if is_long else ""
    return f"<pre{focus}><code>{inner}</code></pre>"


Pair = tuple[str | None, str | None]


def sides_html(text: str) -> str:
    """Return lines, marked as :mod:`kit.display.text` does, as a table.

    Lines keep their marks, so that nothing is told by colour or place alone; a line
    that stays stands across both sides.
    """
    rows = "".join(_row(old, new) for old, new in _pairs(text))
    return (
        '<table class="kit-sides"><thead><tr><th scope="col">old</th>'
        f'<th scope="col">new</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _pairs(text: str) -> Iterator[Pair]:
    """Yield lines beside each other; None where there is nothing."""
    gone: list[str] = []
    come: list[str] = []
    for line in text.split("\n"):
        if line.startswith(GOES):
            if come:  # another block, of which nothing stays between
                yield from _zipped(gone, come)
            gone.append(line)
        elif line.startswith(COMES):
            come.append(line)
        else:
            yield from _zipped(gone, come)
            yield line, line
    yield from _zipped(gone, come)


def _zipped(gone: list[str], come: list[str]) -> Iterator[Pair]:
    """Yield what was gathered of both sides, and begin to gather anew."""
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else None
        new = come[index] if index < len(come) else None
        yield old, new
    gone.clear()
    come.clear()


def _row(old: str | None, new: str | None) -> str:
    if old is not None and old == new:
        kind = "" if old.startswith(STAYS) else ' class="kit-gap"'
        return f'<tr><td colspan="2"{kind}><code>{html_text(old)}</code></td></tr>'
    return f"<tr>{_cell(old, 'gone')}{_cell(new, 'come')}</tr>"


def _cell(text: str | None, kind: str) -> str:
    if text is None:
        return '<td class="kit-none"></td>'
    return f'<td class="kit-{kind}"><code>{html_text(text)}</code></td>'


_INLINE_CHARACTERS = 200  # a longer text gets a box of its own
Place = tuple[str | int, ...]


class _Marks(NamedTuple):
    """Places to mark, and all that are above them."""

    changed: frozenset[Place]
    above: frozenset[Place]

    def item(self, place: Place) -> str:
        return '<li class="kit-changed">' if place in self.changed else "<li>"

    def fold(self, place: Place) -> str:
        return '<details open="">' if place in self.above else "<details>"


def tree_html(value: Any, changed: frozenset[Place] = frozenset()) -> str:
    """Return a dictionary or list as a list of its entries; deeper ones are folded.

    Args:
        value: The dictionary or list.
        changed: Places to mark; what is above them is unfolded.
    """
    parts: list[str] = []
    above = frozenset(place[:end] for place in changed for end in range(len(place)))
    _entries(value, parts, (), _Marks(changed, above))
    return "".join(parts)


def _entries(
    container: dict[str, Any] | list[Any],
    parts: list[str],
    place: Place,
    marks: _Marks,
) -> None:
    parts.append('<ul class="kit-tree">')
    is_map = isinstance(container, dict)
    items: Any = enumerate(container)
    if isinstance(container, dict):
        items = container.items()
    for key, value in items:
        here = (*place, key)
        name = html_text(label(key)) if is_map else str(key)
        parts.append(marks.item(here))
        if value and isinstance(value, dict | list):
            noun = "entry" if len(value) == 1 else "entries"
            count = f"<i>{len(value):,} {noun}</i>"
            parts.append(f"{marks.fold(here)}<summary><b>{name}</b> {count}</summary>")
            _entries(value, parts, here, marks)
            parts.append("</details></li>")
        else:
            parts.append(f"{_named(name, value)}</li>")
    parts.append("</ul>")


def _named(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return f'<b>{name}</b>: <code class="kit-plain">{_plain(value)}</code>'
    if len(value) <= _INLINE_CHARACTERS and "\n" not in value:
        text = html_text(encode_basestring(value))
        return f'<b>{name}</b>: <code class="kit-str">{text}</code>'
    lines = value.count("\n") + 1
    counted = f"{lines:,} lines" if lines > 1 else f"{len(value):,} characters"
    return (
        f"<details><summary><b>{name}</b> <i>text, {counted}</i></summary>"
        f"{preformatted(value)}</details>"
    )


def _plain(value: Any) -> str:
    """Write a number, a truth value, nothing, or an empty container, as JSON does."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
