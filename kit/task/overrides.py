"""What a node changes of its task, written into Flyte's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flyteidl.core import workflow_pb2

from kit.definition.accelerators import BaseAccelerator, extended_resources
from kit.definition.resources import Resources, ResourceSpec, override_resources
from kit.errors import CallError, ResourcesError
from kit.task.binding import promises_in
from kit.task.promise import VoidPromise

__all__ = ["apply_metadata", "apply_resources", "refuse_promises"]


def refuse_promises(overrides: Mapping[str, Any]) -> None:
    """Refuse promises: a node's settings are known before the workflow runs."""
    for name, value in overrides.items():
        parts = vars(value) if isinstance(value, Resources) else value
        if promises_in(parts) or isinstance(value, VoidPromise):
            msg = (
                f"Cannot use a promise in the `{name}` value: {value!r}. Overrides are "
                "fixed when the workflow is defined."
            )
            raise CallError(msg)


def apply_resources(
    overrides: workflow_pb2.TaskNodeOverrides,
    requests: Any,
    limits: Any,
    resources: Resources | None,
    accelerator: BaseAccelerator[Any] | None,
    shared_memory: bool | str | None,  # noqa: FBT001 - Flyte's field
) -> None:
    """Write resources into a node's overrides."""
    if resources is not None:
        if requests is not None or limits is not None:
            msg = (
                "`resource` can not be used together with the `limits` or `requests`. "
                "Please only set `resource`."
            )
            raise CallError(msg)
        spec = ResourceSpec.from_multiple_resource(resources)
        requests, limits = spec.requests, spec.limits
    for name, value in (("requests", requests), ("limits", limits)):
        if value is not None and not isinstance(value, Resources):
            msg = f"{name} should be specified as flytekit.Resources, not {value!r}."
            raise ResourcesError(msg)
    if requests is not None or limits is not None:
        overrides.resources.CopyFrom(override_resources(requests, limits))
    overrides.ClearField("extended_resources")
    extended = extended_resources(accelerator, shared_memory)
    if extended is not None:
        overrides.extended_resources.CopyFrom(extended)


def apply_metadata(
    metadata: workflow_pb2.NodeMetadata,
    name: str | None,
    retries: int | None,
    interruptible: bool | None,  # noqa: FBT001 - Flyte's field
    cache: bool | None,  # noqa: FBT001 - Flyte's field
    cache_version: str | None,
    cache_serialize: bool | None,  # noqa: FBT001 - Flyte's field
) -> None:
    """Write what is given into a node's metadata."""
    if cache and cache_version is None:
        msg = "must specify cache version when overriding: pass cache_version=…."
        raise CallError(msg)
    if retries is not None and (isinstance(retries, bool) or retries < 0):
        msg = f"retries must be 0 or more, not {retries!r}."
        raise CallError(msg)
    given = {
        "interruptible": interruptible,
        "name": name,
        "cache_version": cache_version,
        "cache_serializable": cache_serialize,
    }
    for field, value in given.items():
        if value is not None:
            setattr(metadata, field, value)
    if retries is not None:
        metadata.retries.retries = retries
    metadata.ClearField("cacheable")
    if cache is not None:
        metadata.cacheable = cache
