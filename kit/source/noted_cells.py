"""What a shell shows after each cell, and nothing keeps: noted from the start on."""

from __future__ import annotations

import contextlib
import sys
import types
import weakref
from collections.abc import Iterator
from typing import Any

from kit.source.class_statements import methods_of
from kit.source.loaded_text import is_own_file, note_file, noted_texts
from kit.source.source_units import CELL_OF, has_odd_ends, note_cell
from kit.source.state import note_state

_HOOK = "_kit_cell_source"


def install(ip: Any = None) -> bool:
    """Note from now on which cell every class comes from; do it once per shell.

    Args:
        ip: The interactive shell; the running one by default.

    Returns:
        Whether there is a shell whose classes are noted.
    """
    if ip is None:
        shell = sys.modules.get("IPython")
        ip = shell.get_ipython() if shell is not None else None
    if ip is None:
        return False
    if not hasattr(ip, _HOOK):
        for value in _classes(ip.user_ns):  # from cells that are not known any more
            CELL_OF.setdefault(value, None)
        hook = _Hook(ip)
        ip.events.register("post_run_cell", hook)
        setattr(ip, _HOOK, hook)
    return True


class _Hook:
    """Notes the new classes after each cell."""

    def __init__(self, ip: Any) -> None:
        self._ip = weakref.ref(ip)

    def __call__(self, result: Any) -> None:
        """Never raise: a cell of the user's must not end in an error of ours."""
        try:
            self._note(result)
        except Exception as error:  # noqa: BLE001 - whatever a user's object raises
            sys.stderr.write(f"kit could not note the classes of this cell: {error}\n")

    def _note(self, result: Any) -> None:
        ip = self._ip()
        if ip is None or result is None or result.info is None:
            return
        _note_run_files(ip.user_ns)
        self._note_classes(ip, result)
        note_state(ip.user_ns)

    def _note_classes(self, ip: Any, result: Any) -> None:
        new = [value for value in _classes(ip.user_ns) if value not in CELL_OF]
        raw = result.info.raw_cell
        if not new and not has_odd_ends(raw):
            return
        text = getattr(result.info, "transformed_cell", None) or ip.transform_cell(raw)
        note_cell(text)
        for value in new:
            CELL_OF[value] = text


_RUN: weakref.WeakSet[types.FunctionType] = weakref.WeakSet()


def _note_run_files(namespace: dict[str, Any]) -> None:
    """Note the text of files that were run without an import, as by ``%run``."""
    for value in list(namespace.values()):
        made = [value] if isinstance(value, types.FunctionType) else []
        if isinstance(value, type) and value.__module__ == "__main__":
            made = methods_of(value)
        for function in made:
            if function in _RUN:
                continue
            _RUN.add(function)
            filename = function.__code__.co_filename
            is_main = function.__module__ == "__main__" and filename.endswith(".py")
            if is_main or (is_own_file(filename) and noted_texts(filename) is None):
                with contextlib.suppress(OSError):  # a cell has a name and no file
                    note_file(filename)


def _classes(namespace: dict[str, Any]) -> Iterator[type]:
    for value in list(namespace.values()):
        if isinstance(value, type) and value.__module__ == "__main__":
            yield value
