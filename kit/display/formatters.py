"""Flyte's messages at the end of a notebook's cell, registered by their types' names.

Neither a class of flyteidl is patched nor a module loaded for it.
"""

from __future__ import annotations

from typing import Any

from kit.display.mimebundle import mimebundle
from kit.display.stylesheet import forget_stylesheet
from kit.display.summarize import MESSAGES

__all__ = ["register", "unregister"]


def register(shell: Any) -> None:
    """Let an IPython show Flyte's messages as kit does; again does no harm.

    The next output brings the stylesheet, so that ``%reload_ext kit`` mends a notebook
    that lost the output which had it.

    Args:
        shell: The ``InteractiveShell``, as ``load_ipython_extension`` is given it.
    """
    forget_stylesheet()
    formatter = shell.display_formatter.mimebundle_formatter
    for name in MESSAGES:
        if not _is_registered(formatter, name):
            module, _, kind = name.rpartition(".")
            formatter.for_type_by_name(module, kind, _bundle)


def unregister(shell: Any) -> None:
    """Let an IPython show Flyte's messages as it did before."""
    formatter = shell.display_formatter.mimebundle_formatter
    for name in MESSAGES:
        if _is_registered(formatter, name):
            formatter.pop(name)


def _is_registered(formatter: Any, name: str) -> bool:
    try:
        return formatter.lookup_by_type(name) is _bundle
    except KeyError:
        return False


def _bundle(message: object, **_kinds: object) -> dict[str, str]:
    """Return the faces; IPython itself leaves out those that it does not want."""
    return mimebundle(message)
