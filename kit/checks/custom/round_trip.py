"""The way of ``custom`` from ``get_custom`` over the wire to ``tt.custom``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct

from kit.definition.settings import SerializationSettings
from kit.errors import CustomError, render_path
from kit.forecast.arrival import settle_numbers
from kit.shim.executable import RAISED, error_text
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import (
    custom_from_struct,
    fill_struct,
    key_text,
)

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class RoundTrip:
    """What a task provides as ``custom``, and what its executor gets.

    Attributes:
        before: What ``get_custom`` returned.
        after: What ``tt.custom`` is.
        raised: What the author's code raised, as a traceback ends; empty if nothing.
        refused: Where and why ``before`` does not fit into a template.
    """

    before: dict[Any, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    raised: str = ""
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether the executor gets anything."""
        return not (self.raised or self.refused)

    def values(self) -> Iterator[Carried]:
        """Yield ``custom`` and each value in it, before and after."""
        return _carried(Carried((), self.before, self.after))


@dataclass(frozen=True)
class Carried:
    """A value before and after its way, and where it is."""

    path: Steps
    before: Any
    after: Any


def round_trip(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> RoundTrip:
    """Ask a task for its custom, write it into a message, and read that."""
    try:
        given = task.get_custom(settings)
    except RAISED as error:  # the author's
        return RoundTrip(raised=error_text(error))
    struct = Struct()
    try:
        fill_struct(struct, {} if given is None else given)
        settle_numbers(struct)
        return RoundTrip(given or {}, custom_from_struct(struct))
    except CustomError as error:
        return RoundTrip(refused=((render_path(error.path), error.message),))
    except Exception as error:  # noqa: BLE001 - of a method of what was returned
        return RoundTrip(raised=error_text(error))


def _carried(value: Carried) -> Iterator[Carried]:
    yield value
    before, after = value.before, value.after
    if isinstance(before, dict):
        for key, item in before.items():
            text = key_text(key)
            yield from _carried(Carried((*value.path, text), item, after[text]))
    elif isinstance(before, list | tuple):
        for index, (item, arrived) in enumerate(zip(before, after, strict=True)):
            yield from _carried(Carried((*value.path, index), item, arrived))
