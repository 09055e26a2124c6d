"""Metadata of a task: how Flyte treats it, its documentation, and its deck."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flyteidl.admin import description_entity_pb2
from flyteidl.core import literals_pb2, tasks_pb2

from kit.definition.interface import Docstring
from kit.definition.settings import explain_keywords
from kit.errors import DefinitionError, MetadataError, nearest

_FLAGS = ("cache", "cache_serialize", "interruptible", "generates_deck", "is_eager")
_TEXTS = ("cache_version", "deprecated", "pod_template_name")
_FLYTE_SDK = tasks_pb2.RuntimeMetadata.RuntimeType.FLYTE_SDK
_MAX_RETRIES = 2**32 - 1  # RetryStrategy.retries is a uint32
_MAX_SECONDS = (2**63 - 1) // 10**9  # more nanoseconds stop the engine of Flyte


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
        msg = (
            f"timeout={timeout!r} is too long: expected at most 2**63 nanoseconds or "
            "292 years. A longer one stops the engine of Flyte for everybody on the "
            "cluster."
        )
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


@dataclass(frozen=True)
class Description:
    """A long text, or where to find it.

    Attributes:
        value: The text, formatted.
        uri: Where the text is, when it is not here.
        icon_link: An icon shown beside it.
        format: The markup of the text.
    """

    class DescriptionFormat(Enum):
        """The markup of a description."""

        UNKNOWN = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_UNKNOWN
        MARKDOWN = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_MARKDOWN
        HTML = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_HTML
        RST = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_RST

    value: str | None = None
    uri: str | None = None
    icon_link: str | None = None
    format: DescriptionFormat = DescriptionFormat.RST

    def to_flyte_idl(self) -> description_entity_pb2.Description:
        """Write the description as Flyte's message; an empty text is left unset."""
        return description_entity_pb2.Description(
            value=self.value or None,
            uri=self.uri or None,
            format=self.format.value,
            icon_link=self.icon_link,
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.Description
    ) -> Description:
        """Read a description from Flyte's message; empty text becomes ``None``."""
        return cls(
            value=pb2_object.value or None,
            uri=pb2_object.uri or None,
            icon_link=pb2_object.icon_link or None,
            format=cls.DescriptionFormat(pb2_object.format),
        )


@dataclass(frozen=True)
class SourceCode:
    """A link to the code of a task."""

    link: str | None = None

    def to_flyte_idl(self) -> description_entity_pb2.SourceCode:
        """Write the link as Flyte's message."""
        return description_entity_pb2.SourceCode(link=self.link)

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.SourceCode
    ) -> SourceCode | None:
        """Read a link from Flyte's message; ``None`` when it is empty."""
        return cls(pb2_object.link) if pb2_object.link else None


@dataclass(frozen=True)
class Documentation:
    """One line about a task, a long text, and a link to its code.

    Example:
        >>> Documentation("Scores rows.").to_flyte_idl().short_description
        'Scores rows.'
    """

    short_description: str | None = None
    long_description: Description | None = None
    source_code: SourceCode | None = None

    def to_flyte_idl(self) -> description_entity_pb2.DescriptionEntity:
        """Write the documentation as Flyte's message."""
        long, code = self.long_description, self.source_code
        return description_entity_pb2.DescriptionEntity(
            short_description=self.short_description,
            long_description=long.to_flyte_idl() if long is not None else None,
            source_code=code.to_flyte_idl() if code is not None else None,
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.DescriptionEntity
    ) -> Documentation:
        """Read documentation from Flyte's message."""
        has_long = pb2_object.HasField("long_description")
        long = pb2_object.long_description
        return cls(
            short_description=pb2_object.short_description or None,
            long_description=Description.from_flyte_idl(long) if has_long else None,
            source_code=SourceCode.from_flyte_idl(pb2_object.source_code),
        )


def documentation_of(
    docs: Documentation | None, docstring: Docstring | None
) -> Documentation | None:
    """Join what the author passed with the interface's docstring.

    The docstring wins where it has text, as in flytekit.
    """
    if docstring is None:
        return docs
    short, long = docstring.short_description, docstring.long_description
    if docs is None:
        return Documentation(short, Description(long))
    return Documentation(
        short_description=short or docs.short_description,
        long_description=Description(long) if long else docs.long_description,
        source_code=docs.source_code,
    )


class DeckField(str, Enum):
    """One deck of a task's ``deck.html``."""

    INPUT = "Input"
    OUTPUT = "Output"
    SOURCE_CODE = "Source Code"
    TIMELINE = "Timeline"
    DEPENDENCIES = "Dependencies"


DEFAULT_DECK_FIELDS = (
    DeckField.SOURCE_CODE,
    DeckField.DEPENDENCIES,
    DeckField.TIMELINE,
    DeckField.INPUT,
    DeckField.OUTPUT,
)


def decks_enabled(
    enable_deck: bool | None = None,  # noqa: FBT001 - flytekit's names
    disable_deck: bool | None = None,  # noqa: FBT001
) -> bool:
    """Tell from the two flags of a task whether it writes decks; by default not.

    Raises:
        DefinitionError: Both flags are set.

    Warns:
        FutureWarning: ``disable_deck`` is used, which ``enable_deck`` replaced.
    """
    if enable_deck is not None and disable_deck is not None:
        msg = (
            "only one of [disable_deck, enable_deck] can be set. Use enable_deck: "
            "disable_deck is deprecated."
        )
        raise DefinitionError(msg)
    if disable_deck is not None:
        warnings.warn(
            "disable_deck was deprecated in 1.10.0, please use enable_deck instead",
            FutureWarning,
            stacklevel=3,
        )
        return not disable_deck
    return bool(enable_deck)


def check_deck_fields(deck_fields: Iterable[DeckField | str]) -> list[DeckField]:
    """Return the fields as :class:`DeckField`; their values as text will do.

    Raises:
        DefinitionError: One is no field.
    """
    return [_field(entry) for entry in deck_fields]


def _field(entry: DeckField | str) -> DeckField:
    if entry in list(DeckField):
        return DeckField(entry)
    known = ", ".join(map(repr, DeckField))
    msg = (
        f"Element {entry} from deck_fields param is not a valid deck field. "
        f"Please use one of {{{known}}}."
    )
    raise DefinitionError(msg + nearest(entry, [field.value for field in DeckField]))
