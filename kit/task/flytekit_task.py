"""Tasks of flytekit as kit's: ``kit.from_flytekit``.

A task of flytekit is told by the names of its classes: flytekit is imported only to
make its template, and then its user has imported it already. The template is the one of
flytekit's translator, which is what flytekit registers.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from flyteidl.core import interface_pb2, tasks_pb2

from kit.definition.executor import ShimTaskExecutor
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources, ResourceSpec
from kit.definition.settings import SerializationSettings, check_environment
from kit.definition.shipment import Shipment, module_shipment
from kit.errors import (
    CallError,
    DefinitionError,
    GuessError,
    KitError,
    UnsupportedTypeError,
)
from kit.shim.executable import RAISED, error_text
from kit.task.arguments import checked_image
from kit.task.flytekit_settings import (
    CUSTOMIZED,
    class_names,
    flytekit_module,
    flytekit_settings,
)
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import custom_from_struct, fill_struct
from kit.types import default_engine
from kit.types.flyte_classes import kit_type

if TYPE_CHECKING:
    from flyteidl.admin import task_pb2

    from kit.definition.metadata import Documentation

_TASK = "flytekit.core.base_task.PythonTask"
_OTHERS = {
    "flytekit.core.workflow.WorkflowBase": "a workflow",
    "flytekit.core.launch_plan.LaunchPlan": "a launch plan",
    "flytekit.core.reference_entity.ReferenceEntity": "a reference",
    "flytekit.core.array_node_map_task.ArrayNodeMapTask": "a map task",
}
_AMOUNTS = ("cpu", "mem", "gpu", "ephemeral_storage")


def is_flytekit_task(thing: object) -> bool:
    """Return whether something is a task of flytekit's; flytekit is not imported."""
    return _TASK in class_names(thing) and not isinstance(
        thing, PythonCustomizedContainerTask
    )


def adapted(thing: Any) -> Any:
    """Return kit's task for one of flytekit's; anything else as it is."""
    return from_flytekit(thing) if is_flytekit_task(thing) else thing


def from_flytekit(task: Any) -> FlytekitTask:
    """Return a task of flytekit's as one that kit shows, checks, runs and compares.

    Nothing of it is copied: its template is made by flytekit's translator whenever it
    is asked for. Customized container tasks (SQLite3Task, SQLAlchemyTask, any subclass
    of flytekit's PythonCustomizedContainerTask) run in a process, by
    ``pyflyte-execute`` as in their container; of other tasks (``@task``) the template
    is shown and compared.

    Args:
        task: The task.

    Raises:
        CallError: It is no task of flytekit's.
        DefinitionError: It is one that has no template of its own.
        MissingPackageError: flytekit is not installed.
    """
    if isinstance(task, FlytekitTask):
        return task
    names = class_names(task)
    for name, kind in _OTHERS.items():
        if name in names:
            msg = f"{type(task).__name__} is {kind} of flytekit, and kit takes tasks."
            raise CallError(msg)
    if not is_flytekit_task(task):
        msg = f"kit.from_flytekit takes a task of flytekit, got {task!r:.200}."
        raise CallError(msg)
    return FlytekitTask(task)


