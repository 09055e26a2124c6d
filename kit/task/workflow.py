"""A workflow: the nodes of its tasks, what goes in, and what comes out.

This kit is about tasks: a workflow is a list of their nodes.  Branches, subworkflows
and dynamic tasks are left to flytekit.
"""

from __future__ import annotations

from contextvars import Token
from typing import Any

from flyteidl.core import interface_pb2, literals_pb2

from kit.definition.documentation import Documentation, documentation_of
from kit.definition.interface import Interface
from kit.definition.typed_interface import typed_interface
from kit.errors import CallError, ConversionError, InterfaceError, nearest
from kit.shown import Shown
from kit.task.binding import Bound, bind, binding_message
from kit.task.call import (
    complete_inputs,
    input_literals,
    name_arguments,
    native_outputs,
)
from kit.task.compilation import (
    begin_compilation,
    current_compilation,
    end_compilation,
)
from kit.task.graph import check_graph
from kit.task.node import Node, TaskOfNode, create_node
from kit.task.promise import Promise
from kit.task.workflow_policy import WorkflowFailurePolicy
from kit.task.workflow_run import run_nodes
from kit.types import TypeEngine, default_engine

__all__ = ["Workflow", "current_compilation"]


class Workflow(Shown):
    """Nodes, and what goes into and comes out of them.

    Make one with :func:`kit.workflow`. Its inputs are also attributes: ``wf.n`` is
    ``wf.inputs["n"]``.

    Args:
        name: Unique name of the workflow.
        interface: Its inputs and outputs.
        failure_policy: What happens to other nodes when one fails.
        interruptible: Whether its tasks may run where they can be interrupted.
        docs: What is written about it; the interface's docstring wins over it.
        engine: Who converts.

    Attributes:
        nodes: The nodes, in the order of the calls.
        inputs: A promise of each input, to be passed to tasks.
        outputs: What each output is bound to.
    """

    def __init__(
        self,
        name: str,
        interface: Interface,
        *,
        failure_policy: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY,
        interruptible: bool = False,
        docs: Documentation | None = None,
        engine: TypeEngine = default_engine,
    ) -> None:
        if not name or not isinstance(name, str):
            msg = f"A workflow needs a name, not {name!r}."
            raise InterfaceError(msg)
        self.name = name
        self.nodes: list[Node] = []
        self.inputs: dict[str, Promise] = {}
        self.outputs: dict[str, Bound] = {}
        self.failure_policy = WorkflowFailurePolicy(failure_policy)
        self.interruptible = interruptible
        self._docs = docs
        self._interface = interface
        self._engine = engine
        self._token: Token[Workflow | None] | None = None
        for variable, python_type in interface.inputs.items():
            self._promise_input(variable, python_type)

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}, {len(self.nodes)} nodes)"

    def __getattr__(self, name: str) -> Promise:
        inputs = self.__dict__.get("inputs", {})
        if name in inputs:
            promise: Promise = inputs[name]
            return promise
        msg = f"Workflow has no attribute and no input {name!r}.{nearest(name, inputs)}"
        raise AttributeError(msg)

    @property
    def python_interface(self) -> Interface:
        """The inputs and outputs as Python types."""
        return self._interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """The inputs and outputs as Flyte's message."""
        return typed_interface(self._interface, self._engine)

    @property
    def output_bindings(self) -> list[literals_pb2.Binding]:
        """The outputs' bindings as Flyte's messages."""
        return [binding_message(name, bound) for name, bound in self.outputs.items()]

    @property
    def docs(self) -> Documentation | None:
        """What is written about the workflow."""
        return documentation_of(self._docs, self._interface.docstring)

    def __enter__(self) -> Workflow:  # noqa: PYI034 - typing.Self is newer than 3.10
        if self._token is not None:
            msg = f"{self!r} is being defined already, in another thread or task."
            raise CallError(msg)
        self._token = begin_compilation(self)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._token is not None:
            end_compilation(self._token)
            self._token = None
        if kind is None:
            self.check()

    def check(self) -> None:
        """Refuse what the engine would refuse; a definition's end does this too.

        Raises:
            CallError: Nodes wait for each other or share an id, or something comes
                from another workflow.
        """
        check_graph(self.nodes, self.inputs, self.outputs)

    def add_workflow_input(self, name: str, python_type: Any) -> Promise:
        """Add an input.

        Returns:
            Its promise, to be passed to tasks.

        Raises:
            InterfaceError: There is an input of that name.
        """
        self._interface = self._interface.with_inputs({name: python_type})
        return self._promise_input(name, self._interface.inputs[name])

    def _promise_input(self, name: str, python_type: Any) -> Promise:
        literal_type = self._engine.literal_type(python_type)
        self.inputs[name] = Promise(name, None, literal_type)
        return self.inputs[name]

    def add_entity(self, task: TaskOfNode, **inputs: Any) -> Node:
        """Add a node of a task without a ``with`` block.

        Args:
            task: The task.
            **inputs: Values, promises, or both mixed.

        Returns:
            The node; ``node.outputs`` holds its promises.
        """
        create_node(self, task, inputs, self._engine)
        return self.nodes[-1]

    def add_workflow_output(
        self, name: str, value: Any, python_type: Any = None
    ) -> None:
        """Let a promise, or a value, come out of the workflow.

        Args:
            name: The output's name.
            value: A promise, or a list or dictionary of promises and values.
            python_type: Its type; by default that of the promise's own output.

        Raises:
            InterfaceError: The name is taken, or the type cannot be told.
        """
        if python_type is None:
            python_type = self._type_of(name, value)
        interface = self._interface.with_outputs({name: python_type})
        self.bind_output(name, value, python_type)
        self._interface = interface

    add_output = add_workflow_output

    def _type_of(self, name: str, value: Any) -> Any:
        """Return the declared type of what a promise stands for."""
        if not isinstance(value, Promise) or value.attr_path:
            msg = (
                f"The type of {value!r} cannot be told: you must specify the "
                f"python_type type for {name}, the whole of it (e.g. list[int])."
            )
            raise InterfaceError(msg)
        if value.node is None:
            return self._interface.inputs[value.var]
        return value.node.task.python_interface.outputs[value.var]

    def bind_output(self, name: str, value: Any, python_type: Any) -> None:
        """Bind an output that the interface declares.

        Raises:
            ConversionError: The value does not fit; the path says where in it.
            CallError: The value is what a task without outputs returned.
        """
        literal_type = self._engine.literal_type(python_type)
        start = f"Failed to bind output {name} for function {self.name}: "
        try:
            self.outputs[name] = bind(value, python_type, literal_type, self._engine)
        except ConversionError as error:
            path = ["outputs", name, *error.path]
            raise ConversionError(start + error.message, path=path) from error
        except CallError as error:
            raise CallError(f"{start}{error}") from error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow here, its nodes one after the other.

        Returns:
            The outputs as Python values: none, one, or a named tuple.

        Raises:
            CallError: An input is missing, unknown or doubled, or a workflow is being
                defined.
        """
        outer = current_compilation()
        if outer is not None:
            msg = (
                f"Workflow {self.name!r} cannot be called inside {outer!r}: a "
                "workflow in a workflow is not supported. Call its tasks."
            )
            raise CallError(msg)
        values = name_arguments(self.name, self._interface, args, kwargs)
        complete = complete_inputs(self.name, self._interface, values)
        inputs = input_literals(self.name, self._interface, complete, self._engine)
        self.check()
        outputs = run_nodes(self.nodes, inputs, self.outputs)
        return native_outputs(self._interface, outputs, self._engine)
