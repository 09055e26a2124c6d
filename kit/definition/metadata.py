"""How Flyte treats a task: cache, retries, timeout, interruption, labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.core import literals_pb2, tasks_pb2

from kit.definition.keywords import explain_keywords
from kit.errors import MetadataError

__all__ = ["TaskMetadata"]

_FLAGS = ("cache", "cache_serialize", "interruptible", "generates_deck", "is_eager")
_TEXTS = ("cache_version", "deprecated", "pod_template_name")
_FLYTE_SDK = tasks_pb2.RuntimeMetadata.RuntimeType.FLYTE_SDK
_MAX_RETRIES = 2**32 - 1  # RetryStrategy.retries is a uint32
_MAX_SECONDS = 315_576_000_000  # google.protobuf.Duration, ten thousand years


@explain_keywords(MetadataError)
@dataclass(frozen=True)
class TaskMetadata:
    """What Flyte should know about a task besides what it computes.

    Attributes:
        cache: Whether outputs may be taken from an earlier run with equal inputs.
        cache_serialize: Whether equal runs wait for each other instead of computing
            the same thing twice.
        cache_version: Part of the cache's key: change it when the logic changes.
        cache_ignore_input_vars: Inputs that are left out of the cache's key.
        interruptible: Whether the task may run on nodes that can vanish.
        deprecated: Why the task should no longer be used; empty for not deprecated.
        retries: How often Flyte tries again after a failure that is worth it.
        timeout: How long one attempt may take, in seconds or as a timedelta.
        pod_template_name: A PodTemplate of the cluster to start from.
        generates_deck: Whether a ``deck.html`` is written.
        is_eager: Whether Flyte treats the task as an eager workflow.
        labels: Kubernetes labels of the pod.
        annotations: Kubernetes annotations of the pod.

    Raises:
        MetadataError: A value has the wrong type, or two contradict each other.

    Example:
        >>> TaskMetadata(retries=2, timeout=60).timeout
        datetime.timedelta(seconds=60)
    """

    cache: bool = False
    cache_serialize: bool = False
    cache_version: str = ""
    cache_ignore_input_vars: Iterable[str] = ()
    interruptible: bool | None = None
    deprecated: str = ""
    retries: int = 0
    timeout: dt.timedelta | int | None = None
    pod_template_name: str | None = None
    generates_deck: bool = False
    is_eager: bool = False
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        facts = self.__dict__  # the dataclass is frozen
        facts["timeout"] = _duration(self.timeout)
        ignored = _names("cache_ignore_input_vars", self.cache_ignore_input_vars)
        facts["cache_ignore_input_vars"] = ignored
        self._check_cache()
        _check_retries(self.retries)
        for name in _TEXTS:
            _check_text(name, facts[name])
        for name in _FLAGS:
            _check_flag(name, facts[name])
        for name in ("labels", "annotations"):
            facts[name] = _text_map(name, facts[name])

    def _check_cache(self) -> None:
        if self.cache and not self.cache_version:
            msg = (
                "Caching is enabled ``cache=True`` but ``cache_version`` is not set. "
                "Give it a text, and change it whenever the logic changes."
            )
            raise MetadataError(msg)
        if self.cache_serialize and not self.cache:
            msg = (
                "Cache serialize is enabled ``cache_serialize=True`` but ``cache`` is "
                "not enabled. Set cache=True and a cache_version."
            )
            raise MetadataError(msg)
        if self.cache_ignore_input_vars and not self.cache:
            msg = (
                f"Cache ignore input vars are specified "
                f"``cache_ignore_input_vars={self.cache_ignore_input_vars}`` but "
                f"``cache`` is not enabled. Set cache=True and a cache_version."
            )
            raise MetadataError(msg)

    @property
    def retry_strategy(self) -> literals_pb2.RetryStrategy:
        """The retries as Flyte's message, which is present even for none."""
        return literals_pb2.RetryStrategy(retries=self.retries)

    def to_message(
        self, runtime_name: str, runtime_version: str
    ) -> tasks_pb2.TaskMetadata:
        """Write the metadata as Flyte's message.

        Args:
            runtime_name: Flavour of what made the template: ``"kit"``, ``"python"``.
            runtime_version: Its version.
        """
        message = tasks_pb2.TaskMetadata()
        self.write(message, runtime_name, runtime_version)
        return message

    def write(
        self, message: tasks_pb2.TaskMetadata, runtime_name: str, runtime_version: str
    ) -> None:
        """Write the metadata into an empty message; see :meth:`to_message`."""
        runtime = message.runtime
        runtime.type = _FLYTE_SDK
        runtime.version, runtime.flavor = runtime_version, runtime_name
        message.retries.SetInParent()  # three parts are there even when they are empty
        message.generates_deck.SetInParent()
        message.metadata.SetInParent()
        if self.retries:
            message.retries.retries = self.retries
        if self.generates_deck:
            message.generates_deck.value = self.generates_deck
        if self.cache:
            self._write_cache(message)
        if self.interruptible is not None:
            message.interruptible = self.interruptible
        if isinstance(self.timeout, dt.timedelta) and self.timeout:
            message.timeout.FromTimedelta(self.timeout)
        self._write_rest(message)

    def _write_cache(self, message: tasks_pb2.TaskMetadata) -> None:
        message.discoverable = self.cache
        message.cache_serializable = self.cache_serialize
        message.cache_ignore_input_vars.extend(self.cache_ignore_input_vars)

    def _write_rest(self, message: tasks_pb2.TaskMetadata) -> None:
        """Write what most tasks have none of."""
        if self.cache_version:  # also without a cache, as flytekit does
            message.discovery_version = self.cache_version
        if self.deprecated:
            message.deprecated_error_message = self.deprecated
        if self.pod_template_name:
            message.pod_template_name = self.pod_template_name
        if self.is_eager:
            message.is_eager = self.is_eager
        if self.labels:
            message.metadata.labels.update(self.labels)
        if self.annotations:
            message.metadata.annotations.update(self.annotations)


