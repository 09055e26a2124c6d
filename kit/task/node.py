"""A task's place in a workflow: what it is bound to, and what runs before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from flyteidl.core import literals_pb2, workflow_pb2

from kit.definition.interface import Interface
from kit.errors import CallError, ConversionError
from kit.task.binding import Bound, bind, binding_message, promises_in
from kit.task.call import complete_inputs, name_arguments
from kit.task.compilation import current_compilation
from kit.task.dns_label import dnsify
from kit.task.handle import NodeHandle
from kit.task.overrides import set_timeout
from kit.task.promise import Promise, VoidPromise
from kit.template.serialize import TaskDefinition
from kit.types import TypeEngine, default_engine

if TYPE_CHECKING:
    from kit.task.workflow import Workflow

__all__ = ["Node", "TaskOfNode", "construct_node_metadata", "create_node"]


_FLYTEKIT = "USER:AssertionError: error="  # how flytekit's own message starts


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
        self.upstream: list[Node] = _sources(self.inputs)

    def __repr__(self) -> str:
        return f"Node({self.id}: {self.task.name})"

    def _own_node(self) -> Node:
        return self

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


def _sources(inputs: Mapping[str, Bound]) -> list[Node]:
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
    compilation: Workflow | None,
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
            "Cannot create node when not compiling...: call the task inside "
            "`with kit.workflow(...)` or a function under `@kit.workflow`."
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
                f"Failed to Bind variable '{name}' for function '{task.name}':\n "
                f"{error.message}"
            )
            path = ["inputs", name, *error.path]
            raise ConversionError(msg, path=path) from error
    return bound


def _complete(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Add defaults, which a node can only have if nothing can change them."""
    try:
        complete = complete_inputs(task, interface, values)
    except CallError as error:
        raise CallError(f"{_FLYTEKIT}{error}") from error
    for name in complete.keys() - values.keys():
        if isinstance(complete[name], (list, dict, set)):
            msg = (
                f"Argument {name} for function {task} is a mutable default argument, "
                "which is a python anti-pattern and not supported in flytekit tasks: "
                f"pass {name}=…."
            )
            raise CallError(msg)
    return complete


def _refuse_tuple(task: str, name: str, value: Any) -> None:
    if isinstance(value, tuple):
        msg = (
            f"Variable({name}) for function({task}) cannot receive a multi-valued "
            f"tuple {value}. Check if the predecessor function returning more than "
            "one value?"
        )
        raise CallError(msg)
