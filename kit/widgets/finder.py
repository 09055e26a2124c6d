"""Search, fold and copy in a view, by a script of kit's own in the page.

ipywidgets alone can do none of these in the browser.  Without anywidget a view has them
not, and is complete otherwise.
"""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kit.widgets.looks import Looks

__all__ = ["finder"]

_SCRIPT = Path(__file__).with_name("static") / "finder.js"


def finder(looks: Looks) -> tuple[Any, ...]:
    """Return the tool for the view that it is put into, if anywidget is installed."""
    if find_spec("anywidget") is None:
        return ()
    return (_finder_type()(**looks.box),)


@functools.cache
def _finder_type() -> type:
    import anywidget

    class Finder(anywidget.AnyWidget):
        """The tool; it has no state that the kernel would know."""

        _esm = _SCRIPT.read_text(encoding="utf-8")

    return Finder
