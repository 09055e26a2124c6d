"""Search, fold and copy in a view, by a script of kit's own in the page.

ipywidgets alone can do none of these in the browser.  Without anywidget a view has them
not, and is complete otherwise.
"""

from __future__ import annotations

from typing import Any

from kit.widgets.looks import Looks
from kit.widgets.scripted import can_script, scripted

__all__ = ["finder"]


def finder(looks: Looks) -> tuple[Any, ...]:
    """Return the tool for the view that it is put into, if anywidget is installed.

    It has no state that the kernel would know.
    """
    return (scripted("finder", {}, looks.box),) if can_script() else ()
