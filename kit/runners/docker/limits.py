"""A container's resources in the engine's terms: what a pod would be held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flyteidl.core.tasks_pb2 import ExtendedResources, Resources, TaskTemplate

from kit.definition.quantity import parse_quantity

__all__ = ["Limits", "container_limits"]

_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - of the container, not a temporary file
_NANO = 10**9
_LEAST_CPU = _NANO // 100
_LEAST_MEMORY = 6 * 2**20
_NAMES = Resources.ResourceName


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a container may take; None leaves it to the engine.

    Attributes:
        nano_cpus: CPU time, in billionths of a core.
        memory: Bytes, without swap on top.
        gpus: Number of devices.
        shared_memory: Bytes of ``/dev/shm``.
        tmpfs: Bytes by path, of shared memory that is mounted elsewhere.
    """

    nano_cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None
    shared_memory: int | None = None
    tmpfs: tuple[tuple[str, int | None], ...] = ()

    def create_arguments(self) -> dict[str, Any]:
        """Return the Docker SDK's arguments for them."""
        from docker.types import DeviceRequest

        arguments: dict[str, Any] = {
            "nano_cpus": self.nano_cpus,
            "mem_limit": self.memory,
            "memswap_limit": self.memory,  # or the engine adds as much swap
            "shm_size": self.shared_memory,
            "tmpfs": {path: _tmpfs(size) for path, size in self.tmpfs},
        }
        if self.gpus:
            request = DeviceRequest(count=self.gpus, capabilities=[["gpu"]])
            arguments["device_requests"] = [request]
        return {name: value for name, value in arguments.items() if value}

    def options(self) -> list[str]:
        """Return the command line's options for them."""
        words: list[str] = []
        if self.nano_cpus:
            words += ["--cpus", f"{self.nano_cpus / _NANO:g}"]
        if self.memory:
            words += ["--memory", str(self.memory), "--memory-swap", str(self.memory)]
        if self.shared_memory:
            words += ["--shm-size", str(self.shared_memory)]
        for path, size in self.tmpfs:
            words += ["--tmpfs", f"{path}:{_tmpfs(size)}"]
        if self.gpus:
            words += ["--gpus", str(self.gpus)]
        return words


def container_limits(template: TaskTemplate, cores: Callable[[], int]) -> Limits:
    """Return what a template's container is held to.

    As on the cluster, a limit that is missing is the request.  What no engine takes is
    brought to what it does: more cores than there are, less memory than 6 MiB.

    Args:
        template: The task.
        cores: Says how many cores the engine has; called if the task asks for any.

    Raises:
        ResourcesError: An amount is no Kubernetes quantity.
    """
    resources = template.container.resources
    amounts = {**_amounts(resources.requests), **_amounts(resources.limits)}
    cpu = amounts.get(_NAMES.CPU)
    memory = amounts.get(_NAMES.MEMORY)
    memory = max(memory, _LEAST_MEMORY * _NANO) // _NANO if memory else None
    gpu = amounts.get(_NAMES.GPU)
    limits = Limits(
        nano_cpus=min(max(cpu, _LEAST_CPU), cores() * _NANO) if cpu else None,
        memory=memory,
        gpus=gpu // _NANO if gpu else None,
    )
    return _with_shared_memory(limits, template.extended_resources)


def _with_shared_memory(limits: Limits, extended: ExtendedResources) -> Limits:
    if not extended.HasField("shared_memory"):
        return limits
    shared = extended.shared_memory
    text = shared.size_limit
    size = _nano(text) // _NANO if text else limits.memory
    if shared.mount_path in ("", _SHARED_MEMORY_PATH):
        return replace(limits, shared_memory=size)
    return replace(limits, tmpfs=((shared.mount_path, size),))


def _amounts(entries: Iterable[Resources.ResourceEntry]) -> dict[int, int]:
    """Return amounts in billionths by resource; 0 counts as not said."""
    amounts = {int(entry.name): _nano(entry.value) for entry in entries if entry.value}
    return {name: amount for name, amount in amounts.items() if amount > 0}


def _nano(text: str) -> int:
    return int(parse_quantity(text).amount * _NANO)


def _tmpfs(size: int | None) -> str:
    return "" if size is None else f"size={size}"
