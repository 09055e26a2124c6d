"""The interface: what callers pass and get, and what the executor receives of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core.interface_pb2 import Variable, VariableMap

from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Item,
    Section,
    Style,
    Table,
)
from kit.display.text import value_text
from kit.display.types import (
    python_type_name,
    received_type,
    type_name,
    wire_type_name,
)
from kit.shim.argument_types import ArgumentTypes, argument_types


def inputs(subject: Subject) -> Section:
    """List the inputs: declared type, default, description."""
    items = [
        *failure_items(subject, "interface"),
        *_variables(subject, "inputs", subject.defaults),
    ]
    return Section("Inputs", tuple(items))


def outputs(subject: Subject) -> Section:
    """List the outputs: declared type, description."""
    return Section("Outputs", tuple(_variables(subject, "outputs", {})))


def received_types(subject: Subject) -> Section:
    """List the Flyte type of every variable, and what the executor receives it as."""
    rows = []
    annotations = _annotations(subject)
    for side, arrow in (("inputs", ""), ("outputs", "→\N{NO-BREAK SPACE}")):
        declared = _declared(subject, side)
        for name, variable in _ordered(subject, side).items():
            wire = wire_type_name(variable.type)
            if side == "outputs":
                rows.append((f"{arrow}{name}", wire, "", ""))
                continue
            annotation = annotations.input_hint(name)
            met = received_type(variable.type, declared.get(name), annotation)
            rows.append((name, wire, met.name, met.loss))
    if not rows:
        return Section("What the executor receives", ())
    columns = ("variable", "Flyte type", "received as", "what is lost")
    styles: tuple[Style, ...] = ("text", "code", "code", "text")
    shown = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    table = Table(
        tuple(columns[index] for index in shown),
        tuple(tuple(row[index] for index in shown) for row in rows),
        styles=tuple(styles[index] for index in shown),
    )
    return Section("What the executor receives", (table,))


def signature(subject: Subject) -> Section:
    """List inputs and outputs in one table: types on both sides, defaults, texts."""
    annotations = _annotations(subject)
    rows = []
    for side, arrow in (("inputs", ""), ("outputs", "→\N{NO-BREAK SPACE}")):
        declared = _declared(subject, side)
        for name, variable in _ordered(subject, side).items():
            received = ""
            lost = ""
            if side == "inputs":
                hint = annotations.input_hint(name)
                met = received_type(variable.type, declared.get(name), hint)
                received, lost = met.name, met.loss
            default = ""
            if side == "inputs" and name in subject.defaults:
                default = value_text(subject.defaults[name])
            about = _description(name, variable)
            rows.append(
                (
                    f"{arrow}{name}",
                    _declared_name(declared.get(name), variable),
                    wire_type_name(variable.type),
                    received,
                    default,
                    "; ".join(filter(None, (about, lost))),
                )
            )
    items: list[Item] = list(failure_items(subject, "interface"))
    if rows:
        titles = ("variable", "type", "Flyte type", "received as", "default", "about")
        styles: tuple[Style, ...] = ("text", "code", "code", "code", "code", "text")
        shown = [at for at in range(len(titles)) if any(row[at] for row in rows)]
        items.append(
            Table(
                tuple(titles[at] for at in shown),
                tuple(tuple(row[at] for at in shown) for row in rows),
                styles=tuple(styles[at] for at in shown),
            )
        )
    return Section("Interface", tuple(items))


def _annotations(subject: Subject) -> ArgumentTypes:
    """Return what the executor says that it takes; flytekit's runtime reads none."""
    executor = getattr(subject.task, "executor_type", None)
    if executor is None or subject.template.metadata.runtime.flavor != "kit":
        return ArgumentTypes()
    return argument_types(executor.execute_from_model)


def _variables(
    subject: Subject, side: str, defaults: Mapping[str, Any]
) -> Iterator[Item]:
    variables = _ordered(subject, side)
    if not variables:
        return
    declared = _declared(subject, side)
    columns = {
        "name": list(variables),
        "type": [
            _declared_name(declared.get(name), variable)
            for name, variable in variables.items()
        ],
        "default": [
            value_text(defaults[name]) if name in defaults else "" for name in variables
        ],
        "description": [_description(*pair) for pair in variables.items()],
    }
    shown = {
        title: cells
        for title, cells in columns.items()
        if title in ("name", "type") or any(cells)
    }
    sources = tuple(subject.source(f"interface.{side}.{name}") for name in variables)
    known = sources if any(sources) else ()
    styles: dict[str, Style] = {"type": "code", "default": "code"}
    yield Table(
        tuple(shown),
        tuple(zip(*shown.values(), strict=True)),
        styles=tuple(styles.get(title, "text") for title in shown),
        sources=known,
    )


def _declared_name(declared: Any, variable: Variable) -> str:
    if declared is None or variable.type.HasField("blob"):
        return type_name(variable.type)  # it knows the format of a file, too
    return python_type_name(declared)


def _description(name: str, variable: Variable) -> str:
    """Return a description; where none was written, the wire has the name itself."""
    return "" if variable.description == name else variable.description


def _ordered(subject: Subject, side: str) -> dict[str, Variable]:
    """Return the variables in the order of the definition, or else by name."""
    message: VariableMap = getattr(subject.template.interface, side)
    variables = message.variables
    names = dict.fromkeys([*subject.order, *sorted(variables)])
    return {name: variables[name] for name in names if name in variables}


def _declared(subject: Subject, side: str) -> Mapping[str, Any]:
    """Return the Python types of a task; of a template there are none."""
    if subject.task is None:
        return {}
    types: Mapping[str, Any] = getattr(subject.task.python_interface, side)
    return types
