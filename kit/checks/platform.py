"""What a Flyte deployment allows, as far as checks ask for it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flyteidl.core import identifier_pb2, tasks_pb2

from kit.definition.resources import Quantity, Resources, parse_quantity
from kit.errors import PlatformError, ResourcesError, nearest
from kit.template.macros import format_identifier

__all__ = ["Platform", "Refusal", "comparisons", "entry_refusals", "resource_refusals"]


_MIB = 2**20
_POLICIES = ("", "Always", "IfNotPresent", "Never")
_MANAGERS = ("K8s", "AWS", "GCP", "Vault")
_FLYTE_DOMAINS = ("development", "staging", "production")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What a deployment of Flyte allows; what is not known limits nothing.

    Attributes:
        name: What to call it.
        defaults: What a task gets that asks for nothing (``task_resources.defaults``).
        limits: What no task may exceed (``task_resources.limits``).
        projects: The projects that are registered; ``None`` if they aren't known.
        domains: The domains of its configuration; ``None`` if they aren't known.
        task_types: The only task types it takes (``task_type_whitelist``); ``None`` if
            it takes all.
        pod_templates: The PodTemplates of the cluster; ``None`` if they aren't known.
        environment: Variables that it sets in every container, whatever tasks say.
        image_pull_policy: When images are pulled (``image-pull-policy``); empty leaves
            it to Kubernetes.
        secret_manager: Where its secrets are: ``K8s``, ``AWS``, ``GCP`` or ``Vault``.
        message_limit: Bytes of a request to flyteadmin (``maxMessageSizeBytes``).
        object_limit: Bytes of an object in the cluster's etcd.

    Raises:
        PlatformError: A value is of the wrong kind.

    Example:
        >>> Platform.flyte_core().limits
        Resources(cpu='2', mem='1Gi', gpu='1')
    """

    name: str = ""
    defaults: Resources = field(default_factory=Resources)
    limits: Resources = field(default_factory=Resources)
    projects: tuple[str, ...] | None = None
    domains: tuple[str, ...] | None = None
    task_types: tuple[str, ...] | None = None
    pod_templates: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    image_pull_policy: str = ""
    secret_manager: str = "K8s"  # noqa: S105 - the name of a program
    message_limit: int = 4 * _MIB
    object_limit: int = 3 * _MIB // 2

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            value = _checked(entry.name, getattr(self, entry.name))
            object.__setattr__(self, entry.name, value)

    @classmethod
    def sandbox(cls) -> Platform:
        """Return Flyte's sandbox, as ``flytectl demo start`` makes it: no limits."""
        return cls(
            name="sandbox",
            defaults=Resources(cpu="500m", mem="1Gi"),
            domains=_FLYTE_DOMAINS,
            environment=(
                "FLYTE_AWS_ENDPOINT",
                "FLYTE_AWS_ACCESS_KEY_ID",
                "FLYTE_AWS_SECRET_ACCESS_KEY",
            ),
        )

    @classmethod
    def flyte_core(cls) -> Platform:
        """Return the flyte-core chart with the values it comes with."""
        return cls(
            name="flyte-core",
            defaults=Resources(cpu="100m", mem="500Mi"),
            limits=Resources(cpu="2", mem="1Gi", gpu="1"),
            domains=_FLYTE_DOMAINS,
        )

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Platform:
        """Make a platform from plain values, as YAML or JSON has them.

        Raises:
            PlatformError: A name is no attribute, or a value is of the wrong kind.
        """
        known = [entry.name for entry in dataclasses.fields(cls)]
        for name in facts:
            if name not in known:
                msg = f"A platform has no {name!r}: it has {', '.join(known)}."
                raise PlatformError(msg + nearest(str(name), known))
        made = {
            name: _resources(name, value) if name in _AMOUNTS else value
            for name, value in facts.items()
        }
        return cls(**made)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Platform:
        """Read a platform from a YAML or JSON file of its attributes.

        Raises:
            PlatformError: The file holds something else.
            StorageError: It cannot be read.
        """
        import yaml

        from kit.storage import read_bytes

        source = os.fspath(path)
        data = read_bytes(source, limit=_MIB)
        try:
            facts = yaml.safe_load(data)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            msg = f"{source} is no YAML or JSON: {error}."
            raise PlatformError(msg) from error
        if not isinstance(facts, dict):
            msg = f"{source} is no platform: expected a mapping: domains: [lab]."
            raise PlatformError(msg)
        return cls.from_dict({"name": source, **facts})