def _duration(timeout: object) -> dt.timedelta | None:
    if timeout is None:
        return None
    if isinstance(timeout, int) and abs(timeout) <= _MAX_SECONDS:
        return dt.timedelta(seconds=timeout)
    if not isinstance(timeout, (int, dt.timedelta)):
        msg = (
            f"timeout should be duration represented as either a datetime.timedelta "
            f"or int seconds, got {timeout!r}."
        )
        raise MetadataError(msg)
    if isinstance(timeout, int) or abs(timeout.total_seconds()) > _MAX_SECONDS:
        msg = f"timeout={timeout!r} is longer than the ten thousand years Flyte knows."
        raise MetadataError(msg)
    return timeout


def _names(field: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        msg = f"{field} takes several names, got the text {names!r}. Use ({names!r},)."
        raise MetadataError(msg)
    listed = tuple(names or ())
    for name in listed:
        _check_text(field, name)
    return listed


def _check_retries(retries: Any) -> None:
    is_number = isinstance(retries, int) and not isinstance(retries, bool)
    if not is_number or not 0 <= retries <= _MAX_RETRIES:
        msg = (
            f"retries must be a whole number from 0 up, got {retries!r}. Flyte takes "
            f"at most {_MAX_RETRIES}."
        )
        raise MetadataError(msg)


def _check_flag(field: str, value: Any) -> None:
    if value is not None and not isinstance(value, int):  # as protobuf takes them
        msg = f"{field} must be True or False, got {value!r}."
        raise MetadataError(msg)


def _check_text(field: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        msg = f"{field} must be text, got {value!r} of type {type(value).__name__}."
        raise MetadataError(msg)


def _text_map(field: str, entries: Any) -> dict[str, str] | None:
    if entries is None:
        return None
    if not isinstance(entries, Mapping):
        msg = f"{field} must be a mapping of text to text, got {entries!r}."
        raise MetadataError(msg)
    for key, value in entries.items():
        if not isinstance(key, str) or not key or not isinstance(value, str):
            msg = (
                f"{field} must be a mapping of text to text with no empty key, "
                f"got {key!r}: {value!r}."
            )
            raise MetadataError(msg)
    return dict(entries)
