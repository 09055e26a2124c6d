"""Types of inputs that a form has fields for."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Annotated

import pydantic

__all__ = ["Colour", "Limits", "Model", "Node", "Options"]


class Colour(enum.Enum):
    """An enum."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Limits:
    """How far to go.

    Args:
        low: Where it begins.
        high: Where it ends.
    """

    low: int
    high: float = 2.5

    def __post_init__(self) -> None:
        if self.low > self.high:
            msg = "low must not be above high"
            raise ValueError(msg)


@dataclass
class Options:
    """Options with more in them."""

    limits: Limits
    tags: list[str] = field(default_factory=list)
    colour: Colour = Colour.RED
    note: Annotated[str | None, "anything"] = None


@dataclass
class Node:
    """A tree."""

    name: str
    children: list[Node] = field(default_factory=list)


class Model(pydantic.BaseModel):
    """A model with rules."""

    size: int = pydantic.Field(gt=0, description="How large.")
    names: dict[str, int] = {}
