"""Magics and shell lines that stay behind in the cells of what travels."""

from __future__ import annotations

import re

from kit.source.closure import Closure

__all__ = ["left_out"]

_MAGIC = re.compile(
    r"^get_ipython\(\)\.(?:run_(?:line|cell)_magic\('([^']+)'|system|getoutput)"
)


def left_out(closure: Closure) -> list[str]:
    """Say which magics and shell lines of the cells did not come along.

    Their arguments are not repeated: some hold passwords.
    """
    found: dict[str, None] = {}
    for name, part in closure.parts.items():
        if part.definition is None or not part.definition.page.is_cell:
            continue
        for line in part.definition.page.lines:
            magic = _MAGIC.match(line)
            if magic is not None:
                what = f"%{magic[1]}" if magic[1] else "a shell line (!)"
                found[f"Left out of the cell of {name}: {what}."] = None
    return list(found)
