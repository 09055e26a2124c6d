"""Nodes of a workflow: made by calls, overridden, bound to promises."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Protocol

from flyteidl.core import literals_pb2, tasks_pb2, workflow_pb2
from google.protobuf.message import Message

from kit.definition.accelerators import extended_resources
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec, override_resources
from kit.errors import CallError, ConversionError, ResourcesError, nearest
from kit.task.call import (
    Compilation,
    complete_inputs,
    current_compilation,
    dnsify,
    name_arguments,
)
from kit.task.promises import (
    Bound,
    NodeHandle,
    NodeOfPromise,
    Promise,
    VoidPromise,
    bind,
    binding_message,
    promises_in,
)
from kit.template.serialize import TaskDefinition
from kit.types import TypeEngine, default_engine


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


class TaskOfNode(TaskDefinition, Protocol):
    """What a workflow asks of a task, besides its template."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the reference documents them
    @property
    def python_interface(self) -> Interface: ...  # noqa: D102
    def construct_node_metadata(self) -> workflow_pb2.NodeMetadata: ...  # noqa: D102
    def run_literals(  # noqa: D102
        self, ctx: None, inputs: literals_pb2.LiteralMap, /
    ) -> literals_pb2.LiteralMap: ...


class Node(NodeHandle):
    """One step of a workflow.

    Args:
        id: Its id in the workflow, made a DNS label.
        task: The task.
        inputs: What each input is bound to.

    Attributes:
        metadata: Its metadata on the wire.
        overrides: What it changes of its task, on the wire.
        aliases: Other names of its outputs.
        upstream: The nodes that run before it.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - Flyte's own name
        task: TaskOfNode,
        inputs: Mapping[str, Bound],
    ) -> None:
        self.id = dnsify(id)
        self.task = task
        self.inputs = {name: inputs[name] for name in sorted(inputs)}
        self.metadata = task.construct_node_metadata()
        self.overrides = workflow_pb2.TaskNodeOverrides()
        self.aliases: dict[str, str] = {}
        self.upstream: list[Any] = _sources(self.inputs)

    def __repr__(self) -> str:
        return f"Node({self.id}: {self.task.name})"

    def _own_node(self) -> Node:
        return self

    def override(self, given: Mapping[str, Any]) -> None:
        """Apply what :meth:`with_overrides` was given."""
        override(self, given)

    @property
    def bindings(self) -> list[literals_pb2.Binding]:
        """The inputs as Flyte's messages, in the order of their names."""
        return [binding_message(name, bound) for name, bound in self.inputs.items()]

    @property
    def outputs(self) -> dict[str, Promise]:
        """A promise of each output."""
        variables = self.task.interface.outputs.variables
        return {
            name: Promise(name, self, variables[name].type)
            for name in self.task.python_interface.outputs
        }


def _sources(inputs: Mapping[str, Bound]) -> list[NodeOfPromise]:
    nodes = (p.node for bound in inputs.values() for p in promises_in(bound))
    return list(dict.fromkeys(node for node in nodes if node is not None))


def construct_node_metadata(task: TaskOfNode) -> workflow_pb2.NodeMetadata:
    """Make the metadata of a node: the task's, and the last part of its name."""
    metadata = workflow_pb2.NodeMetadata(
        name=task.name.rsplit(".", 1)[-1], retries=task.metadata.retry_strategy
    )
    set_timeout(metadata, task.metadata.timeout)
    if task.metadata.interruptible is not None:
        metadata.interruptible = task.metadata.interruptible
    return metadata


def create_node(
    compilation: Compilation | None,
    task: TaskOfNode,
    values: Mapping[str, Any],
    engine: TypeEngine = default_engine,
) -> Any:
    """Add a node to the workflow that is being defined.

    Args:
        compilation: The workflow; ``None`` for the current one.
        task: The task.
        values: Its inputs by name: values, promises, or both mixed.
        engine: Who converts.

    Returns:
        A promise of its output, a named tuple of promises, or a void promise.

    Raises:
        CallError: No workflow is being defined, or an input is missing or unknown.
        ConversionError: A value does not fit its input's type.
    """
    if compilation is None:
        compilation = current_compilation()
    if compilation is None:
        msg = (
            f"Task {task.name!r} cannot make a node: no workflow is being defined. "
            "Call it inside `with kit.workflow(...)` or a function under "
            "`@kit.workflow`."
        )
        raise CallError(msg)
    node = Node(f"n{len(compilation.nodes)}", task, _bind_all(task, values, engine))
    compilation.nodes.append(node)
    promises = list(node.outputs.values())
    if not promises:
        return VoidPromise(task.name, node)
    if len(promises) == 1 and not task.python_interface.output_tuple_name:
        return promises[0]
    return task.python_interface.output_tuple(*promises)


