"""Resources as flyteadmin compares them at registration and settles them at launch."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flyteidl.core import identifier_pb2, tasks_pb2

from kit.definition.resources import Quantity, parse_quantity
from kit.errors import ResourcesError
from kit.forecast.platform import Amounts
from kit.template.macros import format_identifier

_CPU = tasks_pb2.Resources.CPU
_GPU = tasks_pb2.Resources.GPU
_COMPARED = (_CPU, tasks_pb2.Resources.MEMORY, tasks_pb2.Resources.EPHEMERAL_STORAGE)
_LOOKED_AT = (*_COMPARED, _GPU)

Entry = tasks_pb2.Resources.ResourceEntry
_ALWAYS_SETTLED = (_CPU, tasks_pb2.Resources.MEMORY)


@functools.lru_cache(maxsize=256)  # templates are made again and again
def settled_resources(resources: bytes, amounts: Amounts) -> bytes:
    """Return the resources of a container as a launch settles them.

    A request that is missing or zero becomes the limit, else the platform's default; a
    missing limit becomes the request; both are cut to the platform's limit, and the
    request to the limit. Kubernetes' spelling of the amounts is used. What a launch
    drops (STORAGE, names twice) is gone. A resource that the task does not ask for, and
    of which the platform's default is not known, stays unset.

    Args:
        resources: The serialized resources as they are registered.
        amounts: The platform's, as ``Platform.amounts``.
    """
    registered = tasks_pb2.Resources.FromString(resources)
    requests = {entry.name: entry.value for entry in registered.requests}
    limits = {entry.name: entry.value for entry in registered.limits}
    settled = tasks_pb2.Resources()
    for name, (default, most) in zip(_LOOKED_AT, amounts, strict=True):
        pair = settle(requests.get(name, ""), limits.get(name, ""), default, most)
        if pair is None and default and name in _ALWAYS_SETTLED:
            pair = ("0", "0")
        if pair is not None:
            settled.requests.add(name=name, value=pair[0])
            settled.limits.add(name=name, value=pair[1])
    return settled.SerializeToString()


def settle(request: str, limit: str, default: str, most: str) -> tuple[str, str] | None:
    """Return request and limit of a resource as a launch settles them.

    Args:
        request: What the task asks for; empty if nothing.
        limit: What it may take at most; empty if nothing is said.
        default: The platform's default; empty if it has none.
        most: The platform's limit; empty if it has none.

    Returns:
        ``None`` if nobody says anything.
    """
    asked, top, least, ceiling = map(_quantity, (request, limit, default, most))
    asked = asked or top or least
    if asked is None:
        return None
    top = _cut(top or asked, ceiling)
    return _cut(_cut(asked, ceiling), top).canonical, top.canonical


def _quantity(text: str) -> Quantity | None:
    """Return an amount, or None if it is as good as not said."""
    try:
        quantity = parse_quantity(text) if text else None
    except ResourcesError:
        return None  # never registered
    return None if quantity is None or quantity.is_zero else quantity


def _cut(amount: Quantity, most: Quantity | None) -> Quantity:
    return most if most is not None and amount.amount > most.amount else amount


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
            f"{kubernetes_words(error)}. Please follow K8s conventions for resources "
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


def kubernetes_words(error: ResourcesError) -> str:
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
