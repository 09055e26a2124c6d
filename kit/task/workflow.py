"""A workflow: the nodes of its tasks, what goes in, and what comes out.

This kit is about tasks: a workflow is a list of their nodes.  Branches, subworkflows
and dynamic tasks are left to flytekit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from enum import Enum
from typing import Any, overload

from flyteidl.admin import workflow_pb2 as admin_workflow_pb2
from flyteidl.core import (
    identifier_pb2,
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    workflow_closure_pb2,
    workflow_pb2,
)

from kit.definition.interface import Docstring, Interface, typed_interface
from kit.definition.metadata import Documentation, documentation_of
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ConversionError, InterfaceError, nearest
from kit.notebook import Shown
from kit.task.arguments import interface_of, outputs_by_name, workflow_name
from kit.task.call import (
    Compilation,
    begin_compilation,
    complete_inputs,
    current_compilation,
    end_compilation,
    input_literals,
    name_arguments,
    native_outputs,
)
from kit.task.nodes import Node, TaskOfNode, check_graph, create_node, in_order
from kit.task.promises import Bound, NodeOfPromise, Promise, bind, binding_message
from kit.template.serialize import task_template
from kit.types import TypeEngine, default_engine
from kit.types.packed import is_packed, pack, unpack
from kit.types.structs import write_packed


class WorkflowFailurePolicy(Enum):
    """What happens to other nodes when one fails; the values are Flyte's own."""

    FAIL_IMMEDIATELY = workflow_pb2.WorkflowMetadata.FAIL_IMMEDIATELY
    FAIL_AFTER_EXECUTABLE_NODES_COMPLETE = (
        workflow_pb2.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    )


_Made = Mapping["NodeOfPromise | None", Mapping[str, literals_pb2.Literal]]
"""The outputs of the nodes that ran; those of ``None`` are the workflow's inputs."""


def run_nodes(
    nodes: Sequence[Node],
    inputs: literals_pb2.LiteralMap,
    outputs: Mapping[str, Bound],
) -> literals_pb2.LiteralMap:
    """Run nodes on the literals that their inputs are bound to.

    Args:
        nodes: The workflow's nodes.
        inputs: The workflow's inputs.
        outputs: What the workflow's outputs are bound to.

    Returns:
        The workflow's outputs.

    Raises:
        CallError: The order asked for goes round in a circle.
        ConversionError: A promise leads into a value that has no such part.
    """
    made: dict[NodeOfPromise | None, Mapping[str, literals_pb2.Literal]] = {
        None: inputs.literals
    }
    for node in in_order(nodes):
        made[node] = _run(node, made).literals
    return _literals(outputs, made)


def _run(node: Node, made: _Made) -> literals_pb2.LiteralMap:
    try:
        return node.task.run_literals(None, _literals(node.inputs, made))
    except Exception as error:
        _note(error, f"in node {node.id} ({node.task.name})")
        raise


def _note(error: BaseException, text: str) -> None:
    """Say where an error comes from, where Python has notes (3.11 and later)."""
    if hasattr(error, "add_note"):
        error.add_note(text)


def _literals(bound: Mapping[str, Bound], made: _Made) -> literals_pb2.LiteralMap:
    literals = literals_pb2.LiteralMap()
    for name, value in bound.items():
        _write(value, literals.literals[name], made)
    return literals


def _write(bound: Bound, literal: literals_pb2.Literal, made: _Made) -> None:
    """Write the literal that something bound leads to."""
    if isinstance(bound, Promise):
        literal.CopyFrom(_resolve(bound, made))
    elif isinstance(bound, literals_pb2.Literal):
        literal.CopyFrom(bound)
    elif isinstance(bound, list):
        literal.collection.SetInParent()
        for item in bound:
            _write(item, literal.collection.literals.add(), made)
    else:
        literal.map.SetInParent()
        for key, item in bound.items():
            _write(item, literal.map.literals[key], made)


def _resolve(promise: Promise, made: _Made) -> literals_pb2.Literal:
    literal = made[promise.node][promise.var]
    path: list[str | int] = [promise.var]
    try:
        for step in promise.attr_path:
            path.append(step)
            literal = _step_into(literal, step)
    except (LookupError, TypeError, ConversionError) as error:
        msg = (
            f"{promise!r} leads to nothing: there is no {path[-1]!r} in the value "
            f"({type(error).__name__}: {error})."
        )
        raise ConversionError(msg, path=path) from error
    return literal


def _step_into(literal: literals_pb2.Literal, step: str | int) -> literals_pb2.Literal:
    """Take an element of a list or map, or a field of what is packed."""
    kind = literal.WhichOneof("value")
    if kind == "scalar" and literal.scalar.WhichOneof("value") == "union":
        return _step_into(literal.scalar.union.value, step)
    if kind == "collection":
        elements: Any = literal.collection.literals
        element: literals_pb2.Literal = elements[step]
        return element
    if kind == "map":
        if step not in literal.map.literals:
            raise KeyError(step)
        return literal.map.literals[str(step)]
    if not is_packed(literal):
        msg = "it is neither a list, a map nor a struct"
        raise TypeError(msg)
    resolved = literals_pb2.Literal()
    write_packed(resolved, pack(unpack(literal)[step]))
    return resolved


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
        self._token: Token[Compilation | None] | None = None
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
                f"The type of {value!r} is not known. Pass python_type= for output "
                f"{name!r}, such as list[int]."
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
        start = f"Output {name!r} of workflow {self.name!r} cannot be bound: "
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


