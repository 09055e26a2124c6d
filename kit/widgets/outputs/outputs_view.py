"""The outputs of a run at the end of a cell, as a live view."""

from __future__ import annotations

from typing import Any

import ipywidgets

from kit.display.html import heading_html, section_html
from kit.display.run_summary import summarize_outputs
from kit.running.outputs import Outputs
from kit.widgets.closing import close_tree
from kit.widgets.looks import Looks, named
from kit.widgets.outputs.output_parts import output_widgets
from kit.widgets.style import live_box

__all__ = ["OutputsView"]


class OutputsView:
    """Draws outputs.

    Args:
        outputs: The outputs.

    Attributes:
        root: The widget.
    """

    def __init__(self, outputs: Outputs) -> None:
        looks = Looks()
        summary = summarize_outputs(outputs)
        head = ipywidgets.HTML("".join(heading_html(summary)), **looks.html)
        parts = output_widgets(outputs, looks)
        body = ipywidgets.Box(parts, **looks.box, **named("kit-stack", "kit-outputs"))
        wire = summary.section("On the wire")
        rest = [ipywidgets.HTML(section_html(wire), **looks.html)] if wire else []
        self.root: Any = live_box(looks, (head, body, *rest))
        self.root.kit_view = self  # no handler of it holds the view, to be closed later

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)
