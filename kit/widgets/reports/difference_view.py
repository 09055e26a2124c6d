"""A difference side by side, narrowed down by what it means."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets

from kit.difference.difference import Difference
from kit.display.difference_summary import (
    DrawnChange,
    change_groups,
    drawn_changes,
    headed,
    meaning_section,
)
from kit.display.escape import html_text
from kit.display.html import heading_html, section_html
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.reports.choices import Choices
from kit.widgets.style import live_box

__all__ = ["DifferenceView"]


class DifferenceView:
    """Draws a difference.

    Args:
        difference: The difference.

    Attributes:
        root: The widget.
    """

    def __init__(self, difference: Difference) -> None:
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._drawn = list(drawn_changes(difference))
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
            found = [drawn for drawn in self._drawn if self._admits(drawn)]
            count = f"{len(found):,} of {len(self._drawn):,} changes"
            groups = (group for group in change_groups(found) if group.items)
            self._body.value = f'<p role="status">{html_text(count)}</p>' + "".join(
                map(section_html, groups)
            )

    def _admits(self, drawn: DrawnChange) -> bool:
        change, code = drawn
        words = {"impact": [impact.value for impact in change.impacts]}
        return self._choices.admits(words, f"{code.caption}\n{code.text}")


def _head(difference: Difference) -> str:
    """Return the title and what the difference means in all."""
    title = "".join(heading_html(headed(difference)))
    return title + section_html(meaning_section(difference))
