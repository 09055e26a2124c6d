"""What stands for a node while its workflow is being defined."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any, TypeVar

from flyteidl.core import tasks_pb2

from kit.definition.accelerators import BaseAccelerator
from kit.definition.resources import Resources
from kit.errors import CallError

if TYPE_CHECKING:
    from typing_extensions import Self

    from kit.task.node import Node

__all__ = ["NodeHandle", "node_behind"]

T = TypeVar("T")


class NodeHandle:
    """A node, or what a task's call returned: both are ordered and overridden alike."""

    def _own_node(self) -> Node | None:
        """Return the node, or ``None`` for a workflow's input, which has none."""
        raise NotImplementedError

    def runs_before(self, other: Any) -> None:
        """Let this node end before another one starts.

        Args:
            other: A node, or what a task's call returned.

        Raises:
            CallError: One of the two is no node.
        """
        upstream = node_behind(other).upstream
        node = node_behind(self)
        if node not in upstream:
            upstream.append(node)

    def __rshift__(self, other: T) -> T:
        self.runs_before(other)
        return other

    def with_overrides(  # noqa: PLR0913 - the overrides that Flyte has
        self,
        *,
        node_name: str | None = None,
        aliases: Mapping[str, str] | None = None,
        requests: Resources | None = None,
        limits: Resources | None = None,
        resources: Resources | None = None,
        timeout: dt.timedelta | int | EllipsisType | None = ...,
        retries: int | None = None,
        interruptible: bool | None = None,
        name: str | None = None,
        task_config: Any = None,
        container_image: str | None = None,
        accelerator: BaseAccelerator[Any] | None = None,
        shared_memory: bool | str | None = None,
        cache: bool | None = None,
        cache_version: str | None = None,
        cache_serialize: bool | None = None,
        pod_template: tasks_pb2.K8sPod | None = None,
        **unknown: Any,
    ) -> Self:
        """Change this node, and no other node of its task.

        What is left out stays as it was, but for ``cache``, ``accelerator`` and
        ``shared_memory``: as in flytekit, each call says these anew.

        Args:
            node_name: Its id, made a DNS label.
            aliases: Other names of its outputs.
            requests: Resources to ask for.
            limits: Resources to take at most.
            resources: Both, where a pair is (request, limit).
            timeout: Seconds or a duration; ``None`` for none at all.
            retries: How often to try again.
            interruptible: Whether it may run where it can be interrupted.
            name: The name shown for it.
            task_config: The configuration of its task, of the same type. It goes into
                the task's template, so all nodes of the task must have the same one.
            container_image: The image to run in.
            accelerator: A GPU or TPU by name.
            shared_memory: ``True``, or the size of ``/dev/shm``.
            cache: Whether its outputs are kept, with a ``cache_version``.
            cache_version: Which outputs are taken.
            cache_serialize: Whether equal runs wait for each other.
            pod_template: The pod to run in.
            **unknown: Refused, with the nearest name.

        Returns:
            What it was called on.

        Raises:
            CallError: An unknown name, a promise, or settings that contradict each
                other.
            MetadataError: A timeout that is no duration.
            ResourcesError: Resources that Kubernetes refuses.
        """
        given = {**locals(), **unknown}
        del given["self"], given["unknown"]
        from kit.task.overrides import override

        override(node_behind(self), given)
        return self


def node_behind(value: Any) -> Node:
    """Return the node that a node, a promise or a tuple of promises stands for.

    Raises:
        CallError: It stands for none.
    """
    if isinstance(value, tuple) and value:
        value = value[0]
    node = value._own_node() if isinstance(value, NodeHandle) else None  # noqa: SLF001 - of the class above
    if node is None:
        msg = f"{value!r} is no node: use what a task's call returned."
        raise CallError(msg)
    return node
