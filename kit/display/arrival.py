"""What becomes of a declared type on its way to the executor."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing
from typing import Any

from flyteidl.core.types_pb2 import LiteralType

from kit.display.cluster_type import cluster_type
from kit.display.python_type import python_type_name
from kit.errors import GuessError
from kit.types import default_engine
from kit.types.annotated import underlying

__all__ = ["Arrival", "arrival_of"]

_UNKNOWN = "cannot be told"


@dataclasses.dataclass(frozen=True)
class Arrival:
    """The types that an executor meets for a variable, by their names.

    Attributes:
        here: On this machine, and in a container that it starts.
        on_cluster: On a cluster, which strips the interface.
        loss: What is lost of the declared type; empty when nothing is.
    """

    here: str
    on_cluster: str
    loss: str


def arrival_of(literal_type: LiteralType, declared: Any = None) -> Arrival:
    """Ask the type engine what an executor meets, from the message alone.

    Args:
        literal_type: The type in the template.
        declared: The type its author declared, if that is known.
    """
    here, on_cluster = _guess(literal_type), _guess(cluster_type(literal_type))
    loss = _loss(declared, on_cluster) if declared is not None else ""
    if not loss and here != on_cluster:
        loss = "another type on a cluster"
    return Arrival(_name(here), _name(on_cluster), loss)


def _guess(literal_type: LiteralType) -> Any:
    try:
        return default_engine.guess_type(literal_type)
    except GuessError:
        return _UNKNOWN


def _name(guessed: Any) -> str:
    return guessed if isinstance(guessed, str) else python_type_name(guessed)


def _loss(declared: Any, met: Any) -> str:
    """Say what is lost, of the type itself or of the types inside it."""
    bare = underlying(declared)
    if bare == met or bare is None:
        return ""
    inner = list(
        zip(map(underlying, typing.get_args(bare)), typing.get_args(met), strict=False)
    )
    if inner and len(typing.get_args(bare)) == len(typing.get_args(met)):
        return "; ".join(filter(None, dict.fromkeys(_loss(*pair) for pair in inner)))
    return _loss_of_class(bare, met)


def _loss_of_class(bare: Any, met: Any) -> str:
    name = python_type_name(bare)
    if met is dict:
        return f"{name} arrives as a dict: fields are keys, methods are gone"
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return f"{name} arrives as another enum of the same values: compare .value"
    if bare is dt.date:
        return "a date arrives as a datetime at midnight UTC"
    return f"{name} arrives as {_name(met)}"
