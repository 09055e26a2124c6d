"""What flyteadmin answers to the registration of a workflow and of its launch plans.

Of a workflow's compilation the names are looked at: tasks that are not registered,
inputs that are not bound, and promises of outputs that their node does not have. Types
of bindings are not: kit refuses those that do not fit where a workflow is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import Parameter, TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

from kit.forecast.kubernetes import (
    label_value_faults,
    qualified_name_faults,
    variable_names,
)
from kit.forecast.literal_types import (
    UntypedUnionError,
    inferred_type,
    is_castable,
    message_text,
    type_text,
)
from kit.forecast.registration import Fault, collected

_INVALID = "INVALID_ARGUMENT"
_START, _END = "start-node", "end-node"
Interfaces = Mapping[tuple[str, str, str, str], TypedInterface]
"""Interfaces of what is registered, by project, domain, name and version."""


@dataclass(frozen=True)
class Answer:
    """What flyteadmin answers to a registration.

    Attributes:
        code: The code of gRPC: ``OK`` or ``INVALID_ARGUMENT``.
        words: What it says; empty if it accepts.
    """

    code: str = "OK"
    words: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the thing is registered."""
        return self.code == "OK"


def key_of(entity: Identifier) -> tuple[str, str, str, str]:
    """Return what tells registered entities of one kind apart."""
    return entity.project, entity.domain, entity.name, entity.version


def forecast_workflow(request: WorkflowCreateRequest, tasks: Interfaces) -> Answer:
    """Foretell the answer to a request to CreateWorkflow.

    Args:
        request: The request, of a workflow whose nodes are tasks.
        tasks: The interfaces of the tasks that are registered by then.
    """
    refused = _identifier(request.id, ResourceType.WORKFLOW, "workflow")
    if refused is not None:
        return refused
    template = WorkflowTemplate()
    template.CopyFrom(request.spec.template)
    template.id.CopyFrom(request.id)
    start = f"failed to compile workflow for [{message_text(request.id)}] with err: "
    for node in template.nodes:
        task = node.task_node.reference_id
        if key_of(task) not in tasks:
            named = Identifier()
            named.CopyFrom(task)
            named.resource_type = ResourceType.UNSPECIFIED
            words = f"missing entity of type TASK with identifier {message_text(named)}"
            return Answer(_INVALID, start + words)
    faults = set(_Compilation(template, tasks).faults())
    if not faults:
        return Answer()
    ordered = sorted(faults, key=lambda fault: (fault.code, fault.words))
    return Answer(_INVALID, start + collected(ordered))


def forecast_launch_plan(
    request: LaunchPlanCreateRequest, workflows: Interfaces
) -> Answer:
    """Foretell the answer to a request to CreateLaunchPlan.

    Args:
        request: The request.
        workflows: The interfaces of the workflows that are registered by then.
    """
    if not request.HasField("spec"):
        return Answer(_INVALID, "missing id")
    refused = _identifier(request.id, ResourceType.LAUNCH_PLAN, "launch_plan")
    if refused is not None:
        return refused
    spec = request.spec
    for found in (_labels(spec.labels.values), _defaults(spec.default_inputs)):
        words = next(found, None)
        if words is not None:
            return Answer(_INVALID, words)
    interface = workflows.get(key_of(spec.workflow_id))
    if interface is None:
        named = Identifier()
        named.CopyFrom(spec.workflow_id)
        named.resource_type = ResourceType.UNSPECIFIED
        what = f"missing entity of type WORKFLOW with identifier {message_text(named)}"
        return Answer("NOT_FOUND", what)
    words = next(_planned(request, interface.inputs), None)
    return Answer() if words is None else Answer(_INVALID, words)


def _identifier(given: Identifier, wanted: int, name: str) -> Answer | None:
    if given.resource_type != wanted:
        kind = ResourceType.Name(given.resource_type).lower()
        words = (
            f"unexpected resource type {kind} for identifier [{message_text(given)}], "
            f"expected {name} instead"
        )
        return Answer(_INVALID, words)
    for part in ("project", "domain", "name", "version"):
        if not getattr(given, part):
            return Answer(_INVALID, f"missing {part}")
    return None


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for key, value in labels.items():
        for kind, text, faults in (
            ("key", key, qualified_name_faults(key)),
            ("value", value, label_value_faults(value)),
        ):
            if faults:
                yield f"invalid label {kind} [{text}]: [{' '.join(faults)}]"