class FlytekitTask(PythonCustomizedContainerTask[Any]):
    """A task of flytekit's, seen by kit.

    Args:
        original: The task.
    """

    def __init__(self, original: Any) -> None:
        self._original = original
        self._is_customized = CUSTOMIZED in class_names(original)
        executor = original.executor_type if self._is_customized else _NoExecutor
        super().__init__(
            name=original.name,
            task_config=getattr(original, "task_config", None),
            container_image="",
            executor_type=executor,
            task_type=original.task_type,
            task_type_version=original.task_type_version,
            runtime="flytekit",
        )
        self._metadata = _metadata(original.metadata)
        spec = getattr(original, "resources", None)
        self._resources = ResourceSpec(
            _resources(spec, "requests"), _resources(spec, "limits")
        )
        self._container_image = _image_text(getattr(original, "container_image", None))
        self._environment = dict(getattr(original, "environment", None) or {})
        self._interface = original.interface.to_flyte_idl()
        self._python_interface = _interface(original, self._interface)

    @property
    def original(self) -> Any:
        """The task of flytekit's."""
        return self._original

    @property
    def is_customized(self) -> bool:
        """Whether it is a customized container task, which kit runs."""
        return self._is_customized

    def finished_spec(self, settings: SerializationSettings) -> task_pb2.TaskSpec:
        """Return what flytekit's translator makes of the task.

        Raises:
            DefinitionError: It makes nothing of it.
            MissingPackageError: flytekit is not installed.
        """
        spec = translated(self._original, settings)
        edited = vars(self).get("get_custom")
        if edited is not None:  # of a copy, in a preview
            fill_struct(spec.template.custom, edited(settings))
        return spec

    @property
    def container_image(self) -> str:
        """The image, or a macro."""
        return self._container_image

    @container_image.setter
    def container_image(self, image: str | None) -> None:
        self._container_image = checked_image(image)
        self._change(_container_image=self._container_image)

    @property
    def environment(self) -> dict[str, str]:
        """The container's variables."""
        return self._environment

    @environment.setter
    def environment(self, environment: Mapping[str, str] | None) -> None:
        self._environment = check_environment(environment)
        self._change(_environment=dict(self._environment))

    @property
    def resources(self) -> ResourceSpec:
        """Requests and limits."""
        return self._resources

    @resources.setter
    def resources(self, resources: ResourceSpec) -> None:
        self._resources = resources
        theirs = flytekit_module("flytekit.core.resources")
        sides = {
            part: theirs.Resources(
                **{name: getattr(getattr(resources, part), name) for name in _AMOUNTS}
            )
            for part in ("requests", "limits")
        }
        self._change(_resources=theirs.ResourceSpec(**sides))

    @property
    def metadata(self) -> TaskMetadata:
        """Cache, retries, timeout and the like."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: TaskMetadata) -> None:
        self._metadata = metadata
        own = copy.copy(self._original.metadata)
        for entry in dataclasses.fields(TaskMetadata):
            if hasattr(own, entry.name):
                setattr(own, entry.name, getattr(metadata, entry.name))
        self._change(_metadata=own)

    def _change(self, **facts: Any) -> None:
        """Set attributes of a copy of the task: its author's stays as it is."""
        self._original = copy.copy(self._original)
        vars(self._original).update(facts)

    @property
    def security_context(self) -> Any:
        """The secrets, as flytekit has them."""
        return self._original.security_context

    @property
    def docs(self) -> Documentation | None:
        """Nothing: the documentation is in :meth:`finished_spec`."""
        return None

    @property
    def enable_deck(self) -> bool:
        """Whether the task writes a ``deck.html``."""
        return bool(self._original.enable_deck)

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return what the executor needs."""
        spec = self.finished_spec(settings)
        return dict(custom_from_struct(spec.template.custom))

    def get_container(
        self, settings: SerializationSettings
    ) -> tasks_pb2.Container | None:
        """Return the container of the template."""
        template = self.finished_spec(settings).template
        return template.container if template.HasField("container") else None

    def shipment(
        self,
        settings: SerializationSettings | None = None,  # noqa: ARG002 - kit's own
    ) -> Shipment:
        """Return how the executor reaches its container: it is imported there."""
        if not self._is_customized:
            raise DefinitionError(self.no_run("shipped"))
        kind = self._original.executor_type
        location = f"{kind.__module__}.{kind.__name__}"
        return module_shipment(location, "flytekit imports it in the container")

    def no_run(self, done: str) -> str:
        """Return why kit does not run, prove or export a task of another kind."""
        return (
            f"{self.name!r} is not a customized container task, but a "
            f"{type(self._original).__name__} of flytekit: kit shows, checks and "
            f"compares its template, and it cannot be {done} by kit. Call it, or run "
            "it with 'pyflyte run'."
        )

    def to_flytekit(self) -> Any:
        """Return the task of flytekit's."""
        return self._original

    def __repr__(self) -> str:
        return f"FlytekitTask({type(self._original).__name__}, {self.name!r})"


