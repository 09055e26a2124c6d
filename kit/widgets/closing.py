"""Close widgets with all that belongs to them."""

from __future__ import annotations

from typing import Any

import ipywidgets

__all__ = ["close_parts", "close_tree"]


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
