"""Workflows of tasks: defined by calling tasks, and run here.

This kit is about tasks: a workflow is a list of their nodes.  Branches, subworkflows
and dynamic tasks are left to flytekit.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any, overload

from flyteidl.core import interface_pb2, literals_pb2

from kit.definition.docstring import Docstring
from kit.definition.interface import Interface
from kit.definition.typed_interface import typed_interface
from kit.errors import CallError, ConversionError, InterfaceError, nearest
from kit.task.binding import bind
from kit.task.call import (
    complete_inputs,
    input_literals,
    name_arguments,
    native_outputs,
)
from kit.task.node import Node
from kit.task.promise import Promise
from kit.task.workflow_run import run_nodes
from kit.types import TypeEngine, default_engine

__all__ = [
    "Workflow",
    "current_compilation",
    "workflow",
]

_current: ContextVar[Workflow | None] = ContextVar("kit_workflow", default=None)


def current_compilation() -> Workflow | None:
    """Return the workflow that is being defined in this thread or task, if one is."""
    return _current.get()


class Workflow:
    """Nodes, and what goes into and comes out of them.

    Make one with :func:`workflow`.

    Args:
        name: Unique name of the workflow.
        interface: Its inputs and outputs.
        engine: Who converts.
    """

    def __init__(
        self, name: str, interface: Interface, engine: TypeEngine = default_engine
    ) -> None:
        if not name or not isinstance(name, str):
            msg = f"A workflow needs a name, not {name!r}."
            raise InterfaceError(msg)
        self.name = name
        self.nodes: list[Node] = []
        self.output_bindings: list[literals_pb2.Binding] = []
        self._interface = interface
        self._engine = engine
        self._token: Token[Workflow | None] | None = None

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}, {len(self.nodes)} nodes)"

    @property
    def python_interface(self) -> Interface:
        """The inputs and outputs as Python types."""
        return self._interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """The inputs and outputs as Flyte's message."""
        return typed_interface(self._interface, self._engine)

    @property
    def inputs(self) -> dict[str, Promise]:
        """The workflow's inputs, to be passed to tasks."""
        variables = self.interface.inputs.variables
        return {
            name: Promise(name, None, variables[name].type)
            for name in self._interface.inputs
        }

    def __enter__(self) -> Workflow:  # noqa: PYI034 - typing.Self is newer than 3.10
        if _current.get() is not None:
            msg = (
                f"Workflow {self.name!r} is defined inside {_current.get()!r}: a "
                "workflow in a workflow is not supported."
            )
            raise CallError(msg)
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _current.reset(self._token)
            self._token = None

    def add_output(self, name: str, value: Any, python_type: Any = None) -> None:
        """Let a promise, or a value, come out of the workflow.

        Args:
            name: The output's name.
            value: A promise, or a list or dictionary of promises and values.
            python_type: Its type; by default that of the promise's own output.

        Raises:
            InterfaceError: The name is taken, or the type cannot be told.
        """
        if python_type is None:
            python_type = _type_of(value)
        self._interface = self._interface.with_outputs({name: python_type})
        self._bind_output(name, value)

    def _bind_output(self, name: str, value: Any) -> None:
        python_type = self._interface.outputs[name]
        literal_type = self._engine.literal_type(python_type)
        try:
            data = bind(value, python_type, literal_type, self._engine)
        except ConversionError as error:
            msg = f"Failed to bind output {name} for function {self.name}: "
            path = ["outputs", name, *error.path]
            raise ConversionError(msg + error.message, path=path) from error
        self.output_bindings.append(literals_pb2.Binding(var=name, binding=data))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow here, its nodes one after the other.

        Returns:
            The outputs as Python values: none, one, or a named tuple.

        Raises:
            CallError: An input is missing, unknown or doubled, or a workflow is being
                defined.
        """
        if _current.get() is not None:
            msg = (
                f"Workflow {self.name!r} cannot be called inside {_current.get()!r}: a "
                "workflow in a workflow is not supported. Call its tasks."
            )
            raise CallError(msg)
        values = name_arguments(self.name, self._interface, args, kwargs)
        complete = complete_inputs(self.name, self._interface, values)
        inputs = input_literals(self.name, self._interface, complete, self._engine)
        outputs = run_nodes(self.nodes, inputs, self.output_bindings)
        return native_outputs(self._interface, outputs, self._engine)


@overload
def workflow(
    name: Callable[..., Any], *, inputs: None = None, docs: None = None
) -> Workflow: ...
@overload
def workflow(
    name: str, *, inputs: Mapping[str, Any] | None = None, docs: str | None = None
) -> Workflow: ...
def workflow(
    name: str | Callable[..., Any],
    *,
    inputs: Mapping[str, Any] | None = None,
    docs: str | None = None,
) -> Workflow:
    """Define a workflow: over a function, or in a ``with`` block.

    The function is called once, with promises; what its annotations say is the
    interface. In the block, ``wf.inputs`` holds the promises, and ``wf.add_output``
    tells what comes out.

    Args:
        name: The workflow's name, or the function.
        inputs: Types of the inputs by name, or pairs of a type and a default.
        docs: The docstring, whose sections describe inputs and outputs.

    Example:
        >>> from kit import kwtypes
        >>> with workflow("empty", inputs=kwtypes(n=int)) as wf:
        ...     wf.add_output("same", wf.inputs["n"], int)
        >>> wf(n=3)
        3
    """
    if callable(name):
        return _from_function(name)
    docstring = Docstring(docs) if docs is not None else None
    return Workflow(name, Interface(dict(inputs or {}), {}, docstring=docstring))


def _from_function(function: Callable[..., Any]) -> Workflow:
    interface = _interface_of(function)
    made = Workflow(f"{function.__module__}.{function.__name__}", interface)
    with made:
        returned = function(**made.inputs)
    names = list(interface.outputs)
    if not names:
        return made
    values = (returned,) if len(names) == 1 else returned
    if len(names) == 1 and interface.output_tuple_name and isinstance(returned, tuple):
        values = returned
    if not isinstance(values, tuple) or len(values) != len(names):
        msg = (
            f"Workflow {made.name} declares {len(names)} outputs ({', '.join(names)}) "
            f"but returned {returned!r}."
        )
        raise CallError(msg)
    for output, value in zip(names, values, strict=True):
        made._bind_output(output, value)  # noqa: SLF001 - of the class above
    return made


def _interface_of(function: Callable[..., Any]) -> Interface:
    hints = typing.get_type_hints(function, include_extras=True)
    inputs = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in hints:
            msg = (
                f"Input {name!r} of workflow {function.__name__} has no type: write "
                f"{name}: int, say."
            )
            raise InterfaceError(msg)
        default = parameter.default
        given = None if default is inspect.Parameter.empty else default
        inputs[name] = (hints[name], given)
    outputs, tuple_name = _outputs_of(hints.get("return"))
    docstring = Docstring(function.__doc__) if function.__doc__ else None
    return Interface(inputs, outputs, tuple_name, docstring)


def _outputs_of(returned: Any) -> tuple[dict[str, Any], str | None]:
    if returned in (None, type(None)):
        return {}, None
    if isinstance(returned, type) and hasattr(returned, "_fields"):
        return dict(typing.get_type_hints(returned, include_extras=True)), (
            returned.__name__
        )
    if typing.get_origin(returned) is tuple:
        types = typing.get_args(returned)
        return {f"o{index}": kind for index, kind in enumerate(types)}, None
    return {"o0": returned}, None


def _type_of(value: Any) -> Any:
    """Return the declared type of what a promise stands for."""
    if not isinstance(value, Promise) or value.node is None or value.attr_path:
        msg = f"The type of {value!r} cannot be told: pass it as the third argument."
        raise InterfaceError(msg)
    outputs = value.node.entity.python_interface.outputs
    if value.var not in outputs:
        msg = (
            f"{value.node!r} has no output {value.var!r}.{nearest(value.var, outputs)}"
        )
        raise InterfaceError(msg)
    return outputs[value.var]