@overload
def workflow(
    name: str,
    *,
    inputs: Mapping[str, Any] | None = ...,
    failure_policy: WorkflowFailurePolicy = ...,
    interruptible: bool = ...,
    docs: Documentation | str | None = ...,
) -> Workflow: ...
@overload
def workflow(name: Callable[..., Any]) -> Workflow: ...
@overload
def workflow(
    *,
    failure_policy: WorkflowFailurePolicy = ...,
    interruptible: bool = ...,
    docs: Documentation | None = ...,
) -> Callable[[Callable[..., Any]], Workflow]: ...
def workflow(
    name: str | Callable[..., Any] | None = None,
    *,
    inputs: Mapping[str, Any] | None = None,
    failure_policy: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY,
    interruptible: bool = False,
    docs: Documentation | str | None = None,
) -> Workflow | Callable[[Callable[..., Any]], Workflow]:
    """Define a workflow: over a function, or in a ``with`` block.

    The function is called once, with promises; what its annotations say is the
    interface. In the block, ``wf.inputs`` holds the promises, and ``wf.add_output``
    tells what comes out.

    Args:
        name: The workflow's name, or the function.
        inputs: Types of the inputs by name, or pairs of a type and a default.
        failure_policy: What happens to other nodes when one fails.
        interruptible: Whether its tasks may run where they can be interrupted.
        docs: What is written about it. A text is read as a docstring, whose sections
            describe inputs and outputs.

    Returns:
        The workflow; without a name, what makes one of a function.

    Raises:
        CallError: Something is done with a promise that needs its value.
        InterfaceError: Inputs or outputs that cannot be an interface.

    Example:
        >>> from kit import kwtypes
        >>> with workflow("empty", inputs=kwtypes(n=int)) as wf:
        ...     wf.add_output("same", wf.n)
        >>> wf(n=3)
        3
    """
    settings: dict[str, Any] = {
        "failure_policy": failure_policy,
        "interruptible": interruptible,
        "docs": docs if isinstance(docs, Documentation) else None,
    }
    if name is None:
        return functools.partial(_from_function, settings=settings)
    if callable(name):
        return _from_function(name, settings=settings)
    docstring = Docstring(docs) if isinstance(docs, str) else None
    return Workflow(name, Interface(inputs, docstring=docstring), **settings)


def _from_function(
    function: Callable[..., Any], *, settings: Mapping[str, Any]
) -> Workflow:
    interface = interface_of(function)
    made = Workflow(workflow_name(function), interface, **settings)
    with made:
        returned = function(**made.inputs)
        for output, value in outputs_by_name(made.name, interface, returned).items():
            made.bind_output(output, value, interface.outputs[output])
    made.__doc__ = function.__doc__
    return made


def workflow_template(
    wf: Workflow, settings: SerializationSettings
) -> workflow_pb2.WorkflowTemplate:
    """Compile a workflow; nothing is kept between calls.

    Upstream nodes are named in the order of their ids.

    Raises:
        CallError: The engine would refuse the graph; see :meth:`Workflow.check`.
    """
    wf.check()
    template = workflow_pb2.WorkflowTemplate(
        id=_identifier(wf.name, settings, identifier_pb2.WORKFLOW),
        interface=wf.interface,
        nodes=[_node_message(node, settings) for node in wf.nodes],
        outputs=wf.output_bindings,
    )
    template.metadata.SetInParent()
    template.metadata.on_failure = wf.failure_policy.value
    template.metadata_defaults.SetInParent()
    template.metadata_defaults.interruptible = wf.interruptible
    return template


def _identifier(
    name: str,
    settings: SerializationSettings,
    resource_type: identifier_pb2.ResourceType,
) -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(
        resource_type=resource_type,
        project=settings.project,
        domain=settings.domain,
        name=name,
        version=settings.version,
    )


def _node_message(node: Node, settings: SerializationSettings) -> workflow_pb2.Node:
    reference = _identifier(node.task.name, settings, identifier_pb2.TASK)
    return workflow_pb2.Node(
        id=node.id,
        metadata=node.metadata,
        inputs=node.bindings,
        upstream_node_ids=sorted(other.id for other in node.upstream),
        output_aliases=[
            workflow_pb2.Alias(var=var, alias=alias)
            for var, alias in node.aliases.items()
        ],
        task_node=workflow_pb2.TaskNode(
            reference_id=reference, overrides=node.overrides
        ),
    )


def workflow_spec(
    wf: Workflow, settings: SerializationSettings
) -> admin_workflow_pb2.WorkflowSpec:
    """Make what is registered: the template, and what is written about it."""
    spec = admin_workflow_pb2.WorkflowSpec(template=workflow_template(wf, settings))
    if wf.docs is not None:
        spec.description.CopyFrom(wf.docs.to_flyte_idl())
    return spec


def workflow_closure(
    wf: Workflow, settings: SerializationSettings
) -> workflow_closure_pb2.WorkflowClosure:
    """Make a workflow with the templates of its tasks, each of them once.

    Raises:
        CallError: Two tasks of one name are not the same.
    """
    templates: dict[str, tasks_pb2.TaskTemplate] = {}
    for task in dict.fromkeys(node.task for node in wf.nodes):
        template = task_template(task, settings)
        if templates.setdefault(task.name, template) != template:
            msg = (
                f"Two nodes of workflow {wf.name} have tasks named {task.name!r} whose "
                "templates differ. Name them differently, or give with_overrides the "
                "same task_config at each node of the task."
            )
            raise CallError(msg)
    return workflow_closure_pb2.WorkflowClosure(
        workflow=workflow_template(wf, settings), tasks=templates.values()
    )
