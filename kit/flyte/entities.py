"""What is registered: tasks, workflows with their tasks, and default launch plans.

Each is a request that flyteadmin takes. Its version may follow from its content, so
that the same definition has the same version wherever it is registered from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.interface import is_optional
from kit.definition.settings import SerializationSettings
from kit.errors import CallError
from kit.remote.client import Remote
from kit.remote.executions import content_version
from kit.targets import parse_target, read_definition, read_targets
from kit.task.call import input_literals
from kit.task.flytekit_task import adapted
from kit.task.task import PythonCustomizedContainerTask
from kit.task.workflow import Workflow, workflow_spec
from kit.template.serialize import task_spec
from kit.template.view import TaskTemplateView
from kit.types import default_engine

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from google.protobuf.message import Message

Kind = Literal["task", "workflow", "launch plan"]
AUTO = "auto"
"""The version that follows from the content."""

_RESOURCES = {
    "task": ResourceType.TASK,
    "workflow": ResourceType.WORKFLOW,
    "launch plan": ResourceType.LAUNCH_PLAN,
}
_METHODS = {"task": "Task", "workflow": "Workflow", "launch plan": "LaunchPlan"}


@dataclass(frozen=True)
class Entity:
    """One thing to register.

    Attributes:
        kind: What it is.
        id: Its identifier.
        request: The request that creates it.
        spec: What is compared with what is registered: the template of a task or of a
            workflow, the spec of a launch plan; with its identifier.
    """

    kind: Kind
    id: Identifier
    request: Message
    spec: Message

    @property
    def create(self) -> str:
        """The method that registers it."""
        return f"Create{_METHODS[self.kind]}"

    @property
    def get(self) -> str:
        """The method that returns it, if it is registered."""
        return f"Get{_METHODS[self.kind]}"

    def registered(self, answer: Any) -> Message:
        """Return what an answer of :attr:`get` has in place of :attr:`spec`."""
        found: Message
        if self.kind == "task":
            found = answer.closure.compiled_task.template
        elif self.kind == "workflow":
            found = answer.closure.compiled_workflow.primary.template
        else:
            found = answer.spec
        return found


Things = Any
"""A task, workflow, template or TaskSpec; a text that names one; or several."""


def entities_of(
    things: Things,
    version: str,
    remote: Remote,
    settings: SerializationSettings | None = None,
) -> list[Entity]:
    """Return what is registered of things, in an order that registers.

    Raises:
        CallError: One is none of these, two of one name differ, or there is no version.
        TargetError: A text names nothing.
        DefinitionError: A template cannot be made.
    """
    check_version(version)
    base = settings or SerializationSettings()
    found: dict[tuple[str, str, str], Entity] = {}
    for thing in _each(things):
        chosen = _auto(thing, base) if version == AUTO else version
        own = base.replace(project=remote.project, domain=remote.domain, version=chosen)
        for entity in _made(thing, own):
            key = (entity.kind, entity.id.name, entity.id.version)
            if found.setdefault(key, entity).request != entity.request:
                msg = (
                    f"Two {entity.kind}s are named {entity.id.name!r} and differ. Name "
                    "one of them differently, or register them one after the other."
                )
                raise CallError(msg)
    order = list(_RESOURCES)
    return sorted(found.values(), key=lambda entity: order.index(entity.kind))


def check_version(version: Any) -> None:
    """Refuse what is no version.

    Raises:
        CallError: It is empty, or no text.
    """
    if not isinstance(version, str) or not version.strip():
        msg = (
            f"version must be a text such as 'v1', got {version!r}; version='auto' "
            "makes one from the content."
        )
        raise CallError(msg)


def _each(things: Things) -> Iterator[Any]:
    things = adapted(things)
    single = (PythonCustomizedContainerTask, Workflow, TaskTemplate, TaskSpec, str)
    if isinstance(things, (*single, os.PathLike, TaskTemplateView)):
        things = [things]
    if not isinstance(things, Iterable) or isinstance(things, Mapping):
        raise CallError(_not_registered(things))
    count = 0
    for thing in map(adapted, things):
        count += 1
        if isinstance(thing, (str, os.PathLike)):
            yield from _named(os.fspath(thing))
        elif isinstance(thing, TaskTemplateView):
            yield thing.to_flyte_idl()
        elif isinstance(thing, single):
            yield thing
        else:
            raise CallError(_not_registered(thing))
    if not count:
        msg = "There is nothing to register: the list of tasks is empty."
        raise CallError(msg)


def _named(text: str) -> Iterator[Any]:
    """Yield what a text names; of a package without a task's name all its tasks."""
    if parse_target(text).kind == "package":
        yield from read_targets(text)
    else:
        yield read_definition(text)


