"""Accelerators and shared memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from flyteidl.core.tasks_pb2 import Resources

from kit.checks.finding import Repair
from kit.checks.rule import Problem, error, note, warning
from kit.checks.subject import Subject
from kit.definition.quantity import parse_quantity
from kit.errors import ResourcesError

__all__ = [
    "accelerator_has_device",
    "accelerator_has_limit",
    "shared_memory_has_place",
    "shared_memory_has_size",
]


@warning("RS015", "silent")
def accelerator_has_limit(subject: Subject) -> Iterator[Problem]:
    """An accelerator is looked for where GPUs have a limit."""
    extended = subject.template.extended_resources
    limits = subject.template.container.resources.limits
    has_limit = any(entry.name == Resources.GPU for entry in limits)
    if extended.HasField("gpu_accelerator") and subject.is_container and not has_limit:
        device = extended.gpu_accelerator.device
        message = (
            f"The accelerator {device!r:.60} is not looked for: no GPU has a limit."
        )
        fix = "Set limits=kit.Resources(gpu=1)."
        path = "extended_resources.gpu_accelerator"
        yield Problem(path, message, fix, repair=Repair("limits", _one_device))


def _one_device(limits: Any) -> Any:
    return dataclasses.replace(limits, gpu="1")


@note("RS016", "silent")
def accelerator_has_device(subject: Subject) -> Iterator[Problem]:
    """An accelerator has a name, and is not unpartitioned by half."""
    accelerator = subject.template.extended_resources.gpu_accelerator
    if not subject.template.extended_resources.HasField("gpu_accelerator"):
        return
    refused = accelerator.WhichOneof("partition_size_value") == "unpartitioned"
    path = "extended_resources.gpu_accelerator"
    if not accelerator.device:
        message = "No node is selected by it: the accelerator has no device."
        yield Problem(f"{path}.device", message, "Name the device.")
    elif refused and not accelerator.unpartitioned:
        message = "No node is selected by unpartitioned=False."
        yield Problem(f"{path}.unpartitioned", message, "Leave it out, or set True.")


@error("RS017", "run")
def shared_memory_has_place(subject: Subject) -> Iterator[Problem]:
    """Shared memory is mounted somewhere, under a name."""
    extended = subject.template.extended_resources
    if not extended.HasField("shared_memory"):
        return
    for part in ("mount_name", "mount_path"):
        if not getattr(extended.shared_memory, part):
            words = f"{part.replace('_', ' ')} is not set"
            message = f"The task fails before it starts: shared memory has no {part}."
            path = f"extended_resources.shared_memory.{part}"
            yield Problem(path, message, "Use shared_memory=True.", words)
            return


@error("RS018", "run")
def shared_memory_has_size(subject: Subject) -> Iterator[Problem]:
    """The size of shared memory is a quantity."""
    size = subject.template.extended_resources.shared_memory.size_limit
    try:
        if size:
            parse_quantity(size)
    except ResourcesError as cause:
        words = f"Unable to parse size limit: {size}"
        message = f"The task fails before it starts: {cause}"
        path = "extended_resources.shared_memory.size_limit"
        yield Problem(path, message, "Write a size such as '2Gi'.", words)