class _NoExecutor(ShimTaskExecutor[Any]):
    """Stands for the executor of a task that has none."""

    def execute_from_model(self, tt: Any, **kwargs: Any) -> NoReturn:
        """Refuse to run."""
        del kwargs
        msg = f"{tt.id.name} has no executor: it is not a customized container task."
        raise DefinitionError(msg)


def _image_text(image: Any) -> str:
    if image is None or isinstance(image, str):
        return image or ""
    try:
        return str(image.image_name())  # an ImageSpec, which is not built for that
    except RAISED:
        return repr(image)


def _metadata(given: Any) -> TaskMetadata:
    """Return what kit knows of a task's metadata; the template has all of it."""
    said = {
        field.name: getattr(given, field.name)
        for field in dataclasses.fields(TaskMetadata)
        if getattr(given, field.name, None) is not None
    }
    try:
        return TaskMetadata(**said)
    except KitError:  # flytekit takes more than kit does: the template has it
        return TaskMetadata()


def _resources(spec: Any, part: str) -> Resources:
    found = getattr(spec, part, None)
    said = {name: getattr(found, name, None) for name in _AMOUNTS}
    try:
        return Resources(**said)
    except KitError:  # a pair, say: the template has it, or refuses it
        return Resources()


def _interface(original: Any, declared: interface_pb2.TypedInterface) -> Interface:
    """Return the inputs and outputs as Python types that kit converts.

    A type that kit has another literal type for is guessed from the declared one.
    """
    own = getattr(original, "python_interface", None)
    given = dict(getattr(own, "inputs_with_defaults", None) or {})
    outputs = dict(getattr(own, "outputs", None) or {})
    inputs = {
        name: (_type(variable, given.get(name, (None, None))[0]), _default(given, name))
        for name, variable in _ordered(declared.inputs.variables, given)
    }
    return Interface(
        inputs,
        {
            name: _type(variable, outputs.get(name))
            for name, variable in _ordered(declared.outputs.variables, outputs)
        },
    )


def _default(given: Mapping[str, tuple[Any, Any]], name: str) -> Any:
    return given[name][1] if name in given else None


def _ordered(
    variables: Mapping[str, interface_pb2.Variable], order: Mapping[str, Any]
) -> Iterator[tuple[str, interface_pb2.Variable]]:
    known = [name for name in order if name in variables]
    rest = sorted(name for name in variables if name not in order)
    for name in (*known, *rest):
        yield name, variables[name]


def _type(variable: interface_pb2.Variable, python_type: Any) -> Any:
    try:
        own = kit_type(python_type)
        if default_engine.literal_type(own) == variable.type:
            return own
    except UnsupportedTypeError:
        pass  # a type of a plugin of flytekit's: what it is on the wire counts
    try:
        return default_engine.guess_type(variable.type)
    except GuessError:
        return python_type


def translated(task: Any, settings: SerializationSettings) -> task_pb2.TaskSpec:
    """Return what flytekit registers of one of its tasks.

    Args:
        task: A task of flytekit's.
        settings: Where it will live, its images and its variables.

    Raises:
        DefinitionError: flytekit makes no template of it.
        MissingPackageError: flytekit is not installed.
    """
    from flyteidl.admin import task_pb2

    translator = flytekit_module("flytekit.tools.translator")
    made_for = flytekit_settings(settings, task)
    untouched = copy.copy(task)  # the translator writes on the metadata
    if hasattr(task, "_metadata"):
        untouched._metadata = copy.copy(task._metadata)  # noqa: SLF001 - flytekit's
    try:
        made = translator.get_serializable(OrderedDict(), made_for, untouched)
        spec = made.to_flyte_idl()
    except RAISED as error:
        msg = (
            f"flytekit makes no template of {task.name!r}: {error_text(error)}. "
            "'pyflyte package' would fail with the same error."
        )
        raise DefinitionError(msg) from error
    if not isinstance(spec, task_pb2.TaskSpec):
        msg = f"flytekit makes a {type(spec).__name__} of {task.name!r}, no TaskSpec."
        raise DefinitionError(msg)
    return spec
