"""Whether the code that runs is what its file says: files are edited after a load."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import decode_source
from typing import Any

from kit.source.loaded_text import note_text, noted_texts
from kit.source.source_units import SourceUnit, unit_of, unit_of_loaded


def units_of(
    filename: str, namespace: Mapping[str, Any] | None = None
) -> tuple[SourceUnit, ...]:
    """Return the units that code of a file may be from, the most likely first.

    A file is what it was when its module was loaded, which is the latest text first.
    Where nobody saw that it is the file as it is now; cells never change.

    Args:
        filename: What code objects call ``co_filename``.
        namespace: The globals of the code.

    Returns:
        Nothing when the file was changed after it was loaded, and nobody saw its text.
    """
    _note_autoreloaded(filename, namespace)
    texts = noted_texts(filename)
    if texts is None:
        unit = unit_of(filename, namespace)
        return () if unit is None else (unit,)
    return tuple(_loaded_unit(filename, text) for text in texts)


def _loaded_unit(filename: str, text: bytes | str) -> SourceUnit:
    decoded = text if isinstance(text, str) else decode_source(text)
    return unit_of_loaded(filename, decoded)


_PATCHED: dict[str, str] = {}
"""The text of each module that ``%autoreload`` had when it was last looked at."""


def _note_autoreloaded(filename: str, namespace: Mapping[str, Any] | None) -> None:
    """Note what ``%autoreload`` patched without loading it again, from IPython 9 on."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    magics = getattr(getattr(shell, "magics_manager", None), "registry", {})
    path = ("_reloader", "deduper_reloader", "source_by_modname")
    texts = functools.reduce(
        lambda owner, name: getattr(owner, name, None),
        path,
        magics.get("AutoreloadMagics"),
    )
    name = str((namespace or {}).get("__name__", ""))
    text = texts.get(name) if isinstance(texts, dict) else None
    if text and _PATCHED.get(name) != text:
        is_first = name not in _PATCHED
        _PATCHED[name] = text
        known = noted_texts(filename) or ()
        if not (is_first and any(_is_text(each, text) for each in known)):
            note_text(filename, text)


def _is_text(noted: bytes | str, text: str) -> bool:
    return (noted if isinstance(noted, str) else decode_source(noted)) == text


def find_code(function: types.FunctionType, unit: SourceUnit) -> types.CodeType | None:
    """Return the code of a file that a function has, or None if there is none.

    Its line may have changed: ``%autoreload`` leaves functions that only moved alone.
    Modules whose loader rewrites code, as pytest's does, are compared by the constants
    and names of the same line.
    """
    code = function.__code__
    named = [each for each in unit.codes if each[1].co_name == code.co_name]
    there = [each for _, each in named if each.co_firstlineno == code.co_firstlineno]
    same = [each for each in named if is_same(each[1], code)]
    for _, each in same:
        if each in there:
            return each
    own = [each for path, each in same if path == function.__qualname__]
    if own or len(same) == 1:
        return own[-1] if own else same[0][1]
    if is_rewritten(function.__globals__):
        return next((each for each in there if _is_akin(each, code)), None)
    return None


def is_rewritten(namespace: dict[str, Any]) -> bool:
    """Tell whether a module's loader may have compiled something else than its file."""
    loader = namespace.get("__loader__")
    return loader is not None and type(loader) is not SourceFileLoader


def is_same(one: types.CodeType, other: types.CodeType) -> bool:
    """Compare code, but not its lines, its file and the future imports around it."""
    return (
        all(getattr(one, name) == getattr(other, name) for name in _COMPARED)
        and (one.co_flags ^ other.co_flags) & _FLAGS == 0
        and _have_same_constants(one, other)
    )


_COMPARED = (
    "co_code",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
)
_FLAGS = 0x3FF  # those above are future imports


def _have_same_constants(one: types.CodeType, other: types.CodeType) -> bool:
    return len(one.co_consts) == len(other.co_consts) and all(
        is_same(mine, its)
        if isinstance(mine, types.CodeType) and isinstance(its, types.CodeType)
        else type(mine) is type(its) and repr(mine) == repr(its)
        for mine, its in zip(one.co_consts, other.co_consts, strict=True)
    )


def _is_akin(written: types.CodeType, running: types.CodeType) -> bool:
    """Tell whether rewritten code still has all constants and names of its source."""
    return (
        {*_parts(written)} <= {*_parts(running)}
        and written.co_argcount == running.co_argcount
        and written.co_varnames[: written.co_argcount]
        == running.co_varnames[: running.co_argcount]
    )


def _parts(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts(constant)
        else:
            yield repr(constant)