def _not_registered(thing: Any) -> str:
    return (
        "kit.register takes tasks, workflows, templates, and texts that name one, got "
        f"{thing!r:.100}."
    )


def _auto(thing: Any, settings: SerializationSettings) -> str:
    """Return a version from the content: where it is registered is no part of it."""
    nowhere = settings.replace(project="", domain="", version="")
    return content_version(entity.spec for entity in _made(thing, nowhere))


def _made(thing: Any, settings: SerializationSettings) -> Iterator[Entity]:
    if isinstance(thing, Workflow):
        for task in dict.fromkeys(node.task for node in thing.nodes):
            yield task_entity(task_spec(task, settings), settings)
        yield from _of_workflow(thing, settings)
        return
    if isinstance(thing, PythonCustomizedContainerTask):
        spec = task_spec(thing, settings)
    else:
        spec = TaskSpec()
        spec.CopyFrom(
            thing if isinstance(thing, TaskSpec) else TaskSpec(template=thing)
        )
    yield task_entity(spec, settings)


def task_entity(spec: TaskSpec, settings: SerializationSettings) -> Entity:
    """Return a task to register, under the settings' project, domain and version."""
    from flyteidl.admin.task_pb2 import TaskCreateRequest

    identity = _identifier("task", spec.template.id.name, settings)
    identity.org = spec.template.id.org
    spec.template.id.CopyFrom(identity)
    request = TaskCreateRequest(id=identity, spec=spec)
    return Entity("task", identity, request, spec.template)


def _of_workflow(flow: Workflow, settings: SerializationSettings) -> Iterator[Entity]:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
    from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest

    spec = workflow_spec(flow, settings)
    identity = _identifier("workflow", flow.name, settings)
    request = WorkflowCreateRequest(id=identity, spec=spec)
    yield Entity("workflow", identity, request, spec.template)
    plan = default_launch_plan(flow, identity)
    named = _identifier("launch plan", flow.name, settings)
    yield Entity(
        "launch plan", named, LaunchPlanCreateRequest(id=named, spec=plan), plan
    )


def default_launch_plan(flow: Workflow, workflow_id: Identifier) -> LaunchPlanSpec:
    """Return the launch plan of a workflow's own name, with Python's defaults.

    They do not travel otherwise. What is not given a default is required.
    """
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec

    plan = LaunchPlanSpec(workflow_id=workflow_id)
    for part in (
        *("entity_metadata", "default_inputs", "fixed_inputs", "labels"),
        *("annotations", "raw_output_data_config"),
    ):
        getattr(plan, part).SetInParent()  # as flytekit writes it
    interface = flow.python_interface
    given = interface.default_inputs_as_kwargs
    defaults = input_literals(flow.name, interface, given, default_engine)
    for name, variable in flow.interface.inputs.variables.items():
        parameter = plan.default_inputs.parameters[name]
        parameter.var.CopyFrom(variable)
        if name in defaults.literals:
            parameter.default.CopyFrom(defaults.literals[name])
        elif is_optional(interface.inputs[name]):
            parameter.default.scalar.none_type.SetInParent()
        else:
            parameter.required = True
    return plan


def _identifier(kind: Kind, name: str, settings: SerializationSettings) -> Identifier:
    return Identifier(
        resource_type=_RESOURCES[kind],
        project=settings.project or "",
        domain=settings.domain or "",
        name=name,
        version=settings.version or "",
    )
