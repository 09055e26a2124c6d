"""The names that a shell puts into its notebook, which no container has."""

from __future__ import annotations

import builtins
import re
import sys
from typing import Any

__all__ = ["BUILTIN", "is_history", "is_shells_own"]

_HISTORY = re.compile(r"In|Out|_{1,3}|_[dio]h|_i{1,3}|_i?\d+")
_SHELL = {"get_ipython", "display", "__IPYTHON__"}
BUILTIN = {name for name in vars(builtins) if name not in _SHELL}
"""Names that every interpreter has."""


def is_shells_own(name: str, value: Any) -> bool:
    """Tell what a shell bound by itself: ``In``, ``_``, and an ``open`` of its own.

    IPython's ``open`` is the builtin one but for the descriptors 0 to 2, which it
    refuses. Its histories have the source and the results of all other cells.
    """
    if name == "open":
        home = getattr(value, "__globals__", {}).get("__name__")
        return bool(home == "IPython.core.interactiveshell")
    return name == "get_ipython" or is_history(name, value)


def is_history(name: str, value: Any) -> bool:
    """Tell an IPython shell's own record of what was typed and what came of it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    hidden = getattr(shell, "user_ns_hidden", {})  # and what a startup file bound
    own = _HISTORY.fullmatch(name) is not None and name in hidden
    return own and hidden[name] is value