def _bind_all(
    task: TaskOfNode, values: Mapping[str, Any], engine: TypeEngine
) -> dict[str, Bound]:
    interface = task.python_interface
    types = interface.inputs
    variables = task.interface.inputs.variables
    given = name_arguments(task.name, interface, (), values)
    bound = {}
    for name, value in _complete(task.name, interface, given).items():
        _refuse_tuple(task.name, name, value)
        try:
            bound[name] = bind(value, types[name], variables[name].type, engine)
        except ConversionError as error:
            msg = (
                f"Input {name!r} of task {task.name!r} cannot be bound:\n "
                f"{error.message}"
            )
            path = ["inputs", name, *error.path]
            raise ConversionError(msg, path=path) from error
    return bound


def _complete(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Add defaults, which a node can only have if nothing can change them."""
    complete = complete_inputs(task, interface, values)
    for name in complete.keys() - values.keys():
        if isinstance(complete[name], (list, dict, set)):
            msg = (
                f"Input {name!r} of task {task!r} has the mutable default "
                f"{complete[name]!r:.100}, which a node cannot have. Pass {name}=…."
            )
            raise CallError(msg)
    return complete


def _refuse_tuple(task: str, name: str, value: Any) -> None:
    if isinstance(value, tuple):
        msg = (
            f"Input {name!r} of task {task!r} cannot be the tuple {value!r:.200}. Pass "
            "one of its elements, such as one output of the task before."
        )
        raise CallError(msg)


_RESERVED = ("", "start-node", "end-node", "fn0")
"""What the engine calls its own nodes; ``fn0`` is flytekit's failure node."""


def check_graph(
    nodes: Sequence[Node], inputs: Mapping[str, Promise], outputs: Mapping[str, Bound]
) -> None:
    """Refuse a graph that the engine would refuse, or never end.

    Args:
        nodes: The workflow's nodes.
        inputs: The workflow's inputs.
        outputs: What the workflow's outputs are bound to.

    Raises:
        CallError: Nodes share an id or wait for each other, or something comes from
            another workflow.
    """
    _check_ids(nodes)
    own = set(nodes)
    for node in nodes:
        for other in node.upstream:
            if other not in own:
                msg = f"{node!r} waits for {other!r}, which is of another workflow."
                raise CallError(msg)
        _check_sources(repr(node), node.inputs.values(), own, inputs)
    _check_sources("The workflow's output", outputs.values(), own, inputs)
    in_order(nodes)


def _check_ids(nodes: Sequence[Node]) -> None:
    seen: dict[str, Node] = {}
    for node in nodes:
        if node.id in _RESERVED:
            what = "the failure node" if node.id == "fn0" else "the engine"
            msg = f"Node {node.id} is reserved for {what}: choose another node_name."
            raise CallError(msg)
        if node.id in seen:
            msg = (
                f"Two nodes have the id {node.id!r}, of tasks "
                f"{seen[node.id].task.name} and {node.task.name}: choose another "
                "node_name."
            )
            raise CallError(msg)
        seen[node.id] = node


def _check_sources(
    what: str,
    bound: Iterable[Bound],
    nodes: Container[Node],
    inputs: Mapping[str, Promise],
) -> None:
    for promise in (promise for value in bound for promise in promises_in(value)):
        if promise.node is None and promise.var not in inputs:
            msg = f"{what} takes {promise!r}, but this workflow has no such input."
            raise CallError(msg + nearest(promise.var, inputs))
        if promise.node is not None and promise.node not in nodes:
            msg = f"{what} takes {promise!r}, which is of another workflow."
            raise CallError(msg)


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """Put nodes behind those that they wait for, else leave them as they are.

    Raises:
        CallError: They wait for each other.
    """
    ordered: dict[Node, None] = {}
    waiting = list(nodes)
    while waiting:
        ready = next((n for n in waiting if ordered.keys() >= set(n.upstream)), None)
        if ready is None:
            names = ", ".join(node.id for node in waiting)
            msg = f"The nodes {names} wait for each other: `>>` goes round in a circle."
            raise CallError(msg)
        ordered[ready] = None
        waiting.remove(ready)
    return list(ordered)
