"""Changes of one node: what ``with_overrides`` writes into it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from flyteidl.core import tasks_pb2, workflow_pb2
from google.protobuf.message import Message

from kit.definition.accelerators import extended_resources
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec, override_resources
from kit.errors import CallError, ResourcesError, nearest
from kit.task.call import dnsify
from kit.task.promises import VoidPromise, promises_in


class Overridable(Protocol):
    """The parts of a node that can be changed."""

    id: str
    task: Any
    aliases: dict[str, str]
    metadata: workflow_pb2.NodeMetadata
    overrides: workflow_pb2.TaskNodeOverrides


def override(node: Overridable, given: Mapping[str, Any]) -> None:
    """Write overrides into a node.

    Args:
        node: The node.
        given: What :meth:`~kit.task.promises.NodeHandle.with_overrides` was given;
            ``None`` is what was left out, for ``timeout`` it is ``...``.
    """
    _refuse_unknown(given)
    _refuse_promises(given)
    if given["task_config"] is not None:
        node.task = _with_config(node.task, given["task_config"])
    if given["node_name"] is not None:
        node.id = dnsify(given["node_name"])
    if given["aliases"] is not None:
        node.aliases = _checked_aliases(given["aliases"])
    _apply_resources(node, given)
    _apply_pod_template(node.overrides, given["pod_template"])
    if given["timeout"] is not ...:
        set_timeout(node.metadata, given["timeout"])
    _apply_metadata(node.metadata, given)


def set_timeout(
    metadata: workflow_pb2.NodeMetadata, timeout: dt.timedelta | int | None
) -> None:
    """Write a timeout; nothing and zero are left unset."""
    metadata.ClearField("timeout")
    duration = TaskMetadata(timeout=timeout or 0).timeout
    if isinstance(duration, dt.timedelta) and duration:
        metadata.timeout.FromTimedelta(duration)


_KNOWN = (
    *("node_name", "aliases", "requests", "limits", "resources", "timeout", "retries"),
    *("interruptible", "name", "task_config", "container_image", "accelerator"),
    *("shared_memory", "cache", "cache_version", "cache_serialize", "pod_template"),
)


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in _KNOWN:
            msg = f"with_overrides has no {name!r}.{nearest(name, _KNOWN)}"
            raise CallError(f"{msg} It knows: {', '.join(sorted(_KNOWN))}.")


def _refuse_promises(given: Mapping[str, Any]) -> None:
    """Refuse promises: a node's settings are known before the workflow runs."""
    for name, value in given.items():
        if isinstance(value, VoidPromise) or any(True for _ in promises_in(value)):
            msg = (
                f"{name} cannot be {value!r}: overrides are fixed when the workflow is "
                "defined, before there are values."
            )
            raise CallError(msg)


def _with_config(task: Any, config: Any) -> Any:
    """Return the task with another configuration; the one given stays as it is."""
    kind = type(task.task_config)
    if not isinstance(config, kind):
        msg = (
            f"task_config of task {task.name!r} must be of type {kind.__name__}, got "
            f"{config!r:.200}."
        )
        raise CallError(msg)
    changed = copy.copy(task)
    changed._task_config = config  # noqa: SLF001 - of a copy just made
    return changed


def _checked_aliases(aliases: Any) -> dict[str, str]:
    if not isinstance(aliases, Mapping):
        msg = f"aliases must map outputs to other names, got {aliases!r:.200}."
        raise CallError(msg)
    return dict(aliases)


def _apply_resources(node: Overridable, given: Mapping[str, Any]) -> None:
    requests, limits = _requests_and_limits(given)
    overrides = node.overrides
    if requests is not None or limits is not None:
        overrides.resources.CopyFrom(override_resources(requests, limits))
    if requests is not None and limits is None:
        import logging

        logging.getLogger(__name__).warning(
            "Requests overridden on node %s without specifying limits. Requests are "
            "clamped to the limits of its task.",
            node.id,
        )
    overrides.ClearField("extended_resources")
    extended = extended_resources(given["accelerator"], given["shared_memory"])
    if extended is not None:
        overrides.extended_resources.CopyFrom(extended)
    _set(overrides, "container_image", given["container_image"])


def _requests_and_limits(
    given: Mapping[str, Any],
) -> tuple[Resources | None, Resources | None]:
    for name in ("requests", "limits", "resources"):
        if given[name] is not None and not isinstance(given[name], Resources):
            msg = f"{name} must be kit.Resources(cpu=…, mem=…), got {given[name]!r}."
            raise ResourcesError(msg)
    requests, limits, both = (given[n] for n in ("requests", "limits", "resources"))
    if both is None:
        return requests, limits
    if requests is not None or limits is not None:
        msg = (
            "resources= sets requests and limits, so neither can be given with it. "
            "Pass only resources=, or only the others."
        )
        raise CallError(msg)
    spec = ResourceSpec.from_multiple_resource(both)
    return spec.requests, spec.limits


def _apply_pod_template(
    overrides: workflow_pb2.TaskNodeOverrides, pod_template: Any
) -> None:
    if pod_template is None:
        return
    if not isinstance(pod_template, tasks_pb2.K8sPod):
        msg = f"pod_template must be a flyteidl K8sPod message, not {pod_template!r}."
        raise CallError(msg)
    overrides.pod_template.CopyFrom(pod_template)


def _apply_metadata(
    metadata: workflow_pb2.NodeMetadata, given: Mapping[str, Any]
) -> None:
    if given["cache"] and given["cache_version"] is None:
        msg = (
            "cache=True needs a version that tells old outputs from new ones. Pass "
            "cache_version=… with it."
        )
        raise CallError(msg)
    retries = given["retries"]
    if retries is not None:
        if type(retries) is not int or retries < 0:
            msg = f"retries must be a whole number from 0 up, not {retries!r}."
            raise CallError(msg)
        _set(metadata.retries, "retries", retries)
    metadata.ClearField("cacheable")
    _set(metadata, "cacheable", given["cache"])
    _set(metadata, "cache_version", given["cache_version"])
    _set(metadata, "cache_serializable", given["cache_serialize"])
    _set(metadata, "interruptible", given["interruptible"])
    _set(metadata, "name", given["name"])


def _set(message: Message, field: str, value: Any) -> None:
    """Set a field unless nothing was said of it.

    Raises:
        CallError: The value is not of the field's type.
    """
    if value is None:
        return
    try:
        setattr(message, field, value)
    except (TypeError, ValueError) as error:
        raise CallError(f"{field} cannot be {value!r:.200} ({error}).") from error
