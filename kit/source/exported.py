"""The modules that this process has exported, so that it can import them itself.

A task with ``ship="export"`` names its exported module, which need not be installed
where it was written. ``sys.path`` stays as it is: a finder knows these very names, and
no other module of their folder is found through it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

__all__ = ["exported_folders", "make_importable"]

_FOLDERS: dict[str, str] = {}
"""The folder of each exported top-level module or package."""


class _Finder:
    """Finds exported modules by their exact names, before those that are installed."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - the protocol's
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where an exported top-level module is, None for any other."""
        folder = _FOLDERS.get(name)
        return None if folder is None else PathFinder.find_spec(name, [folder], target)


def make_importable(module: str, folder: Path) -> None:
    """Let this process and those it starts for runs import an exported module.

    Copies of it that were imported before are forgotten.

    Args:
        module: Its top-level name.
        folder: The folder that it is in.
    """
    _FOLDERS[module] = str(folder.resolve())
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    for name in list(sys.modules):
        if name == module or name.startswith(f"{module}."):
            del sys.modules[name]
    importlib.invalidate_caches()


def exported_folders() -> tuple[str, ...]:
    """Return the folders that hold exported modules, the latest first."""
    return tuple(dict.fromkeys(reversed(_FOLDERS.values())))
