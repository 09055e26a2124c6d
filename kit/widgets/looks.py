"""What the widgets of a view share, so that there are few comms for many widgets."""

from __future__ import annotations

from typing import Any

import ipywidgets
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle

__all__ = ["Looks", "named"]


def named(*names: str) -> dict[str, Any]:
    """Return the argument that gives a new widget these classes of the stylesheet.

    ``add_class`` says the same in a message of its own for each of them.
    """
    return {"_dom_classes": names}


class Looks:
    """A layout, and a style for each kind of widget; the stylesheet does the rest.

    Attributes:
        box: Arguments of boxes, and of widgets that are few.
        html: Arguments of texts in HTML.
        text: Arguments of fields of text.
        button: Arguments of buttons.
    """

    def __init__(self) -> None:
        self.box: dict[str, Any] = {"layout": ipywidgets.Layout(width="auto")}
        self.html = {**self.box, "style": HTMLStyle()}
        self.text = {**self.box, "style": TextStyle()}
        self.button = {**self.box, "style": ipywidgets.ButtonStyle()}
