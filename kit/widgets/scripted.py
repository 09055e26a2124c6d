"""Widgets that a script of kit's own draws in the page, by anywidget."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["can_script", "scripted"]

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
