"""The nodes of a workflow: made by calls, bound to promises, checked as a graph."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Protocol

from flyteidl.core import literals_pb2, workflow_pb2

from kit.definition.interface import Interface
from kit.errors import CallError, ConversionError, nearest
from kit.task.call import (
    Compilation,
    complete_inputs,
    current_compilation,
    dnsify,
    name_arguments,
)
from kit.task.overrides import override, set_timeout
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
