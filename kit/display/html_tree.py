"""A JSON value as nested lists that fold, without a script."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import Any, NamedTuple

from kit.display.escape import html_text, label
from kit.display.html_pre import preformatted

__all__ = ["tree_html"]

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
