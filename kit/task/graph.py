"""The graph of a workflow's nodes: what the engine would refuse, and the order."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from kit.errors import CallError, nearest
from kit.task.binding import Bound, promises_in
from kit.task.node import Node
from kit.task.promise import Promise

__all__ = ["check_graph", "in_order"]

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
