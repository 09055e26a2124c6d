"""Modules made of source in templates, and how long they stay.

A notebook loads a module each time an executor was changed.  The one before leaves
``sys.modules`` then, unless a thread still runs in it.  What lives on of it - an
exception with its traceback, a value in a variable - keeps the module itself and its
lines for tracebacks, and pickle still finds it by its name.
"""

from __future__ import annotations

import linecache
import sys
import weakref
from importlib.machinery import ModuleSpec
from types import CodeType, FrameType, ModuleType
from typing import Any

from kit.errors import InlineError
from kit.shim.executable import call_author

_latest: dict[tuple[str, str], str] = {}
_replaced: weakref.WeakValueDictionary[str, ModuleType] = weakref.WeakValueDictionary()


def fresh_module(
    name: str, source: str, code: CodeType, *, owner: tuple[str, str]
) -> ModuleType:
    """Execute source as a fresh module, of which tracebacks show the lines.

    Args:
        name: The module's name, which tells its content too.
        source: Its source.
        code: What that compiles to.
        owner: Whose it is; the one that this owner had before leaves.

    Raises:
        InlineError: Another module has the name.
    """
    _check_free(name)
    module = ModuleType(name)
    # What it defines knows the module by this name, so that neither outlives the other.
    module.__dict__.update(__file__=code.co_filename, __kit_inline__=module)
    _keep_lines(module, code.co_filename, source)
    sys.modules[name] = module  # dataclasses and pickle look for it there
    try:
        call_author(exec, code, module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    _replace(name, owner)
    return module


def _check_free(name: str) -> None:
    other = sys.modules.get(name)
    if other is not None and not hasattr(other, "__kit_inline__"):
        msg = f"The module {name} is loaded already and is another one: {other!r}."
        raise InlineError(msg)


def _keep_lines(module: ModuleType, filename: str, source: str) -> None:
    entry = (len(source), None, source.splitlines(keepends=True), filename)
    linecache.cache[filename] = entry
    weakref.finalize(module, _forget_lines, filename, entry).atexit = False


def _forget_lines(filename: str, entry: tuple[Any, ...]) -> None:
    if linecache.cache.get(filename) is entry:
        del linecache.cache[filename]


def _replace(name: str, owner: tuple[str, str]) -> None:
    before = _latest.get(owner)
    _latest[owner] = name
    _replaced.pop(name, None)
    if before is not None and before not in _latest.values():
        module = sys.modules.get(before)
        if module is not None:
            _replaced[before] = module
            _Finder.install()
    for old, module in list(_replaced.items()):
        if sys.modules.get(old) is module and not _is_running(module):
            del sys.modules[old]


def _is_running(module: ModuleType) -> bool:
    """Tell whether a thread is inside a function of a module."""
    for innermost in sys._current_frames().values():  # noqa: SLF001 - documented
        frame: FrameType | None = innermost
        while frame is not None:
            if frame.f_globals is vars(module):
                return True
            frame = frame.f_back
    return False


class _Finder:
    """Finds a module that left, while something of it is alive: pickle asks for it."""

    @classmethod
    def install(cls) -> None:
        if cls not in sys.meta_path:
            sys.meta_path.append(cls)

    @classmethod
    def find_spec(cls, name: str, *_: Any) -> Any:
        return ModuleSpec(name, cls) if name in _replaced else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return _replaced[spec.name]

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Do nothing: it was executed when it was loaded."""
