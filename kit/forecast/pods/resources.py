"""Resources of the containers of a pod, as the engine settles them once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from flyteidl.core import tasks_pb2

from kit.definition.resources import Quantity, parse_quantity, quantity_text
from kit.forecast.platform import Platform

Amounts: TypeAlias = dict[str, Quantity]
Requirements: TypeAlias = dict[str, Amounts]
"""``requests`` and ``limits``, by Kubernetes' names of resources."""

CPU, MEMORY, STORAGE = "cpu", "memory", "ephemeral-storage"
NVIDIA_GPU = "nvidia.com/gpu"
ZERO = parse_quantity("0")

_KUBERNETES_NAMES = {
    tasks_pb2.Resources.CPU: CPU,
    tasks_pb2.Resources.MEMORY: MEMORY,
    tasks_pb2.Resources.EPHEMERAL_STORAGE: STORAGE,
    tasks_pb2.Resources.GPU: NVIDIA_GPU,
}


def message_requirements(resources: tasks_pb2.Resources) -> Requirements:
    """Return the amounts of a template's or a node's resources that are not zero."""
    return {
        "requests": _message_amounts(resources.requests),
        "limits": _message_amounts(resources.limits),
    }


def _message_amounts(entries: Iterable[tasks_pb2.Resources.ResourceEntry]) -> Amounts:
    found = {}
    for entry in entries:
        amount = parse_quantity(entry.value)
        if entry.name in _KUBERNETES_NAMES and not amount.is_zero:
            found[_KUBERNETES_NAMES[entry.name]] = amount
    return found


def json_requirements(resources: Mapping[str, Any]) -> Requirements:
    """Return the amounts of a container as Kubernetes' JSON has them."""
    return {
        part: {name: _json_amount(v) for name, v in resources.get(part, {}).items()}
        for part in ("requests", "limits")
    }


def _json_amount(value: Any) -> Quantity:
    return parse_quantity(value if isinstance(value, str) else quantity_text(value))


def requirements_json(found: Requirements) -> dict[str, dict[str, str]]:
    """Return amounts as Kubernetes prints them."""
    return {
        part: {name: amount.canonical for name, amount in found[part].items()}
        for part in ("limits", "requests")
        if found[part]
    }


def platform_requirements(platform: Platform) -> Requirements:
    """Return the platform's defaults and limits; what it lacks is left out."""
    found: Requirements = {"requests": {}, "limits": {}}
    names = (CPU, MEMORY, STORAGE, NVIDIA_GPU)
    for name, (default, most) in zip(names, platform.amounts, strict=True):
        for part, text in (("requests", default), ("limits", most)):
            if text:
                found[part][name] = parse_quantity(text)
    return found


def rename_gpu(found: Requirements, gpu: str) -> None:
    """Take ``gpu`` for the platform's name of GPUs."""
    for amounts in found.values():
        if "gpu" in amounts:
            amounts[gpu] = amounts.pop("gpu")


def merge(found: Requirements, over: Requirements) -> None:
    """Write amounts over those that are there."""
    for part, amounts in over.items():
        found[part].update(amounts)


def merge_missing(found: Requirements, under: Requirements) -> None:
    """Write amounts where there are none."""
    for part, amounts in under.items():
        found[part] = {**amounts, **found[part]}


def settle_all(
    found: Requirements, platform: Requirements, gpu: str, *, assign: bool
) -> None:
    """Settle the amounts of a container.

    Args:
        found: The amounts, which are changed.
        platform: Its defaults and limits.
        gpu: The platform's name of GPUs.
        assign: Whether missing amounts are filled in from each other and from the
            platform's defaults; otherwise they become 0 where one of the two is there.
    """
    named = found["requests"].keys() | found["limits"].keys()
    for name in (CPU, MEMORY, *(n for n in (STORAGE, gpu) if n in named)):
        request, limit = (
            found[part].get(name, ZERO) for part in ("requests", "limits")
        )
        default = platform["requests"].get(name)
        if assign:
            request = limit if request.is_zero else request
            request = (default or ZERO) if request.is_zero else request
            limit = request if limit.is_zero else limit
        if assign and default is None and request.is_zero and name not in named:
            continue  # nobody knows
        most = platform["limits"].get(name, ZERO)
        request, limit = _cut(request, most), _cut(limit, most)
        found["requests"][name] = _cut(request, limit)
        found["limits"][name] = limit


def _cut(amount: Quantity, most: Quantity) -> Quantity:
    if amount.is_zero or most.is_zero:
        return amount
    return most if amount.amount > most.amount else amount
