"""Artifacts: outputs that Flyte keeps under a name, divided by partitions.

An annotation such as ``Annotated[int, Model(region=ArtifactInputs.where)]`` says which
artifact an output becomes, and where the values of its partitions come from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from flyteidl.core.artifact_id_pb2 import (
    ArtifactID,
    ArtifactKey,
    Granularity,
    InputBindingData,
    LabelValue,
    RuntimeBinding,
)
from flyteidl.core.artifact_id_pb2 import ArtifactQuery as ArtifactQueryMessage
from flyteidl.core.artifact_id_pb2 import Partitions as PartitionsMessage
from flyteidl.core.artifact_id_pb2 import TimePartition as TimePartitionMessage
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InterfaceError, nearest

Labels: TypeAlias = "Mapping[str, LabelValue]"


class _ArtifactInputs:
    """``ArtifactInputs.region`` stands for the value of the input ``region``."""

    def __getattr__(self, name: str) -> InputBindingData:
        if name.startswith("__"):
            raise AttributeError(name)
        return InputBindingData(var=name)


ArtifactInputs = _ArtifactInputs()


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
        f"not {value}: pass a text or ArtifactInputs.<name>."
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


_MAX_PARTITIONS = 10
_QUERY_WORDS = frozenset({"project", "domain", "time_partition", "partitions", "tag"})


class Artifact:
    """A named kind of output that Flyte keeps.

    Args:
        project: Filled in by Flyte where it is left out; so is ``domain``.
        domain: See ``project``.
        name: The artifact's name.
        version: One version of it; usually Flyte's choice.
        time_partitioned: Whether it is divided by time.
        time_partition: The time it belongs to.
        time_partition_granularity: How finely time is divided; a day by default.
        partition_keys: By what else it is divided, ten keys at most.
        partitions: Keys with their values, in place of ``partition_keys``.

    Raises:
        InterfaceError: The name is missing, or there are too many partitions.

    Example:
        >>> model = Artifact(name="model", partition_keys=["region"])
        >>> model(region="eu").to_partial_artifact_id().artifact_key.name
        'model'
    """

    def __init__(  # noqa: PLR0913 - flytekit's signature
        self,
        project: str | None = None,
        domain: str | None = None,
        name: str | None = None,
        version: str | None = None,
        *,
        time_partitioned: bool = False,
        time_partition: TimePartition | None = None,
        time_partition_granularity: Granularity | None = None,
        partition_keys: Iterable[str] | None = None,
        partitions: Mapping[str, str | InputBindingData] | None = None,
    ) -> None:
        if not name:
            msg = (
                "Can't instantiate an Artifact without a name. Pass name='my.artifact'."
            )
            raise InterfaceError(msg)
        self.project, self.domain, self.name, self.version = (
            project,
            domain,
            name,
            version,
        )
        self.time_partitioned = time_partitioned
        self._granularity = time_partition_granularity or Granularity.DAY
        self._time_partition = time_partition
        self._partitions = labels(partitions)
        self.partition_keys = [*(partitions or partition_keys or ())]
        if len(self.partition_keys) > _MAX_PARTITIONS:
            msg = (
                "There is a hard limit of 10 partition keys per artifact currently. "
                f"Leave {len(self.partition_keys) - _MAX_PARTITIONS} out."
            )
            raise InterfaceError(msg)

    def __call__(self, *args: Any, **partitions: Any) -> ArtifactIDSpecification:
        """Bind partitions, each to a text or to an input.

        An input is written ``Model(region=ArtifactInputs.x)``.

        ``time_partition`` takes a time or an input. What is not bound is left for the
        task to say when it runs.

        Raises:
            InterfaceError: A key is none of the artifact's, or a value cannot be one.
        """
        return ArtifactIDSpecification(self)(*args, **partitions)

    @property
    def time_partition(self) -> TimePartition:
        """The time it belongs to.

        Raises:
            InterfaceError: It is not divided by time.
        """
        if not self.time_partitioned:
            msg = f"Artifact {self.name} is not time partitioned. Set time_partitioned."
            raise InterfaceError(msg)
        return self._time_partition or TimePartition(None, self._granularity)

    def query(
        self,
        project: str | None = None,
        domain: str | None = None,
        time_partition: dt.datetime | TimePartition | InputBindingData | None = None,
        partitions: Mapping[str, str | InputBindingData] | None = None,
        **values: str | InputBindingData,
    ) -> ArtifactQuery:
        """Ask for an artifact as the default of a workflow's input.

        Raises:
            InterfaceError: Partitions are given twice, or a key's name is taken.
        """
        taken = _QUERY_WORDS.intersection(self.partition_keys)
        if taken:
            msg = (
                f"There are conflicting partition key names {sorted(taken)}, please "
                f"rename them: they are arguments of query."
            )
            raise InterfaceError(msg)
        if partitions and values:
            msg = "Please either specify kwargs or a partitions object not both."
            raise InterfaceError(msg)
        time = _query_time(time_partition, self._granularity)
        if time is None and self.time_partitioned:
            time = self.time_partition
        return ArtifactQuery(
            artifact=self,
            project=project or self.project,
            domain=domain or self.domain,
            time_partition=time,
            partitions=labels(partitions or values) or self._partitions,
        )

    @property
    def concrete_artifact_id(self) -> ArtifactID:
        """The message of one version whose project and domain are known.

        Raises:
            InterfaceError: One of them is not.
        """
        if self.project is None or self.domain is None or self.version is None:
            msg = "Cannot create artifact id without name, project, domain, version"
            raise InterfaceError(f"{msg}, got {self!r}.")
        return self.to_id_idl()

    def to_id_idl(self) -> ArtifactID:
        """Write the artifact as Flyte's message; unbound partitions are empty texts."""
        empty = LabelValue(static_value="")
        bound = {key: self._partitions.get(key, empty) for key in self.partition_keys}
        time = self.time_partition.to_flyte_idl() if self.time_partitioned else None
        return ArtifactID(
            artifact_key=self.key(),
            version=self.version,
            partitions=PartitionsMessage(value=bound) if bound else None,
            time_partition=time,
        )

    def key(self) -> ArtifactKey:
        """Write the artifact's name as Flyte's message."""
        return ArtifactKey(project=self.project, domain=self.domain, name=self.name)

    def __repr__(self) -> str:
        return (
            f"Artifact(project={self.project!r}, domain={self.domain!r}, "
            f"name={self.name!r}, version={self.version!r})"
        )


