"""Calling a task: its arguments by name, as literals, and the outputs back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flyteidl.core import literals_pb2

from kit.definition.interface import Interface
from kit.definition.typed_interface import is_optional
from kit.errors import CallError, ConversionError, OutputError, nearest
from kit.types import TypeEngine, describe

__all__ = ["complete_inputs", "input_literals", "name_arguments", "native_outputs"]


def name_arguments(
    task: str, interface: Interface, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Give positional arguments the names of the inputs, in their order.

    Args:
        task: The task's name, for errors.
        interface: The inputs.
        args: Arguments by position.
        kwargs: Arguments by name.

    Raises:
        CallError: A name is no input, one is given twice, or there are too many.
    """
    names = interface.inputs_with_defaults
    for name in kwargs:
        if name not in names:
            msg = f"Received unexpected keyword argument '{name}' in function '{task}'."
            raise CallError(msg + nearest(name, names) + _expected(interface))
    if len(args) > len(names):
        msg = (
            f"Received more arguments than expected in function '{task}'. Expected "
            f"{len(names)} but got {len(args)}."
        )
        raise CallError(msg + _expected(interface))
    values = dict(kwargs)
    for name, value in zip(names, args, strict=False):
        if name in kwargs:
            msg = (
                f"Got multiple values for argument '{name}' in function '{task}': by "
                f"position and by name. Leave one out."
            )
            raise CallError(msg)
        values[name] = value
    return values


def _expected(interface: Interface) -> str:
    return f" Its inputs are {interface}."


def complete_inputs(
    task: str, interface: Interface, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every input: the one given, or its default, or ``None`` if it may be.

    Raises:
        CallError: An input was not given and has no default.
    """
    complete = dict(values)
    for name, (python_type, default) in interface.inputs_with_defaults.items():
        if name in complete:
            continue
        if default is None and not is_optional(python_type):
            msg = (
                f"Input {name} of type {python_type} was not specified for function "
                f"{task}: pass {name}=…, or give it a default in the interface."
            )
            raise CallError(msg)
        complete[name] = default
    return complete


def input_literals(
    task: str, interface: Interface, values: Mapping[str, Any], engine: TypeEngine
) -> literals_pb2.LiteralMap:
    """Convert inputs with their declared types.

    Raises:
        ConversionError: A value does not fit; the path says where in it.
        CallError: A name is no input.
    """
    types = interface.inputs
    literals = literals_pb2.LiteralMap()
    for name, value in values.items():
        if name not in types:
            name_arguments(task, interface, (), {name: value})
        try:
            engine.encoder(types[name])(value, literals.literals[name])
        except ConversionError as error:
            msg = (
                f"Failed to convert inputs of task '{task}':\n"
                f"  Failed argument '{name}': {error.message}"
            )
            raise ConversionError(msg, path=["inputs", name, *error.path]) from error
    return literals


def native_outputs(
    interface: Interface, literals: literals_pb2.LiteralMap, engine: TypeEngine
) -> Any:
    """Convert outputs with their declared types.

    Returns:
        ``None`` for no outputs, the value of a single one, and else the interface's
        named tuple; also for a single one whose tuple the author named.

    Raises:
        OutputError: An output is missing, or its literal is of another type.
    """
    types = interface.outputs
    found = literals.literals
    if len(types) != len(found):
        msg = (
            f"Length difference {len(types)} {len(found)}: the interface declares "
            f"{', '.join(types) or 'no outputs'}, and the run made "
            f"{', '.join(sorted(found)) or 'none'}."
        )
        raise OutputError(msg)
    values = {
        name: _native(index, name, found, python_type, engine)
        for index, (name, python_type) in enumerate(types.items())
    }
    if len(values) > 1 or (values and interface.output_tuple_name):
        return interface.output_tuple(**values)
    return next(iter(values.values()), None)


def _native(
    index: int,
    name: str,
    literals: Mapping[str, literals_pb2.Literal],
    python_type: Any,
    engine: TypeEngine,
) -> Any:
    if name not in literals:
        msg = f"The run made no output {name!r}: it made {', '.join(sorted(literals))}."
        raise OutputError(msg + nearest(name, literals), path=["outputs"])
    try:
        return engine.decoder(python_type)(literals[name])
    except ConversionError as error:
        position = index if name == f"o{index}" else name
        msg = (
            f"Failed to convert output in position {position} of value "
            f"{describe(literals[name])}, expected type {python_type}. {error.message}"
        )
        raise OutputError(msg, path=["outputs", name, *error.path]) from error
