"""The outputs of a run as one section of a larger view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from kit.widgets.closing import close_parts, close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.outputs.output_parts import output_widgets

__all__ = ["OutputsPane"]

_HEAD = '<details open=""><summary><b>Outputs</b></summary></details>'


class OutputsPane:
    """A head that folds, and the outputs of one run below it.

    Args:
        looks: What all widgets of the view share.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._head = ipywidgets.HTML(_HEAD, **looks.html, **named("kit-pane-head"))
        names = named("kit-stack", "kit-outputs")
        self._body = ipywidgets.Box((), **looks.box, **names)
        self._values: Mapping[str, Any] | None = None

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is shown; nothing where there are no outputs."""
        return (self._head, self._body) if self._body.children else ()

    def draw(self, values: Mapping[str, Any], mask: Callable[[Any], Any]) -> None:
        """Show outputs in the place of others; the same ones stay as they are."""
        if values is self._values:
            return
        self._values = values
        before = self._body.children
        self._body.children = output_widgets(values, self._looks, mask)
        for widget in before:
            close_parts(widget)

    def close(self) -> None:
        """Close every widget, whether it is shown or not."""
        close_tree(self._head)
        close_tree(self._body)
