"""A difference side by side, narrowed down by what it means."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import ipywidgets

from kit.difference.change import Change
from kit.difference.difference import Difference
from kit.difference.impact import Impact
from kit.display.difference_summary import summarize_difference
from kit.display.difference_text import change_lines
from kit.display.escape import html_text
from kit.display.html import heading_html, section_html
from kit.display.html_sides import change_html
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.reports.choices import Choices
from kit.widgets.style import live_box

__all__ = ["DifferenceView"]

_MOST_CHANGES = 100


class DifferenceView:
    """Draws a difference.

    Args:
        difference: The difference.

    Attributes:
        root: The widget.
    """

    def __init__(self, difference: Difference) -> None:
        self._difference = difference
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._texts = [_searched(change) for change in difference.changes]
        looks = Looks()
        head = ipywidgets.HTML(_head(difference), **looks.html)
        self._body = ipywidgets.HTML(**looks.html, **named("kit-report-body"))
        impacts = [impact.value for impact in difference.impacts]
        self._choices = Choices({"impact": impacts}, self._draw, looks)
        self.root: Any = live_box(looks, (head, self._choices.widget, self._body))
        self._draw()

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)

    def _draw(self) -> None:
        with self._lock:
            found = list(self._admitted())
            count = f"{len(found):,} of {len(self._texts):,} changes"
            if len(found) > _MOST_CHANGES:
                count += f", the first {_MOST_CHANGES} of them here"
            drawn = "".join(map(change_html, _by_gravity(found)[:_MOST_CHANGES]))
            self._body.value = f'<p role="status">{html_text(count)}</p>{drawn}'

    def _admitted(self) -> Iterator[Change]:
        for change, text in zip(self._difference.changes, self._texts, strict=True):
            words = {"impact": [impact.value for impact in change.impacts]}
            if self._choices.admits(words, text):
                yield change


def _head(difference: Difference) -> str:
    """Return the title and what the difference means in all."""
    summary = summarize_difference(difference)
    meaning = dataclasses.replace(summary, sections=summary.sections[:1])
    sections = "".join(map(section_html, meaning.sections))
    return "".join(heading_html(summary)) + sections


def _searched(change: Change) -> str:
    return f"{change.path} {change.why} {change_lines(change)}"


def _by_gravity(changes: list[Change]) -> list[Change]:
    gravity = list(Impact)
    return sorted(changes, key=lambda change: gravity.index(change.impact))
