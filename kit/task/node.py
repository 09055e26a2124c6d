"""A task's place in a workflow: what it is bound to, and what runs before it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from flyteidl.core import interface_pb2, literals_pb2, workflow_pb2

from kit.definition.accelerators import BaseAccelerator
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources
from kit.definition.typed_interface import is_optional, typed_interface
from kit.errors import CallError, ConversionError
from kit.task.binding import bind, promises_in
from kit.task.overrides import apply_metadata, apply_resources, refuse_promises
from kit.task.promise import Promise, VoidPromise
from kit.types import TypeEngine, default_engine

if TYPE_CHECKING:
    from kit.task.workflow import Workflow

__all__ = ["Node", "construct_node_metadata", "create_node", "dnsify"]

_LONGEST_ID = 63
_HASH_LENGTH = 10


class NodeEntity(Protocol):
    """What can be a node: a task."""

    @property
    def name(self) -> str: ...
    @property
    def python_interface(self) -> Interface: ...
    @property
    def metadata(self) -> TaskMetadata: ...


class Node:
    """One step of a workflow.

    Args:
        id: Its id in the workflow.
        entity: The task.
        metadata: Its metadata on the wire; overrides are written into it.
        bindings: Its inputs, in the order of their names.
        upstream: The nodes whose outputs it takes.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - Flyte's own name
        entity: Any,
        metadata: workflow_pb2.NodeMetadata,
        bindings: list[literals_pb2.Binding],
        upstream: list[Node],
    ) -> None:
        self.id = id
        self.entity = entity
        self.metadata = metadata
        self.bindings = bindings
        self.upstream = upstream
        self.aliases: dict[str, str] = {}
        self.overrides = workflow_pb2.TaskNodeOverrides()

    def __repr__(self) -> str:
        return f"Node({self.id}: {self.entity.name})"

    def runs_before(self, other: Node) -> None:
        """Let this node end before another one starts."""
        if self not in other.upstream:
            other.upstream.append(self)

    def __rshift__(self, other: Node) -> Node:
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
        timeout: dt.timedelta | int | Literal[""] | None = "",
        retries: int | None = None,
        interruptible: bool | None = None,
        name: str | None = None,
        container_image: str | None = None,
        accelerator: BaseAccelerator[Any] | None = None,
        shared_memory: bool | str | None = None,
        cache: bool | None = None,
        cache_version: str | None = None,
        cache_serialize: bool | None = None,
    ) -> Node:
        """Change this node, and no other node of its task.

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
            container_image: The image to run in.
            accelerator: A GPU or TPU by name.
            shared_memory: ``True``, or the size of ``/dev/shm``.
            cache: Whether its outputs are kept, with a ``cache_version``.
            cache_version: Which outputs are taken.
            cache_serialize: Whether equal runs wait for each other.

        Raises:
            CallError: A promise was passed, or settings that contradict each other.
            ResourcesError: Resources that Kubernetes refuses.
        """
        values = {k: v for k, v in locals().items() if k != "self"}
        refuse_promises(values)
        if node_name is not None:
            self.id = dnsify(node_name)
        if aliases is not None:
            self.aliases = dict(aliases)
        apply_resources(
            self.overrides,
            *(requests, limits, resources, accelerator, shared_memory),
        )
        if container_image is not None:
            self.overrides.container_image = container_image
        if timeout != "":
            _set_timeout(self.metadata, timeout)
        apply_metadata(
            self.metadata,
            *(name, retries, interruptible, cache, cache_version, cache_serialize),
        )
        return self


def _set_timeout(
    metadata: workflow_pb2.NodeMetadata, timeout: dt.timedelta | int | None
) -> None:
    metadata.ClearField("timeout")
    duration = TaskMetadata(timeout=timeout or 0).timeout
    if duration:
        assert isinstance(duration, dt.timedelta)  # noqa: S101 - TaskMetadata made it
        metadata.timeout.FromTimedelta(duration)


def construct_node_metadata(entity: NodeEntity) -> workflow_pb2.NodeMetadata:
    """Make the metadata of a node: the task's, and the last part of its name."""
    metadata = workflow_pb2.NodeMetadata(
        name=entity.name.rsplit(".", 1)[-1], retries=entity.metadata.retry_strategy
    )
    _set_timeout(metadata, entity.metadata.timeout)
    if entity.metadata.interruptible is not None:
        metadata.interruptible = entity.metadata.interruptible
    return metadata