@dataclass(frozen=True)
class ArtifactIDSpecification:
    """An artifact with partitions bound, as it stands in an output's annotation."""

    artifact: Artifact
    partitions: Mapping[str, LabelValue] | None = None
    time_partition: TimePartition | None = None

    def __call__(self, *args: Any, **partitions: Any) -> ArtifactIDSpecification:
        """Bind more partitions; see :meth:`Artifact.__call__`."""
        if args:
            msg = f"Cannot set partition values by position, got {args}. Use key=value."
            raise InterfaceError(msg)
        bound = dict(self.partitions or {})
        time = self.time_partition
        for key, value in partitions.items():
            if key == "time_partition":
                time = self._bind_time(value)
            else:
                bound[key] = self._bind(key, value)
        return replace(self, partitions=bound, time_partition=time)

    def _bind_time(self, value: Any) -> TimePartition:
        if not self.artifact.time_partitioned:
            msg = (
                "Cannot bind time partition to non-time partitioned artifact "
                f"{self.artifact.name}. Make it with time_partitioned=True."
            )
            raise InterfaceError(msg)
        if not isinstance(value, (dt.datetime, InputBindingData)):
            msg = (
                f"Time partition needs to be input binding data or static string, "
                f"not {value}: pass a datetime or ArtifactInputs.<name>."
            )
            raise InterfaceError(msg)
        return TimePartition(value, self.artifact.time_partition.granularity)

    def _bind(self, key: str, value: Any) -> LabelValue:
        known = self.artifact.partition_keys
        if key not in known:
            msg = f"Partition key {key} not found in {known}."
            raise InterfaceError(msg + nearest(key, known))
        return label(key, value)

    def to_partial_artifact_id(self) -> ArtifactID:
        """Write the artifact as Flyte's message; the task says what is not bound."""
        at_runtime = LabelValue(runtime_binding=RuntimeBinding())
        bound = self.partitions or {}
        labels = {
            key: bound.get(key, at_runtime) for key in self.artifact.partition_keys
        }
        time = None
        if self.artifact.time_partitioned:
            time = (self.time_partition or TimePartition(at_runtime)).to_flyte_idl()
        return ArtifactID(
            artifact_key=self.artifact.key(),
            version=self.artifact.version,
            partitions=PartitionsMessage(value=labels) if labels else None,
            time_partition=time,
        )


@dataclass(frozen=True)
class ArtifactQuery:
    """A question for an artifact, the default of a workflow's input."""

    artifact: Artifact
    project: str | None = None
    domain: str | None = None
    time_partition: TimePartition | None = None
    partitions: Mapping[str, LabelValue] | None = None

    @property
    def bound(self) -> bool:
        """Whether every partition has a value, so that Flyte can answer."""
        time = self.time_partition
        if self.artifact.time_partitioned and (time is None or time.value is None):
            return False
        return set(self.artifact.partition_keys) == set(self.partitions or ())

    def to_flyte_idl(self) -> ArtifactQueryMessage:
        """Write the question as Flyte's message."""
        time, labels = self.time_partition, self.partitions
        key = ArtifactKey(
            project=self.project, domain=self.domain, name=self.artifact.name
        )
        return ArtifactQueryMessage(
            artifact_id=ArtifactID(
                artifact_key=key,
                partitions=PartitionsMessage(value=labels) if labels else None,
                time_partition=time.to_flyte_idl() if time is not None else None,
            )
        )


def _query_time(value: Any, granularity: Granularity) -> TimePartition | None:
    if not value:
        return None
    if isinstance(value, TimePartition):
        return TimePartition(value.value, granularity)
    return TimePartition(value)
