"""CPU, memory, GPUs and scratch space that a task asks for."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from flyteidl.core import tasks_pb2

from kit.definition.keywords import explain_keywords
from kit.errors import ResourcesError

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

__all__ = ["ResourceSpec", "Resources", "override_resources", "resources_message"]

_Pair: TypeAlias = "list[Any] | tuple[Any, ...]"
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "cpu": (str, int, float),
    "mem": (str, int),
    "gpu": (str, int),
    "ephemeral_storage": (str, int),
}
_NAMES = {
    "ephemeral_storage": tasks_pb2.Resources.ResourceName.EPHEMERAL_STORAGE,
    "cpu": tasks_pb2.Resources.ResourceName.CPU,
    "gpu": tasks_pb2.Resources.ResourceName.GPU,
    "mem": tasks_pb2.Resources.ResourceName.MEMORY,
}
_TEMPLATE_ORDER = ("ephemeral_storage", "cpu", "gpu", "mem")
_OVERRIDE_ORDER = ("cpu", "mem", "gpu", "ephemeral_storage")


@explain_keywords(ResourcesError, memory="mem", ram="mem", disk="ephemeral_storage")
@dataclass(frozen=True)
class Resources:
    """Amounts of a task's resources: its requests, its limits, or both in pairs.

    Texts are Kubernetes quantities. Numbers are cores, bytes and devices. A pair is a
    request and a limit, for :meth:`ResourceSpec.from_multiple_resource`.

    Attributes:
        cpu: Cores: ``2``, ``0.5``, ``"500m"``.
        mem: Bytes: ``"2Gi"``, ``"512M"``.
        gpu: Devices, a whole number.
        ephemeral_storage: Scratch space in bytes.

    Raises:
        ResourcesError: A value is of the wrong type, or Kubernetes would refuse it.

    Example:
        >>> Resources(cpu=0.5, mem="2Gi")
        Resources(cpu=0.5, mem='2Gi')
    """

    cpu: str | int | float | _Pair | None = None
    mem: str | int | _Pair | None = None
    gpu: str | int | _Pair | None = None
    ephemeral_storage: str | int | _Pair | None = None

    def __post_init__(self) -> None:
        for name, accepted in _ACCEPTED.items():
            value = getattr(self, name)
            if value is not None:
                _check_value(name, value, accepted)

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in _ACCEPTED)
        shown = ", ".join(f"{n}={v!r}" for n, v in values if v is not None)
        return f"Resources({shown})"


@dataclass(frozen=True)
class ResourceSpec:
    """What a task asks for and what it may take at most."""

    requests: Resources = field(default_factory=Resources)
    limits: Resources = field(default_factory=Resources)

    @classmethod
    def from_multiple_resource(cls, resource: Resources) -> ResourceSpec:
        """Read pairs apart into requests and limits; a single value is a request.

        Example:
            >>> ResourceSpec.from_multiple_resource(Resources(cpu=(1, 2), mem="1Gi"))
            ResourceSpec(requests=Resources(cpu=1, mem='1Gi'), limits=Resources(cpu=2))
        """
        requests: dict[str, Any] = {}
        limits: dict[str, Any] = {}
        for entry in dataclasses.fields(resource):
            value = getattr(resource, entry.name)
            if isinstance(value, (list, tuple)):
                requests[entry.name], limits[entry.name] = value
            else:
                requests[entry.name] = value
        return cls(Resources(**requests), Resources(**limits))


def resources_message(
    requests: Resources | None, limits: Resources | None
) -> tasks_pb2.Resources:
    """Write requests and limits as a container's resources.

    The entries' order and the rule that empty texts and the number 0 are left out are
    flytekit's (``flytekit.core.utils._get_container_definition``); the text ``"0"``
    stays.

    Raises:
        ResourcesError: A value is a pair; those are for ``ResourceSpec``.
    """
    message = tasks_pb2.Resources()
    _add_entries(message.requests, requests, _TEMPLATE_ORDER, keep_zero=False)
    _add_entries(message.limits, limits, _TEMPLATE_ORDER, keep_zero=False)
    return message


def override_resources(
    requests: Resources | None, limits: Resources | None
) -> tasks_pb2.Resources:
    """Write requests and limits as a node's overrides.

    There the entries have another order and zeros stay, and numbers are written as
    Python prints them (``flytekit.core.resources``, the conversion to a model).

    Raises:
        ResourcesError: A value is a pair; those are for ``ResourceSpec``.
    """
    message = tasks_pb2.Resources()
    _add_entries(message.requests, requests, _OVERRIDE_ORDER, keep_zero=True)
    _add_entries(message.limits, limits, _OVERRIDE_ORDER, keep_zero=True)
    return message


def _add_entries(
    entries: RepeatedCompositeFieldContainer[tasks_pb2.Resources.ResourceEntry],
    resources: Resources | None,
    order: tuple[str, ...],
    *,
    keep_zero: bool,
) -> None:
    if resources is None:
        return
    write = str if keep_zero else _text
    for name in order:
        value = getattr(resources, name)
        if value or (keep_zero and value is not None):
            if not isinstance(value, str):
                _check_single(name, value)
            entries.add(name=_NAMES[name], value=write(value))


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return value
    from kit.definition.quantity import quantity_text

    return quantity_text(value)


def _check_single(name: str, value: object) -> None:
    if isinstance(value, (list, tuple)):
        msg = (
            f"{value} can not be a list or tuple. Give {name} one value in "
            f"requests and one in limits."
        )
        raise ResourcesError(msg)


def _check_value(name: str, value: Any, accepted: tuple[type, ...]) -> None:
    is_pair = isinstance(value, (list, tuple))
    for one in value if is_pair else (value,):
        if not isinstance(one, accepted) or isinstance(one, bool):
            kinds = ", ".join(kind.__name__ for kind in accepted)
            msg = f"{value} should be of type {kinds} or a list/tuple of {kinds}"
            raise ResourcesError(f"{msg}, as the value of {name}.")
        _check_amount(name, one)
    if is_pair and len(value) != 2:  # noqa: PLR2004 - a request and a limit
        msg = f"{value} must be of length 2, the request and the limit of {name}."
        raise ResourcesError(msg)


@functools.lru_cache(maxsize=256)  # the same few amounts, over and over
def _check_amount(name: str, value: str | float) -> None:
    if value == "":
        return  # left out on the wire, as flytekit does
    from kit.definition.quantity import parse_quantity

    quantity = parse_quantity(_text(value))
    if quantity.amount.numerator < 0:
        msg = f"{name}={value!r} is negative: Kubernetes refuses amounts below 0."
        raise ResourcesError(msg)
    if name == "gpu" and not quantity.is_whole_number:
        msg = f"gpu must be a whole number, got: {value!r} instead."
        raise ResourcesError(msg)
