"""What a task is: its facts, and what it says of itself for its template."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from flyteidl.core import interface_pb2, tasks_pb2

from kit.definition.accelerators import BaseAccelerator, extended_resources
from kit.definition.deck_fields import (
    DEFAULT_DECK_FIELDS,
    DeckField,
    check_deck_fields,
    decks_enabled,
)
from kit.definition.executor import ShimTaskExecutor
from kit.definition.image import render_image
from kit.definition.interface import Interface
from kit.definition.metadata import TaskMetadata
from kit.definition.names import check_environment, check_task_name
from kit.definition.resources import Resources, ResourceSpec
from kit.definition.settings import Runtime, SerializationSettings, check_runtime
from kit.definition.shipment import Ship
from kit.definition.tracking import TrackedInstance
from kit.definition.typed_interface import typed_interface
from kit.errors import DefinitionError, MissingCustomError, nearest
from kit.resolver import TaskTemplateResolver, default_task_template_resolver
from kit.shim.executable import ExecutableTemplateShimTask
from kit.shown import Shown
from kit.task import checks
from kit.task.shipped import ShippedTask
from kit.template.container import container_message
from kit.template.runtime import command_args, runtime_of
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.template.view import TaskTemplateView

if TYPE_CHECKING:
    from kit.definition.documentation import Documentation
    from kit.definition.security import Secret, SecurityContext

__all__ = ["CustomizedContainerDefinition"]

TC = TypeVar("TC")


class CustomizedContainerDefinition(
    ShippedTask, ExecutableTemplateShimTask, TrackedInstance, Shown, Generic[TC]
):
    """The definition of a task; :class:`PythonCustomizedContainerTask` adds its calls.

    Its parameters are documented there.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the reference's parameters
        self,
        name: str,
        task_config: TC,
        container_image: str | None,
        executor_type: type[ShimTaskExecutor[Any]],
        task_resolver: TaskTemplateResolver | None = None,
        task_type: str = "python-task",
        requests: Resources | None = None,
        limits: Resources | None = None,
        environment: Mapping[str, str] | None = None,
        secret_requests: Iterable[Secret] | None = None,
        *,
        interface: Interface | None = None,
        metadata: TaskMetadata | None = None,
        docs: Documentation | None = None,
        enable_deck: bool | None = None,
        disable_deck: bool | None = None,
        deck_fields: Iterable[DeckField | str] | None = DEFAULT_DECK_FIELDS,
        task_type_version: int = 0,
        runtime: Runtime | None = None,
        accelerator: BaseAccelerator[Any] | None = None,
        shared_memory: bool | str | None = None,
        ship: Ship | None = None,
        inline_limit: int | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            self._refuse(unknown)
        check_task_name(name)
        check_runtime(runtime)
        # The template is made anew whenever it is asked for, so an empty one will do.
        super().__init__(TaskTemplateView(tasks_pb2.TaskTemplate()), executor_type)
        self._name = name
        self._task_config = task_config
        self._container_image = checks.checked_image(container_image)
        self._task_resolver = checks.checked_resolver(
            task_resolver, default_task_template_resolver
        )
        self._task_type = checks.checked_type(task_type)
        self._task_type_version = checks.checked_version(task_type_version)
        self._resources = checks.resource_spec(requests, limits)
        self._environment = check_environment(environment)
        self._security_context = checks.security_context(secret_requests)
        checks.check_interface(interface)
        self._python_interface = interface or Interface()
        checks.check_input_names(executor_type, self._python_interface)
        self._interface = None if interface is None else typed_interface(interface)
        self._metadata = checks.checked("metadata", metadata, checks.NO_METADATA)
        self._docs = checks.documentation(docs, self._python_interface.docstring)
        self._enable_deck = decks_enabled(enable_deck, disable_deck)
        fields = (deck_fields or ()) if self._enable_deck else ()
        self._deck_fields = check_deck_fields(fields)
        self._runtime = runtime
        self._set_ship(ship, inline_limit)
        self._extended_resources = extended_resources(accelerator, shared_memory)

    def _refuse(self, unknown: Mapping[str, Any]) -> NoReturn:
        known = list(inspect.signature(CustomizedContainerDefinition).parameters)[:-1]
        name = next(iter(unknown))
        taken = name == "security_ctx"  # made by the task itself
        problem = (
            ".__init__() got multiple values for" if taken else " got an unexpected"
        )
        msg = (
            f"{type(self).__name__}{problem} keyword argument {name!r}."
            f"{nearest(name, [*known, *checks.PLACE_OF])} "
            f"{checks.PLACE_OF.get(name, '')}"
        )
        raise DefinitionError(msg.rstrip())

    @property
    def name(self) -> str:
        """The name of the task."""
        return self._name

    @property
    def task_config(self) -> TC:
        """What the author of the task gave as its configuration."""
        return self._task_config

    @property
    def task_type(self) -> str:
        """The task's type on the wire."""
        return self._task_type

    @property
    def task_type_version(self) -> int:
        """The version of the task's type."""
        return self._task_type_version

    @property
    def task_resolver(self) -> TaskTemplateResolver:
        """What loads the task in the container."""
        return self._task_resolver

    @property
    def container_image(self) -> str:
        """The image, or a macro; the next template has what is set here."""
        return self._container_image

    @container_image.setter
    def container_image(self, image: str | None) -> None:
        self._container_image = checks.checked_image(image)

    @property
    def environment(self) -> dict[str, str]:
        """The container's variables; the next template has what is changed here."""
        return self._environment

    @environment.setter
    def environment(self, environment: Mapping[str, str] | None) -> None:
        self._environment = check_environment(environment)

    @property
    def resources(self) -> ResourceSpec:
        """Requests and limits; the next template has what is set here."""
        return self._resources

    @resources.setter
    def resources(self, resources: ResourceSpec) -> None:
        self._resources = checks.checked("resources", resources, checks.NO_RESOURCES)

    @property
    def metadata(self) -> TaskMetadata:
        """Cache, retries and timeout; the next template has what is set here."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: TaskMetadata) -> None:
        self._metadata = checks.checked("metadata", metadata, checks.NO_METADATA)

    @property
    def python_interface(self) -> Interface:
        """The inputs and outputs as Python types; empty if none was given."""
        return self._python_interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """The inputs and outputs as Flyte's message.

        Raises:
            MissingInterfaceError: The task was given none.
        """
        if self._interface is None:
            raise checks.no_interface(self._name)
        return self._interface

    @property
    def output_names(self) -> list[str]:
        """The outputs in the order of their declaration."""
        return self._python_interface.output_names or []

    @property
    def security_context(self) -> SecurityContext | None:
        """The secrets, or ``None`` when the task asks for none."""
        return self._security_context

    @property
    def docs(self) -> Documentation | None:
        """What is written about the task, here or in the interface's docstring."""
        return self._docs

    @property
    def enable_deck(self) -> bool:
        """Whether the task writes a ``deck.html``."""
        return self._enable_deck

    @property
    def disable_deck(self) -> bool:
        """The deprecated opposite of :attr:`enable_deck`."""
        return not self._enable_deck

    @property
    def deck_fields(self) -> list[DeckField]:
        """What the deck shows; empty when there is none."""
        return self._deck_fields

    @property
    def runtime(self) -> Runtime | None:
        """What runs in the container, if the task says so."""
        return self._runtime

    @property
    def task_template(self) -> TaskTemplateView:
        """The template of a local run, made from the task as it is now."""
        return self.serialize_to_model(LOCAL_SETTINGS)

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:  # noqa: ARG002 - for those who override it
        """Return what the executor needs, as a dictionary of JSON values: override it.

        Raises:
            MissingCustomError: The class does not.
        """
        kind = type(self).__name__
        msg = (
            f"{kind} does not override get_custom, so its executor would know nothing. "
            f"Add a method get_custom(self, settings) to {kind} that returns a "
            f"dictionary, {{}} if the inputs are enough."
        )
        raise MissingCustomError(msg)

    def get_config(self, settings: SerializationSettings) -> dict[str, str]:  # noqa: ARG002
        """Return texts for the template's ``config``; prefer :meth:`get_custom`."""
        return {}

    def get_image(self, settings: SerializationSettings) -> str:
        """Return the image's name with its macros rendered.

        Raises:
            ImageError: A macro names an image that the settings do not have.
        """
        return render_image(self.container_image, settings.image_config)

    def get_command(self, settings: SerializationSettings) -> list[str]:
        """Return the container's arguments, with the engine's macros in them."""
        return command_args(
            runtime_of(self.runtime, settings),
            self.task_resolver.location,
            self.task_resolver.loader_args(settings, self),
        )

    def get_container(
        self, settings: SerializationSettings
    ) -> tasks_pb2.Container | None:
        """Return the container that Flyte starts."""
        return container_message(
            self.get_image(settings),
            self.get_command(settings),
            self.resources,
            settings_env=settings.env,
            environment=self.environment,
        )

    def get_k8s_pod(self, settings: SerializationSettings) -> tasks_pb2.K8sPod | None:  # noqa: ARG002
        """Return the pod that Flyte starts instead of a container: none."""
        return None

    def get_sql(self, settings: SerializationSettings) -> tasks_pb2.Sql | None:  # noqa: ARG002
        """Return the SQL that Flyte runs instead of a container: none."""
        return None

    def get_extended_resources(
        self,
        settings: SerializationSettings,  # noqa: ARG002
    ) -> tasks_pb2.ExtendedResources | None:
        """Return the accelerator and shared memory, if the task asks for them."""
        return self._extended_resources

    def get_input_types(self) -> dict[str, Any]:
        """Return the Python type of each input."""
        return self.python_interface.inputs

    def get_type_for_input_var(self, k: str, v: Any = None) -> Any:  # noqa: ARG002 - the reference's
        """Return the Python type of an input; a KeyError if there is none."""
        return self.python_interface.inputs[k]

    def get_type_for_output_var(self, k: str, v: Any = None) -> Any:  # noqa: ARG002 - the reference's
        """Return the Python type of an output; a KeyError if there is none."""
        return self.python_interface.outputs[k]

    def serialize_to_model(self, settings: SerializationSettings) -> TaskTemplateView:
        """Return the template, the one that is shown, run and registered.

        Raises:
            DefinitionError: A part of the definition cannot be written.
        """
        return TaskTemplateView(task_template(self, settings))
