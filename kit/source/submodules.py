"""Submodules that are reached by dots and were imported somewhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType

__all__ = ["submodule_imports"]


def submodule_imports(
    name: str, module: ModuleType, chains: Iterable[str]
) -> list[str]:
    """Return the import statements that make dotted names of a module work.

    ``import xml`` alone does not bring ``xml.etree.ElementTree``.
    """
    found: dict[str, None] = {}
    for chain in sorted(chains):
        dotted, deepest = module.__name__, None
        for attribute in chain.split(".")[1:]:
            dotted = f"{dotted}.{attribute}"
            if dotted not in sys.modules:
                break
            deepest = dotted if sys.modules[dotted].__name__ == dotted else deepest
        if deepest is not None:
            found[_statement(name, module.__name__, deepest)] = None
    return list(found)


def _statement(name: str, module: str, dotted: str) -> str:
    if name == module.partition(".")[0]:
        return f"import {dotted}"
    return f"import {dotted} as _{dotted.replace('.', '_')}"
