"""What is shown of a workflow: its interface, and its nodes in their order."""

from __future__ import annotations

from flyteidl.core.literals_pb2 import Binding, BindingData

from kit.display.leaves import leaves
from kit.display.literal_summary import summarize_python_interface
from kit.display.summary import Section, Summary, Table
from kit.task.workflow import Workflow

__all__ = ["summarize_workflow"]


def summarize_workflow(workflow: Workflow) -> Summary:
    """Summarize a workflow as far as it is defined."""
    interface = summarize_python_interface(workflow.python_interface)
    nodes = tuple(
        (node.id, node.task.name, _bound(node.bindings)) for node in workflow.nodes
    )
    outputs = tuple(
        (binding.var, _source(binding.binding)) for binding in workflow.output_bindings
    )
    named = ("node", "task", "inputs")
    sections = (
        *interface.sections[:2],
        Section("Nodes", (Table(named, nodes),) if nodes else ()),
        Section(
            "Bound outputs", (Table(("output", "from"), outputs),) if outputs else ()
        ),
    )
    return Summary("workflow", workflow.name, sections)


def _bound(bindings: list[Binding]) -> str:
    return ", ".join(f"{bound.var} = {_source(bound.binding)}" for bound in bindings)


def _source(data: BindingData) -> str:
    """Tell what a variable is bound to: an output of a node, an input, or a value."""
    kind = data.WhichOneof("value")
    if kind == "promise":
        return f"{data.promise.node_id or 'inputs'}.{data.promise.var}"
    if kind == "collection":
        return f"[{', '.join(map(_source, data.collection.bindings))}]"
    if kind == "map":
        pairs = sorted(data.map.bindings.items())
        return f"{{{', '.join(f'{key}: {_source(inner)}' for key, inner in pairs)}}}"
    return ", ".join(leaf.value for leaf in leaves(data))
