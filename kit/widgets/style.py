"""What makes a box of widgets one of kit's live views: its class and its rules."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from kit.display.html import style_element
from kit.widgets.looks import Looks, named
from kit.widgets.scripted import can_script, scripted

__all__ = ["live_box"]

_RULES = ("preview.css", "panel.css", "outputs.css")


def live_box(looks: Looks, children: Sequence[Any] = ()) -> Any:
    """Return a box that is drawn as kit's views are, and read by no formula renderer.

    Frames in it get the height that they ask for, and the page's colours.

    Args:
        looks: What all widgets of the view share.
        children: What is in it, behind the rules themselves.
    """
    rules = ipywidgets.HTML(_rules(), **looks.html, **named("kit-preview-style"))
    keepers = (scripted("frames", {}, looks.box),) if can_script() else ()
    names = named("kit", "kit-preview", "tex2jax_ignore", "mathjax_ignore")
    return ipywidgets.Box((rules, *keepers, *children), **looks.box, **names)


@functools.cache
def _rules() -> str:
    static = Path(__file__).with_name("static")
    rules = (static.joinpath(name).read_text(encoding="utf-8") for name in _RULES)
    return f"{style_element()}<style>{''.join(rules)}</style>"
