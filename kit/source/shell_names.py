"""The names that a shell puts into its notebook, which no container has."""

from __future__ import annotations

import builtins
from typing import Any

__all__ = ["BUILTIN", "is_shells_own"]

_SHELL = {"get_ipython", "display", "__IPYTHON__"}
BUILTIN = {name for name in vars(builtins) if name not in _SHELL}
"""Names that every interpreter has."""


def is_shells_own(name: str, value: Any) -> bool:
    """Tell what a shell bound by itself: ``get_ipython``, and an ``open`` of its own.

    IPython's ``open`` is the builtin one but for the descriptors 0 to 2, which it
    refuses.
    """
    if name == "open":
        home = getattr(value, "__globals__", {}).get("__name__")
        return bool(home == "IPython.core.interactiveshell")
    return name == "get_ipython"
