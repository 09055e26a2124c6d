"""The text that modules were loaded from: files are edited afterwards.

A module keeps the code of its functions, but not its decorators' arguments, defaults,
bases and bodies of classes.  What ran is therefore read when a module is loaded, by a
finder that finds nothing: Python asks it before every load, a reload's too.

Nothing but what Python has loaded at its start is imported here, because ``import kit``
installs the finder.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int, int]

_KEPT = 4
"""How many texts of a file are kept: older ones are of objects that nobody has."""

_TEXTS: dict[str, list[bytes | str]] = {}
"""What each file was when it was loaded, the latest last."""

_STAMPS: dict[str, Stamp] = {}
"""How the files of modules looked that were loaded before the finder was there."""

_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - pathlib is not loaded yet
_KIT = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120 - idem
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def watch() -> None:
    """Note from now on what modules are loaded from, but for installed ones."""
    if _Watch in sys.meta_path:
        return
    sys.meta_path.insert(0, _Watch)
    for module in list(sys.modules.values()):
        filename = vars(module).get("__file__") if _is_module(module) else None
        if isinstance(filename, str) and is_own_file(filename):
            with contextlib.suppress(OSError, ValueError):
                _STAMPS[filename] = _stamp(filename)


def _is_module(value: object) -> bool:
    return isinstance(value, ModuleType)  # anything may be put into sys.modules


class _Watch:
    """Reads what is about to be loaded, and leaves the finding to other finders."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG004 - the protocol's
    ) -> ModuleSpec | None:
        """Return None, after the module's text was noted."""
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        if path is not None and not any(map(_is_own_folder, path)):
            return None
        with contextlib.suppress(OSError, ValueError, ImportError):
            spec = PathFinder.find_spec(name, path)
            if (
                spec is not None
                and spec.has_location
                and is_own_file(spec.origin or "")
            ):
                note_file(str(spec.origin))
        return None


def _is_own_folder(folder: object) -> bool:
    return isinstance(folder, str) and is_own_file(f"{folder}{os.sep}x.py")


def is_own_file(filename: str) -> bool:
    """Tell whether a file is a Python file that was not installed."""
    return (
        filename.endswith(".py")
        and not any(part in filename for part in _INSTALLED)
        and not filename.startswith((_STANDARD, _KIT))
    )


def note_file(filename: str) -> None:
    """Remember the text of a file that is run now.

    Raises:
        OSError: It cannot be read.
    """
    with open(filename, "rb") as file:  # noqa: PTH123 - pathlib is not loaded yet
        note_text(filename, file.read())


def note_text(filename: str, text: bytes | str) -> None:
    """Remember the text that a file's module has from now on."""
    kept = _TEXTS.setdefault(filename, [])
    if text in kept:
        kept.remove(text)
    kept.append(text)
    del kept[:-_KEPT]


def noted_texts(filename: str) -> tuple[bytes | str, ...] | None:
    """Return the texts that a file was loaded with, the latest first.

    Returns:
        None when nobody saw it being loaded; nothing when it was changed after that.
    """
    if filename in _TEXTS:
        return tuple(reversed(_TEXTS[filename]))
    if filename not in _STAMPS:
        return None
    with contextlib.suppress(OSError):
        if _stamp(filename) == _STAMPS[filename]:
            note_file(filename)
            return tuple(_TEXTS[filename])
    return ()


def _stamp(filename: str) -> Stamp:
    found = os.stat(filename)  # noqa: PTH116 - pathlib is not loaded yet
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
