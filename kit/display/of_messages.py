"""What is shown of interfaces, literals, workflows and other messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.literals_pb2 import Binding, BindingData, Literal, LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message

from kit.definition.interface import Interface
from kit.display.leaves import leaves
from kit.display.of_template import summarize_template
from kit.display.sections.interface import inputs, outputs, received_types
from kit.display.sections.subject import Subject
from kit.display.summary import Code, Fact, Facts, Section, Summary, Table, summarizes
from kit.task.workflow import Workflow

_MOST_ROWS = 200
_LONGEST = 16_384
_SHOWN_LEAVES = 20


@summarizes(TaskSpec)
def summarize_spec(spec: TaskSpec) -> Summary:
    """Summarize what is registered: the template and its documentation."""
    summary = summarize_template(spec.template)
    description = spec.description
    text = description.long_description.value or description.short_description
    documentation = (Code(text, "text"),) if text else ()
    link = description.source_code.link
    source = (Facts((Fact("source code", link),)),) if link else ()
    section = Section("Documentation", (*documentation, *source))
    return replace(summary, sections=(*summary.sections, section))


@summarizes(TypedInterface)
def summarize_interface(interface: TypedInterface) -> Summary:
    """Summarize an interface as templates carry it."""
    subject = Subject(template=TaskTemplate(interface=interface))
    sections = (inputs(subject), outputs(subject), received_types(subject))
    return Summary("interface", "", sections)


@summarizes(Interface)
def summarize_python_interface(interface: Interface) -> Summary:
    """Summarize an interface as its author wrote it."""
    from kit.definition.interface import typed_interface

    subject = Subject(
        template=TaskTemplate(interface=typed_interface(interface)),
        task=_Declared(interface),
        defaults=interface.default_inputs_as_kwargs,
        order=(*interface.inputs, *interface.outputs),
    )
    sections = (inputs(subject), outputs(subject), received_types(subject))
    return Summary("interface", "", sections)


class _Declared:
    """What the sections of an interface ask a task for."""

    def __init__(self, interface: Interface) -> None:
        self.python_interface = interface


@summarizes(Literal)
def summarize_literal(literal: Literal) -> Summary:
    """Summarize a literal: its kind and its fields."""
    return Summary("literal", _kind(literal), _fields(literal))


@summarizes(LiteralMap)
def summarize_literal_map(literals: LiteralMap) -> Summary:
    """Summarize literals by their names."""
    rows = tuple(
        (name, _kind(literals.literals[name]), _value(literals.literals[name]))
        for name in sorted(literals.literals)[:_MOST_ROWS]
    )
    count = len(literals.literals)
    caption = f"the first {len(rows)} of {count:,}" if count > len(rows) else ""
    table = Table(("name", "kind", "value"), rows, caption, ("text", "text", "code"))
    items = (table,) if rows else (Code("no literals", "text"),)
    return Summary("literals", f"{count:,}", (Section("Literals", items),))


@summarizes(Message)
def summarize_message(message: Message) -> Summary:
    """Summarize any other message, field by field."""
    return Summary("message", message.DESCRIPTOR.full_name, _fields(message))


def _fields(message: Message) -> tuple[Section, ...]:
    found = list(leaves(message))
    rows = tuple((leaf.path or "(itself)", leaf.value) for leaf in found[:_MOST_ROWS])
    caption = f"the first {len(rows)} of {len(found):,} fields"
    table = Table(
        ("field", "value"),
        rows,
        caption if len(found) > len(rows) else "",
        ("code", "text"),
    )
    text = Code(str(message)[:_LONGEST], "pbtxt", "protobuf text", folded=True)
    return (Section("Fields", (table,)), Section("Text", (text,), detail=True))


def _kind(literal: Literal) -> str:
    """Name what a literal holds, down to the primitive."""
    names: list[str] = []
    message: Any = literal
    while isinstance(message, Message) and "value" in message.DESCRIPTOR.oneofs_by_name:
        name = message.WhichOneof("value")
        if name is None:
            break
        names.append(name)
        message = getattr(message, name)
    return names[-1] if names else "unset"


def _value(literal: Literal) -> str:
    found = list(zip(range(_SHOWN_LEAVES + 1), leaves(literal), strict=False))
    texts = [leaf.value for _, leaf in found[:_SHOWN_LEAVES]]
    return ", ".join(texts) + (", …" if len(found) > _SHOWN_LEAVES else "")


@summarizes(Workflow)
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
