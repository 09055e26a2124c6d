"""What the widgets of a view share, so that there are few comms for many widgets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ipywidgets
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle

from kit.display.html import style_element


def close_tree(widget: Any) -> None:
    """Close a widget, its children, and their layouts and styles.

    To close a box leaves its children open, and to close a widget leaves its layout and
    its style: each is a comm of its own, in the kernel and in the browser.
    """
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if isinstance(part, ipywidgets.Widget):
            part.close()
    widget.unobserve_all()
    widget.close()


def close_parts(widget: Any) -> None:
    """Close a widget and its children, but nothing of what they share with others."""
    for child in getattr(widget, "children", ()):
        close_parts(child)
    widget.unobserve_all()
    widget.close()


def named(*names: str) -> dict[str, Any]:
    """Return the argument that gives a new widget these classes of the stylesheet.

    ``add_class`` says the same in a message of its own for each of them.
    """
    return {"_dom_classes": names}


class Styles:
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


_STATIC = Path(__file__).with_name("static")

Answer = tuple[dict[str, Any], list[bytes]]
"""What goes to the page: a message, and bytes beside it."""


def can_script() -> bool:
    """Say whether anywidget is installed; without it, views are as on static pages."""
    return find_spec("anywidget") is not None


def scripted(
    script: str,
    facts: dict[str, Any],
    layout: dict[str, Any],
    answer: Callable[[Any], Answer] | None = None,
) -> Any:
    """Return a widget.

    Args:
        script: The name of its script; ``elements.js`` comes before it.
        facts: What the script finds in its model, as JSON has it.
        layout: Arguments of the widget that it shares with others.
        answer: Makes of a message of the page what is sent back, in any thread.
    """
    made = _type_of(script, tuple(facts))(**facts, **layout)
    if answer is not None:
        made.on_msg(lambda widget, asked, _buffers: widget.send(*answer(asked)))
    return made


@functools.cache
def _type_of(script: str, names: tuple[str, ...]) -> type:
    import anywidget
    import traitlets

    parts = (_STATIC.joinpath(f"{name}.js") for name in ("elements", script))
    code = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    traits = {name: traitlets.Any().tag(sync=True) for name in names}
    return type(script, (anywidget.AnyWidget,), {"_esm": code, **traits})


def finder(styles: Styles) -> tuple[Any, ...]:
    """Return the tool for the view that it is put into, if anywidget is installed.

    It has no state that the kernel would know.
    """
    return (scripted("finder", {}, styles.box),) if can_script() else ()


_RULES = ("preview.css", "panel.css", "outputs.css")


def live_box(styles: Styles, children: Sequence[Any] = ()) -> Any:
    """Return a box that is drawn as kit's views are, and read by no formula renderer.

    Frames in it get the height that they ask for, and the page's colours.

    Args:
        styles: What all widgets of the view share.
        children: What is in it, behind the rules themselves.
    """
    rules = ipywidgets.HTML(_rules(), **styles.html, **named("kit-preview-style"))
    keepers = (scripted("frames", {}, styles.box),) if can_script() else ()
    names = named(
        *("kit", "kit-live", "kit-preview", "tex2jax_ignore", "mathjax_ignore")
    )
    return ipywidgets.Box((rules, *keepers, *children), **styles.box, **names)


@functools.cache
def _rules() -> str:
    static = Path(__file__).with_name("static")
    rules = (static.joinpath(name).read_text(encoding="utf-8") for name in _RULES)
    return f"{style_element()}<style>{''.join(rules)}</style>"
