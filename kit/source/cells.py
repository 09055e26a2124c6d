"""The cells that were run, looked at once for all that an executor needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from kit.source.pages import Page, cell_pages

__all__ = ["Cells", "cells", "looked_at_once"]


@dataclass(frozen=True)
class Cells:
    """The cells that were run, the latest first."""

    pages: tuple[Page, ...]

    def defining(self, qualname: str) -> list[Page]:
        """Return the cells with a definition of some name."""
        return self._definers.get(qualname, [])

    @cached_property
    def _definers(self) -> Mapping[str, list[Page]]:
        found: dict[str, list[Page]] = {}
        for page in self.pages:
            for qualname in page.definitions:
                found.setdefault(qualname, []).append(page)
        return found


_now: ContextVar[Cells | None] = ContextVar("cells", default=None)


def cells() -> Cells:
    """Return the cells that were run until now."""
    return _now.get() or Cells(tuple(cell_pages()))


@contextlib.contextmanager
def looked_at_once() -> Iterator[None]:
    """Let nobody look for cells again while this lasts: no cell runs meanwhile."""
    token = _now.set(cells())
    try:
        yield
    finally:
        _now.reset(token)
