"""The names that a case's expressions see, and the modules that it makes."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime as dt
import enum
import importlib
import os
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PRELUDE = "shimcorpus_types"
_OPTIONAL = {"np": "numpy", "pd": "pandas", "pydantic": "pydantic", "pa": "pyarrow"}


class Scope:
    """Evaluates the expressions of one case.

    The prelude runs as the module ``shimcorpus_types``; executors and resolvers are put
    into modules of the names they are to have. All of them are gone after the case.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.module = self.add_module(PRELUDE)
        self.module.__dict__.update(_standard_names(), **names)

    def run(self, source: str) -> None:
        """Execute a prelude."""
        self._import_for(source)
        code = compile(
            source, PRELUDE, "exec", dont_inherit=True
        )  # no annotations import
        exec(code, self.module.__dict__)  # noqa: S102 - vectors are code

    def evaluate(self, expression: str, **local: Any) -> Any:
        """Evaluate an expression; local names are seen by it and its lambdas."""
        self._import_for(expression)
        return eval(expression, {**self.module.__dict__, **local})  # noqa: S307 - vectors are code

    def value(self, entry: Any) -> Any:
        """Return a JSON value itself, or what its ``{"py": ...}`` evaluates to."""
        if isinstance(entry, dict) and entry.keys() == {"py"}:
            return self.evaluate(entry["py"])
        return entry

    def values(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a mapping's entries."""
        return {name: self.value(value) for name, value in entry.items()}

    def add_module(self, name: str) -> types.ModuleType:
        """Return the module of that name, made with its packages if need be."""
        if name in sys.modules:
            return sys.modules[name]
        parent, _, own = name.rpartition(".")
        module = sys.modules[name] = types.ModuleType(name)
        module.__file__ = str(Path(f"{own}.py").resolve())  # flytekit looks for it
        if parent:
            above = self.add_module(parent)
            above.__path__ = getattr(above, "__path__", [])
            setattr(above, own, module)
        return module

    def _import_for(self, source: str) -> None:
        for name, module in _OPTIONAL.items():
            if re.search(rf"\b{name}\b", source):
                self.module.__dict__[name] = importlib.import_module(module)


def _standard_names() -> dict[str, Any]:
    names = {name: getattr(typing, name) for name in typing.__all__}
    return names | {
        "typing": typing,
        "datetime": dt,
        "enum": enum,
        "dataclasses": dataclasses,
        "os": os,
        "OrderedDict": collections.OrderedDict,
        "NoneType": type(None),
    }


@contextlib.contextmanager
def modules_forgotten() -> Iterator[None]:
    """Forget the modules that a case makes, but keep what it really imports.

    typing's own memory is emptied, too: it takes ``List[Union[int, str]]`` for
    ``List[Union[str, int]]`` when it has seen that one before.
    """
    before = set(sys.modules)
    for forget in typing._cleanups:  # type: ignore[attr-defined]
        forget()
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__spec__", None) is None:
                del sys.modules[name]
