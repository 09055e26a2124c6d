"""Partitions of artifacts: labels bound to texts, times, inputs or the run itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeAlias

from flyteidl.core.artifact_id_pb2 import (
    Granularity,
    InputBindingData,
    LabelValue,
)
from flyteidl.core.artifact_id_pb2 import TimePartition as TimePartitionMessage
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InterfaceError

__all__ = ["Granularity", "Inputs", "Labels", "TimePartition", "label", "labels"]

Labels: TypeAlias = "Mapping[str, LabelValue]"


class _Inputs:
    """``Inputs.region`` stands for the value of the input ``region``."""

    def __getattr__(self, name: str) -> InputBindingData:
        if name.startswith("__"):
            raise AttributeError(name)
        return InputBindingData(var=name)


Inputs = _Inputs()


class TimePartition:
    """The point in time that an artifact belongs to, and how finely time is divided.

    Args:
        value: A time (UTC when it has no zone), an input, or ``None`` for not bound.
        granularity: The length of one partition.

    Raises:
        InterfaceError: The value is something else.
    """

    def __init__(
        self,
        value: LabelValue | InputBindingData | dt.datetime | None,
        granularity: Granularity = Granularity.DAY,
    ) -> None:
        self.value = _time_label(value)
        self.granularity = granularity

    def to_flyte_idl(self) -> TimePartitionMessage:
        """Write the partition as Flyte's message."""
        return TimePartitionMessage(value=self.value, granularity=self.granularity)


def labels(partitions: Mapping[str, Any] | None) -> Labels:
    """Bind each partition; see :func:`label`."""
    return {key: label(key, value) for key, value in (partitions or {}).items()}


def label(key: str, value: Any) -> LabelValue:
    """Bind one partition to a text or an input.

    Raises:
        InterfaceError: The value is neither.
    """
    if isinstance(value, InputBindingData):
        return LabelValue(input_binding=value)
    if isinstance(value, str):
        return LabelValue(static_value=value)
    msg = (
        f"Partition key {key} needs to be input binding data or static string, "
        f"not {value}: pass a text or Inputs.<name>."
    )
    raise InterfaceError(msg)


def _time_label(value: Any) -> LabelValue | None:
    if isinstance(value, dt.datetime):
        time = Timestamp()
        time.FromDatetime(value)
        return LabelValue(time_value=time)
    if isinstance(value, InputBindingData):
        return LabelValue(input_binding=value)
    if value is None or isinstance(value, LabelValue):
        return value
    kind = type(value).__name__
    msg = f"value to a time partition shouldn't be a {kind} {value}: pass a datetime."
    raise InterfaceError(msg)
