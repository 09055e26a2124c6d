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

from kit.display.html import item_html
from kit.display.summary import Code, Item, Section, Summary
from kit.display.text import attribute, html_text
from kit.escape import label, one_line
from kit.runners.outcome import Phase
from kit.widgets.base import Styles, named


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
        styles: What all widgets of the view share.
    """

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
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
        facts = self._styles.html
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


_TONES = {Phase.SUCCEEDED: "kit-good", Phase.FAILED: "kit-bad"}
_BUSY = (
    "The kernel is busy with a cell: Cancel waits for it; interrupt the kernel to "
    "cancel now."
)


def head_html(task: Any) -> str:
    """Return the title of a panel."""
    name = html_text(one_line(task.name))
    return f'<p class="kit-head"><span class="kit-kind">run</span> <b>{name}</b></p>'


def phase_html(phase: Phase) -> str:
    """Return the phases that there are, the present one marked, for readers too."""
    last = phase if phase.is_final else Phase.SUCCEEDED
    steps = (Phase.QUEUED, Phase.RUNNING, last)
    items = "".join(_step(step, phase) for step in steps)
    return f'<div role="status"><ol class="kit-phases">{items}</ol></div>'


def clock_html(seconds: int, *, is_busy: bool) -> str:
    """Return how long it takes by now, and what a busy kernel means for Cancel."""
    busy = f' <span class="kit-notable">{_BUSY}</span>' if is_busy else ""
    return f'<p><progress aria-label="running"></progress> {seconds:,} s{busy}</p>'


def _step(step: Phase, phase: Phase) -> str:
    if step is not phase:
        return f'<li class="kit-other-phase">{step.value}</li>'
    tone = _TONES.get(step, "kit-notable")
    return f'<li class="{tone}" aria-current="step"><b>{step.value}</b></li>'
