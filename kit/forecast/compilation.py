"""What Flyte's compiler says of the workflow around a task launched by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.forecast.go_text import message_text
from kit.forecast.names import node_id, variable_names, workflow_of

_START = "start-node"
_END = "end-node"


class Fault(NamedTuple):
    """One error of the compiler.

    Attributes:
        code: Such as ``SyntaxError``.
        node: The node that it is at.
        text: The description.
        variable: The input or output that is to blame; empty if none is.
    """

    code: str
    node: str
    text: str
    variable: str = ""

    @property
    def words(self) -> str:
        """The error as it stands in a list of them."""
        return f"Code: {self.code}, Node Id: {self.node}, Description: {self.text}"


def compilation_faults(template: TaskTemplate) -> tuple[Fault, ...]:
    """Return the errors of a launch's compilation, in the compiler's order."""
    interface = template.interface
    inputs, outputs = interface.inputs.variables, interface.outputs.variables
    found = {*_incomplete(inputs), *_incomplete(outputs)}
    if not found:
        node = node_id(template.id.name)
        if not node:
            found.add(Fault("ValueRequired", "<node>", "Value required [Id]."))
        found.update(_unbound(inputs, node, _START, inputs))
        source, known = (node, outputs) if node else (_START, inputs)
        found.update(_unbound(outputs, _END, source, known))
    return tuple(sorted(found, key=lambda fault: (fault.code, fault.words)))


def compilation_words(template: TaskTemplate, faults: Iterable[Fault]) -> str:
    """Return what flyteadmin says when the compiler found something."""
    workflow = message_text(workflow_of(template.id))
    return f"failed to compile workflow for [{workflow}] with err: {collected(faults)}"


def collected(faults: Iterable[Fault]) -> str:
    """Return the compiler's list of its errors, each once."""
    words = list(dict.fromkeys(fault.words for fault in faults))
    lines = (f"\tError {number}: {line}\n" for number, line in enumerate(words))
    return f"Collected Errors: {len(words)}\n{''.join(lines)}"


def _incomplete(variables: Mapping[str, Variable]) -> Iterator[Fault]:
    for name, variable in variables.items():
        if not name:
            yield Fault("ValueRequired", _START, "Value required [paramName].", name)
        if not variable.HasField("type"):
            yield Fault("ValueRequired", _START, "Value required [param.Type].", name)


def _unbound(
    names: Iterable[str], node: str, source: str, known: Collection[str]
) -> Iterator[Fault]:
    """Yield the variables of a node whose names find none of their source."""
    for name in names:
        parts = variable_names(name)
        if len(parts) != 1:
            text = f"Failed to parse element [{name}]."
            yield Fault("SyntaxError", node, text, name)
        elif parts[0] not in known:
            text = f"Variable [{parts[0]}] not found on node [{source}]."
            yield Fault("VariableNameNotFound", source, text, name)
            yield Fault(
                "ParameterNotBound", node, f"Parameter not bound [{name}].", name
            )