def _defaults(parameters: object) -> Iterator[str]:
    found: Mapping[str, Parameter] = parameters.parameters  # type: ignore[attr-defined] # a ParameterMap
    for name, parameter in found.items():
        declared = parameter.var.type
        if not name:
            yield "missing key in default_inputs"
        elif declared.WhichOneof("type") is None:
            yield (
                f"The Variable component of the Parameter {name} in default_inputs "
                "either is missing, or has a missing Type"
            )
        elif parameter.WhichOneof("behavior") != "default":
            if not parameter.required:
                yield (
                    f"Invalid variable {name} in default_inputs - variable has neither "
                    "default, nor is required. One must be specified"
                )
        else:
            yield from _misfit(name, parameter)


def _misfit(name: str, parameter: Parameter) -> Iterator[str]:
    """Compare a default with the type next to it; the server names them crosswise."""
    inferred, declared = inferred_type(parameter.default), parameter.var.type
    try:
        fits = inferred is not None and is_castable(inferred, declared)
    except UntypedUnionError:
        fits = False
    if not fits:
        what = "" if inferred is None else type_text(inferred)
        yield (
            f"Type mismatch for Parameter {name} in default_inputs has type "
            f"{type_text(declared)}, expected {what}"
        )


def _planned(request: LaunchPlanCreateRequest, inputs: VariableMap) -> Iterator[str]:
    """Compare what a plan gives with what its workflow takes."""
    variables = inputs.variables
    for kind, names in (
        ("default", request.spec.default_inputs.parameters),
        ("fixed", request.spec.fixed_inputs.literals),
    ):
        if names and not variables:
            count = len(names)
            yield f"invalid launch plan {kind} inputs, expected none but found {count}"
        yield from (
            f"unexpected {kind}_input {name}" for name in names if name not in variables
        )
    for name, parameter in request.spec.default_inputs.parameters.items():
        given, wanted = parameter.var.type, variables[name].type
        if not is_castable(given, wanted):
            yield (
                f"invalid default_input wrong type {name}, expected {type_text(given)},"
                f" got {type_text(wanted)} instead"
            )


class _Compilation:
    """The names of a workflow, as the compiler follows them."""

    def __init__(self, template: WorkflowTemplate, tasks: Interfaces) -> None:
        self._template = template
        self._tasks = tasks
        self._nodes = {node.id: node for node in template.nodes}

    def faults(self) -> Iterator[Fault]:
        """Yield what the compiler finds."""
        interface = self._template.interface
        for node in self._template.nodes:
            wanted = self._interface(node).inputs.variables
            yield from self._bound(node.id, wanted, node.inputs)
        outputs = interface.outputs.variables
        yield from self._bound(_END, outputs, self._template.outputs)

    def _interface(self, node: Node) -> TypedInterface:
        return self._tasks[key_of(node.task_node.reference_id)]

    def _known(self, node: str) -> Collection[str] | None:
        """Return the outputs of a node; ``None`` if there is no such node."""
        if node in ("", _START):
            return self._template.interface.inputs.variables
        found = self._nodes.get(node)
        return None if found is None else self._interface(found).outputs.variables

    def _bound(
        self, node: str, wanted: Collection[str], bindings: Collection[Binding]
    ) -> Iterator[Fault]:
        given = {binding.var: binding.binding for binding in bindings}
        for name in wanted:
            faults = list(self._data(node, given[name])) if name in given else []
            yield from faults
            if faults or name not in given:
                text = f"Parameter not bound [{name}]."
                yield Fault("ParameterNotBound", node, text, name)

    def _data(self, node: str, data: BindingData) -> Iterator[Fault]:
        kind = data.WhichOneof("value")
        if kind == "collection":
            for item in data.collection.bindings:
                yield from self._data(node, item)
        elif kind == "map":
            for item in data.map.bindings.values():
                yield from self._data(node, item)
        elif kind == "promise":
            yield from self._promise(node, data.promise.node_id, data.promise.var)

    def _promise(self, node: str, source: str, name: str) -> Iterator[Fault]:
        known, place = self._known(source), source or _START
        parts = variable_names(name)
        if known is None:
            text = f"Referenced node [{source}] not found."
            yield Fault("NodeReferenceNotFound", node, text, name)
        elif len(parts) != 1:
            text = f"Failed to parse element [{name}]."
            yield Fault("SyntaxError", node, text, name)
        elif parts[0] not in known:
            text = f"Variable [{parts[0]}] not found on node [{place}]."
            yield Fault("VariableNameNotFound", place, text, name)