_AMOUNTS = ("defaults", "limits")
_LISTS = ("projects", "domains", "task_types", "pod_templates", "environment")
_CHOICES = {"image_pull_policy": _POLICIES, "secret_manager": _MANAGERS}


def _resources(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    try:
        return Resources(**{str(key): amount for key, amount in value.items()})
    except ValueError as error:
        raise PlatformError(f"{name} of a platform: {error}") from error


def _checked(name: str, value: Any) -> Any:
    """Return a value of the kind that an attribute has.

    Raises:
        PlatformError: It is of another kind.
    """
    if name in _AMOUNTS:
        return _of_kind(name, value, Resources, "kit.Resources(cpu=..., mem=...)")
    if name in _LISTS:
        return _texts(name, value)
    if name in _CHOICES and value not in _CHOICES[name]:
        choices = ", ".join(repr(choice) for choice in _CHOICES[name])
        msg = f"{name} of a platform must be one of {choices}, got {value!r}."
        raise PlatformError(msg)
    if name.endswith("_limit"):
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        msg = f"{name} of a platform must be a positive number, got {value!r}."
        raise PlatformError(msg)
    return _of_kind(name, value, str, "text")


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None and name != "environment":
        return None
    if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
        return tuple(value)
    msg = f"{name} of a platform must be a list of texts, got {value!r}."
    raise PlatformError(msg)


def _of_kind(name: str, value: Any, kind: type[Any], expected: str) -> Any:
    if isinstance(value, kind):
        return value
    msg = f"{name} of a platform must be {expected}, got {value!r}."
    raise PlatformError(msg)


_CPU = tasks_pb2.Resources.CPU
_GPU = tasks_pb2.Resources.GPU
_COMPARED = (_CPU, tasks_pb2.Resources.MEMORY, tasks_pb2.Resources.EPHEMERAL_STORAGE)
_LOOKED_AT = (*_COMPARED, _GPU)

Entry = tasks_pb2.Resources.ResourceEntry


@dataclass(frozen=True)
class Refusal:
    """Why admin refuses a resource.

    Attributes:
        rule: Which rule of the backend: ``RS001``.
        resource: Which resource: ``CPU``.
        words: What admin says.
    """

    rule: str
    resource: str
    words: str


def resource_refusals(
    requests: Iterable[Entry],
    limits: Iterable[Entry],
    platform: Mapping[str, str],
    task: identifier_pb2.Identifier,
) -> tuple[Refusal, ...]:
    """Return the refusals of which admin reports one; none if it takes the resources.

    Of entries it reports the first wrong one, of comparisons any: Go visits its map of
    resources in a random order.

    Args:
        requests: The requests in the template.
        limits: The limits in the template.
        platform: The platform's limits by resource; what is unset or zero limits not.
        task: The identifier in the template, which is in the words.
    """
    requests, limits = tuple(requests), tuple(limits)
    for entries in (requests, limits):
        first = next(entry_refusals(entries, task), None)
        if first is not None:
            return (first,)
    firsts: dict[str, Refusal] = {}
    for refusal in comparisons(requests, limits, platform, task):
        firsts.setdefault(refusal.resource, refusal)
    return tuple(firsts.values())


def entry_refusals(
    entries: Iterable[Entry], task: identifier_pb2.Identifier
) -> Iterator[Refusal]:
    """Yield what is wrong with each entry: its amount, or a name given twice."""
    seen = set()
    for entry in entries:
        if entry.name not in _LOOKED_AT:
            continue
        name = _name(entry.name)
        if entry.name in seen:
            identifier = format_identifier(task)
            words = f"can't specify {name} limit for task [{identifier}] multiple times"
            yield Refusal("RS002", name, words)
            continue
        seen.add(entry.name)
        yield from _amount_refusals(entry, task)


def _amount_refusals(
    entry: Entry, task: identifier_pb2.Identifier
) -> Iterator[Refusal]:
    name = _name(entry.name)
    try:
        quantity = parse_quantity(entry.value)
    except ResourcesError as error:
        words = (
            f"Parsing of {name} request failed for value {entry.value} - reason  "
            f"{_kubernetes_words(error)}. Please follow K8s conventions for resources "
            "https://kubernetes.io/docs/concepts/configuration/"
            "manage-resources-containers/"
        )
        yield Refusal("RS001", name, words)
        return
    if entry.name == _GPU and not quantity.is_whole_number:
        identifier = format_identifier(task)
        words = (
            f"gpu for [{identifier}] must be a whole number, got: {entry.value} instead"
        )
        yield Refusal("RS003", name, words)


def _kubernetes_words(error: ResourcesError) -> str:
    """Return Kubernetes' own words, which kit's begin with."""
    text = str(error)
    for known in (_GRAMMAR, _SUFFIX):
        if text.startswith(known):
            return known
    return text


_GRAMMAR = (
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_SUFFIX = "unable to parse quantity's suffix"


def comparisons(
    requests: Iterable[Entry],
    limits: Iterable[Entry],
    platform: Mapping[str, str],
    task: identifier_pb2.Identifier,
) -> Iterator[Refusal]:
    """Yield which amounts do not go together; entries that are wrong are left out."""
    asked, most = amounts(requests), amounts(limits)
    allowed = {name: parse_quantity(text) for name, text in platform.items() if text}
    allowed = {name: limit for name, limit in allowed.items() if not limit.is_zero}
    for name, request in asked.items():
        limit, top = most.get(name), allowed.get(name)
        if name == _name(_GPU):
            yield from _devices(name, request, limit, task)
        elif limit is not None:
            yield from _under_limit(name, request, limit)
            if top is not None and limit.value_ceil > top.value_ceil:
                yield _over_platform("RS008", name, f"limit [{limit.canonical}]", top)
        if top is not None and request.value_ceil > top.value_ceil:
            yield _over_platform("RS007", name, f"default [{request.canonical}]", top)


def amounts(entries: Iterable[Entry]) -> dict[str, Quantity]:
    """Return the amounts that admin compares, by the names of their resources."""
    found: dict[str, Quantity] = {}
    for entry in entries:
        if entry.name in _LOOKED_AT:
            try:
                found.setdefault(_name(entry.name), parse_quantity(entry.value))
            except ResourcesError:
                continue  # reported as an entry
    return found


def _under_limit(name: str, request: Quantity, limit: Quantity) -> Iterator[Refusal]:
    if limit.value_ceil < request.value_ceil:
        words = (
            f"Requested {name} default [{request.canonical}] is greater than the limit "
            f"[{limit.canonical}]. Please fix your configuration"
        )
        yield Refusal("RS005", name, words)


def _devices(
    name: str,
    request: Quantity,
    limit: Quantity | None,
    task: identifier_pb2.Identifier,
) -> Iterator[Refusal]:
    if limit is not None and limit.value_ceil != request.value_ceil:
        words = (
            "For extended resource 'gpu' the default value must equal the limit value "
            f"for task [{format_identifier(task)}]"
        )
        yield Refusal("RS004", name, words)


def _over_platform(rule: str, name: str, what: str, limit: Quantity) -> Refusal:
    words = (
        f"Requested {name} {what} is greater than current limit set in the platform "
        f"configuration [{limit.canonical}]. Please contact Flyte Admins to change "
        "these limits or consult the configuration"
    )
    return Refusal(rule, name, words)


def _name(number: tasks_pb2.Resources.ResourceName) -> str:
    return tasks_pb2.Resources.ResourceName.Name(number)
