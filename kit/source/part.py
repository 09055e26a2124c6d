"""One statement of a module that is being made."""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.source.cell_source import Definition

__all__ = ["Part"]


@dataclass
class Part:
    """A definition, a constant or another name for one.

    Attributes:
        text: Its source.
        definition: Where it is written; None for constants.
        now: The names it needs while it is made.
        later: The names it needs when it is called.
        fill: Statements that give a list, dict or set what it holds; empty for others.
        empty: The statement that makes it without.
    """

    text: str
    definition: Definition | None = None
    now: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    fill: str = ""
    empty: str = ""
