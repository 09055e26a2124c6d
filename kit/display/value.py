"""Values of inputs and outputs, within bounds."""

from __future__ import annotations

import reprlib
from typing import Any

__all__ = ["value_text"]


class _BoundedRepr(reprlib.Repr):
    """``repr`` that looks at so much of a value and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 20
        self.maxdict = 20
        self.maxstring = self.maxother = 400
        self.maxlong = 100
        self.maxlevel = 5


_repr = _BoundedRepr()


def value_text(value: Any) -> str:
    """Write a value as Python would, shortened in the middle when it is long."""
    return _repr.repr(value)
