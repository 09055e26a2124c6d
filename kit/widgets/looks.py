"""What the widgets of a view share, so that there are few comms for many widgets."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle

__all__ = ["Looks", "named"]


def named(*names: str) -> dict[str, Any]:
    """Return the argument that gives a new widget these classes of the stylesheet.

    ``add_class`` says the same in a message of its own for each of them.
    """
    return {"_dom_classes": names}


class Looks:
    """A layout, and a style for each kind of widget; the stylesheet does the rest.

    Styles are made when they are asked for: one that no widget has is never closed.

    Attributes:
        box: Arguments of boxes, and of widgets that are few.
    """

    def __init__(self) -> None:
        self.box: dict[str, Any] = {"layout": ipywidgets.Layout(width="auto")}

    @functools.cached_property
    def html(self) -> dict[str, Any]:
        """Arguments of texts in HTML."""
        return {**self.box, "style": HTMLStyle()}

    @functools.cached_property
    def text(self) -> dict[str, Any]:
        """Arguments of fields of text."""
        return {**self.box, "style": TextStyle()}

    @functools.cached_property
    def button(self) -> dict[str, Any]:
        """Arguments of buttons."""
        return {**self.box, "style": ipywidgets.ButtonStyle()}

    @functools.cached_property
    def choice(self) -> dict[str, Any]:
        """Arguments of lists to choose from."""
        return {**self.box, "style": DescriptionStyle()}

    @functools.cached_property
    def switch(self) -> dict[str, Any]:
        """Arguments of boxes to tick."""
        return {**self.box, "style": CheckboxStyle()}
