"""Notebooks as data: cells, what becomes of them, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notebook:
    """Cells whose last one leaves the executor ``main``, called as ``main(None, 3)``.

    ``has`` must stand in the module; ``error`` and ``says`` describe a refusal.
    ``python`` is the oldest version that understands the cells.
    """

    name: str
    cells: tuple[str, ...]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    error: str = ""
    says: tuple[str, ...] = ()
    needs_hook: bool = False
    python: tuple[int, int] = (3, 10)


def works(name, *cells, has=(), lacks=(), **facts):
    """Expect a module whose executor returns what the notebook's does."""
    return Notebook(name, cells, tuple(has), tuple(lacks), **facts)


def refused(name, error, *cells, says=(), **facts):
    """Expect an error of one class, whose text has some words."""
    return Notebook(name, cells, error=error, says=tuple(says), **facts)
