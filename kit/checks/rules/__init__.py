"""The rules, each a small generator, in modules by the part of the message.

A rule is there because a module of this package defines it: ``rules`` finds them.
"""

from __future__ import annotations

import functools
import pkgutil
from importlib import import_module

from kit.checks.rule import Rule


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, those of one module in the order of their definitions."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    values = (value for module in modules for value in vars(module).values())
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Rule)))
