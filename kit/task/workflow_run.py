"""Running a workflow's nodes here, on literals, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flyteidl.core import literals_pb2

from kit.errors import ConversionError
from kit.task.binding import Bound
from kit.task.graph import in_order
from kit.task.node import Node
from kit.task.promise import Promise
from kit.types.packed import is_packed, pack, unpack
from kit.types.structs import write_packed

__all__ = ["run_nodes"]

_Made = Mapping["Node | None", Mapping[str, literals_pb2.Literal]]
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
    made: dict[Node | None, Mapping[str, literals_pb2.Literal]] = {
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
            f"Failed to resolve attribute path {list(promise.attr_path)} in promise "
            f"{promise!r}: nothing is at {path[-1]!r}, {type(error).__name__}: {error}."
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
