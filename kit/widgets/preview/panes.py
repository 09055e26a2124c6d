"""The sections of a view as widgets: each has a head that folds it, and a body.

The head is a ``<details>`` of its own and the stylesheet hides the body beside one that
is folded, so that a body that is drawn anew stays as its reader left it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ipywidgets

from kit.display.escape import attribute, html_text, label
from kit.display.html_items import item_html
from kit.display.summary import Code, Item, Section, Summary
from kit.widgets.looks import Looks, named

__all__ = ["Pane", "Panes", "panes_of"]


@dataclass(frozen=True)
class Pane:
    """Items that are folded together.

    Attributes:
        title: What they are about.
        items: The items; without any, the pane is not seen.
        is_open: Whether it starts unfolded.
    """

    title: str
    items: tuple[Item, ...]
    is_open: bool = True


def panes_of(summary: Summary) -> Iterator[Pane]:
    """Yield a pane for each section, and one for each code that is folded in it."""
    for section in summary.sections:
        folded = [item for item in section.items if _is_folded(item)]
        rest = tuple(item for item in section.items if item not in folded)
        if rest or not folded:
            yield Pane(section.title, rest, not section.detail)
        yield from (_pane_of(section, code) for code in folded)


def _is_folded(item: Item) -> bool:
    return isinstance(item, Code) and item.folded


def _pane_of(section: Section, code: Any) -> Pane:
    shown = dataclasses.replace(code, folded=False, caption="")
    return Pane(f"{section.title}: {code.caption}", (shown,), is_open=False)


class Panes:
    """The widgets of panes; only bodies that say something else are sent again.

    Args:
        looks: What all widgets of the view share.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._widgets: dict[str, tuple[ipywidgets.HTML, ipywidgets.HTML]] = {}

    @property
    def widgets(self) -> tuple[ipywidgets.HTML, ...]:
        """Heads and bodies, in order."""
        return tuple(widget for pair in self._widgets.values() for widget in pair)

    def draw(self, panes: list[Pane]) -> tuple[ipywidgets.HTML, ...]:
        """Draw panes, and return the widgets that none of them needs any more."""
        before = self._widgets
        self._widgets = {
            pane.title: before.get(pane.title) or self._made(pane) for pane in panes
        }
        for pane in panes:
            self._widgets[pane.title][1].value = _body(pane)
        gone = before.keys() - self._widgets.keys()
        return tuple(widget for title in gone for widget in before[title])

    def _made(self, pane: Pane) -> tuple[ipywidgets.HTML, ipywidgets.HTML]:
        facts = self._looks.html
        head = ipywidgets.HTML(_head(pane), **facts, **named("kit-pane-head"))
        body = ipywidgets.HTML(_body(pane), **facts, **named("kit-pane-body"))
        return head, body


def _head(pane: Pane) -> str:
    is_open = ' open=""' if pane.is_open else ""
    title = html_text(label(pane.title))
    return f"<details{is_open}><summary><b>{title}</b></summary></details>"


def _body(pane: Pane) -> str:
    if not pane.items:
        return ""
    items = "".join(map(item_html, pane.items))
    label = attribute(pane.title)
    return f'<div class="kit-body" role="region" aria-label="{label}">{items}</div>'