def create_node(
    compilation: Workflow | None,
    entity: Any,
    values: Mapping[str, Any],
    engine: TypeEngine = default_engine,
) -> Any:
    """Add a node to the workflow that is being defined.

    Args:
        compilation: The workflow; ``None`` for the current one.
        entity: The task.
        values: Its inputs by name: values, promises, or both mixed.
        engine: Who converts.

    Returns:
        A promise of its output, a named tuple of promises, or a void promise.

    Raises:
        CallError: No workflow is being defined, or an input is missing.
        ConversionError: A value does not fit its input's type.
    """
    if compilation is None:
        from kit.task.workflow import current_compilation

        compilation = current_compilation()
    if compilation is None:
        msg = (
            "Cannot create node when not compiling...: call the task inside "
            "`with kit.workflow(...)` or a function under `@kit.workflow`."
        )
        raise CallError(msg)
    interface = entity.python_interface
    typed = typed_interface(interface, engine)
    complete = _complete(entity.name, interface, values)
    node = Node(
        f"n{len(compilation.nodes)}",
        entity,
        entity.construct_node_metadata(),
        [
            _binding(name, complete[name], entity.name, interface, typed, engine)
            for name in sorted(complete)
        ],
        _upstream(complete),
    )
    compilation.nodes.append(node)
    return _promises(node, interface, typed)


def _complete(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Add defaults, which a node can only have if nothing can change them."""
    complete = dict(values)
    for name, (python_type, default) in interface.inputs_with_defaults.items():
        if name in complete:
            continue
        if default is None and not is_optional(python_type):
            msg = f"Input {name} of type {python_type} was not specified for function"
            raise CallError(f"USER:AssertionError: error={msg} {task}: pass {name}=….")
        if isinstance(default, (list, dict, set)):
            msg = (
                f"Argument {name} for function {task} is a mutable default argument, "
                "which is a python anti-pattern and not supported in flytekit tasks: "
                f"pass {name}=…."
            )
            raise CallError(msg)
        complete[name] = default
    return complete


def _binding(
    name: str,
    value: Any,
    task: str,
    interface: Interface,
    typed: interface_pb2.TypedInterface,
    engine: TypeEngine,
) -> literals_pb2.Binding:
    python_type = interface.inputs[name]
    if isinstance(value, tuple):
        msg = (
            f"Variable({name}) for function({task}) cannot receive a multi-valued "
            f"tuple {value}. Check if the predecessor function returning more than "
            "one value?"
        )
        raise CallError(msg)
    try:
        data = bind(value, python_type, typed.inputs.variables[name].type, engine)
    except ConversionError as error:
        msg = (
            f"Failed to Bind variable '{name}' for function '{task}':\n {error.message}"
        )
        path = ["inputs", name, *error.path]
        raise ConversionError(msg, path=path) from error
    return literals_pb2.Binding(var=name, binding=data)


def _upstream(values: Mapping[str, Any]) -> list[Node]:
    nodes = (p.node for value in values.values() for p in promises_in(value))
    return list(dict.fromkeys(node for node in nodes if node is not None))


def _promises(
    node: Node, interface: Interface, typed: interface_pb2.TypedInterface
) -> Any:
    promises = [
        Promise(name, node, typed.outputs.variables[name].type)
        for name in interface.outputs
    ]
    if not promises:
        return VoidPromise(node.entity.name, node)
    if len(promises) == 1 and not interface.output_tuple_name:
        return promises[0]
    return interface.output_tuple(*promises)


def dnsify(name: str) -> str:
    """Make a DNS label of a name, as flytekit does: lower case, dashes, 63 at most.

    >>> dnsify("My_Special.Node")
    'my-special-node'
    """
    if len(name) >= _LONGEST_ID:
        digest = hashlib.sha224(name.encode()).hexdigest()[:_HASH_LENGTH]
        name = f"{digest}-{name[-(_LONGEST_ID - _HASH_LENGTH - 1) :]}"
    label = ""
    for character in name:
        dash = label != "" and len(label) < _LONGEST_ID - 1
        if character in "_-.":
            label += "-" if dash else ""
        elif character.islower() or character.isdigit():
            label += character
        elif character.isalnum():
            label += "-" if dash and label[-1] != "-" else ""
            label += character.lower()
    return label.removesuffix("-")
