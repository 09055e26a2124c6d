"""Running a workflow's nodes here, on literals, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, KitError
from kit.task.node import Node
from kit.types.packed import is_packed, pack, unpack
from kit.types.structs import write_packed

__all__ = ["run_nodes"]


def run_nodes(
    nodes: list[Node],
    inputs: literals_pb2.LiteralMap,
    outputs: Iterable[literals_pb2.Binding],
) -> literals_pb2.LiteralMap:
    """Run nodes on the literals that their bindings lead to.

    Args:
        nodes: In any order that defines a promise before its use.
        inputs: The workflow's inputs.
        outputs: The bindings of the workflow's outputs.

    Returns:
        The workflow's outputs.

    Raises:
        CallError: The order asked for goes round in a circle.
        KitError: A node failed; a note names it.
    """
    made = {"": inputs.literals}
    for node in _in_order(nodes):
        bound = _literals(node.bindings, made)
        try:
            made[node.id] = node.entity.run_literals(None, bound).literals
        except Exception as error:
            _note(error, f"in node {node.id} ({node.entity.name})")
            raise
    return _literals(outputs, made)


def _note(error: BaseException, text: str) -> None:
    """Say where an error comes from, where Python has notes (3.11 and later)."""
    if hasattr(error, "add_note"):
        error.add_note(text)


def _in_order(nodes: list[Node]) -> list[Node]:
    """Put nodes behind those that they wait for, else as they were defined."""
    ordered: dict[Node, None] = {}
    waiting = list(nodes)
    while waiting:
        ready = next(
            (n for n in waiting if all(other in ordered for other in n.upstream)), None
        )
        if ready is None:
            from kit.errors import CallError

            names = ", ".join(node.id for node in waiting)
            msg = f"The nodes {names} wait for each other: `>>` goes round in a circle."
            raise CallError(msg)
        ordered[ready] = None
        waiting.remove(ready)
    return list(ordered)


_Made = Mapping[str, Mapping[str, literals_pb2.Literal]]


def _literals(
    bindings: Iterable[literals_pb2.Binding], made: _Made
) -> literals_pb2.LiteralMap:
    literals = literals_pb2.LiteralMap()
    for binding in bindings:
        literals.literals[binding.var].CopyFrom(_literal(binding.binding, made))
    return literals


def _literal(data: literals_pb2.BindingData, made: _Made) -> literals_pb2.Literal:
    """Return the literal that a binding leads to."""
    literal = literals_pb2.Literal()
    kind = data.WhichOneof("value")
    if kind == "promise":
        return _resolve(data.promise, made)
    if kind == "collection":
        literal.collection.SetInParent()
        for inner in data.collection.bindings:
            literal.collection.literals.append(_literal(inner, made))
    elif kind == "map":
        literal.map.SetInParent()
        for key, inner in data.map.bindings.items():
            literal.map.literals[key].CopyFrom(_literal(inner, made))
    else:
        literal.scalar.CopyFrom(data.scalar)
    return literal


def _resolve(reference: types_pb2.OutputReference, made: _Made) -> literals_pb2.Literal:
    literal = made[reference.node_id][reference.var]
    for index, attribute in enumerate(reference.attr_path):
        step = (
            attribute.int_value
            if attribute.WhichOneof("value") == "int_value"
            else attribute.string_value
        )
        try:
            literal = _step_into(literal, step)
        except (KeyError, IndexError, TypeError, KitError) as error:
            where = f"{reference.node_id or 'inputs'}.{reference.var}"
            taken = [a.int_value or a.string_value for a in reference.attr_path]
            msg = f"{where} has nothing at {step!r}: {type(error).__name__}: {error}."
            raise ConversionError(msg, path=taken[: index + 1]) from error
    return literal


def _step_into(literal: literals_pb2.Literal, step: str | int) -> literals_pb2.Literal:
    """Take an element of a list or map, or a field of what is packed."""
    kind = literal.WhichOneof("value")
    if kind == "scalar" and literal.scalar.WhichOneof("value") == "union":
        return _step_into(literal.scalar.union.value, step)
    if kind == "collection":
        found: literals_pb2.Literal = literal.collection.literals[_position(step)]
        return found
    if kind == "map":
        if step not in literal.map.literals:
            raise KeyError(step)
        return literal.map.literals[str(step)]
    if not is_packed(literal):
        msg = "it is neither a list, a map nor a struct"
        raise TypeError(msg)
    inner: Any = unpack(literal)[step]
    resolved = literals_pb2.Literal()
    write_packed(resolved, pack(inner))
    return resolved


def _position(step: str | int) -> int:
    if isinstance(step, str):
        msg = f"a list has positions, not {step!r}"
        raise TypeError(msg)
    return step
