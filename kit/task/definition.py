"""What a task is: its facts, and what it says of itself for its template."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from flyteidl.core import interface_pb2, tasks_pb2
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.struct_pb2 import Struct

from kit.definition.accelerators import BaseAccelerator, extended_resources
from kit.definition.executor import ShimTaskExecutor, TrackedInstance
from kit.definition.images import check_image_reference, render_image
from kit.definition.interface import Interface, typed_interface
from kit.definition.metadata import (
    DEFAULT_DECK_FIELDS,
    DeckField,
    TaskMetadata,
    check_deck_fields,
    decks_enabled,
)
from kit.definition.resources import Resources, ResourceSpec
from kit.definition.settings import (
    Runtime,
    SerializationSettings,
    check_environment,
    check_runtime,
    check_task_name,
)
from kit.definition.shipment import (
    IMPORTABLE,
    INLINE_EXECUTOR,
    INLINE_KEY,
    Exported,
    Ship,
    Shipment,
    check_inline_limit,
    check_ship,
    is_interactive,
    module_shipment,
    no_other_process,
)
from kit.errors import (
    DefinitionError,
    ImageError,
    InterfaceError,
    MissingCustomError,
    MissingInterfaceError,
    ResourcesError,
    SecretNotFoundError,
    nearest,
)
from kit.notebook import Shown
from kit.resolver import TaskTemplateResolver, default_task_template_resolver
from kit.shim.executable import RAISED, ExecutableTemplateShimTask, call_author
from kit.task import definition as checks
from kit.template.custom import fill_struct
from kit.template.serialize import (
    LOCAL_SETTINGS,
    command_args,
    container_message,
    runtime_of,
    task_template,
)
from kit.template.view import TaskTemplateView

if TYPE_CHECKING:
    from kit.definition.interface import Docstring
    from kit.definition.metadata import Documentation
    from kit.definition.security import Secret, SecurityContext

__all__ = [
    "NO_METADATA",
    "NO_RESOURCES",
    "PLACE_OF",
    "CustomizedContainerDefinition",
    "ShippedTask",
    "check_input_names",
    "check_interface",
    "checked",
    "checked_image",
    "checked_resolver",
    "checked_type",
    "checked_version",
    "documentation",
    "make_template",
    "no_interface",
    "resource_spec",
    "security_context",
]


T = TypeVar("T")

NO_METADATA = TaskMetadata()
NO_RESOURCES = ResourceSpec()

_IN_METADATA = "It goes into metadata=kit.TaskMetadata(...)."
PLACE_OF = {
    **dict.fromkeys(
        (
            "annotations",
            "cache",
            "cache_ignore_input_vars",
            "cache_serialize",
            "cache_version",
            "deprecated",
            "interruptible",
            "labels",
            "pod_template_name",
            "retries",
            "timeout",
        ),
        _IN_METADATA,
    ),
    "inputs": "Write interface=kit.Interface(inputs=..., outputs=...).",
    "outputs": "Write interface=kit.Interface(inputs=..., outputs=...).",
    "resources": "Write requests=kit.Resources(...) and limits=kit.Resources(...).",
    "secrets": "Write secret_requests=[kit.Secret(...)].",
    "security_ctx": "It is made from secret_requests=[kit.Secret(...)].",
    "env": "Write environment={...}.",
    "custom": "Override get_custom.",
    "config": "Override get_config.",
}
"""Where known facts go that are no argument of a task."""


def checked(name: str, value: T | None, default: T, *, kind: Any = None) -> T:
    """Return a value of the default's type, or the default for ``None``.

    Raises:
        DefinitionError: The value is something else.
    """
    expected = kind or type(default)
    if value is None:
        return default
    if not isinstance(value, expected):
        msg = f"{name} must be of type {expected.__name__}, got {value!r}."
        raise DefinitionError(msg)
    return value


def documentation(docs: Any, docstring: Docstring | None) -> Documentation | None:
    """Return what is written about a task, here and in its interface's docstring.

    Raises:
        DefinitionError: ``docs`` is something else.
    """
    if docs is None and docstring is None:
        return None
    # Many tasks have none, and do not wait for its messages to load.
    from kit.definition.metadata import Documentation, documentation_of

    given = checked("docs", docs, None, kind=Documentation)
    return documentation_of(given, docstring)


def security_context(requests: Any) -> SecurityContext | None:
    """Return what a task asks for with its secrets, if it asks for any.

    Raises:
        SecretError: They are no list of secrets.
    """
    if requests is None:
        return None
    from kit.definition.security import SecurityContext, check_secret_requests

    secrets = check_secret_requests(requests)
    return SecurityContext(secrets=secrets) if secrets else None


def checked_image(image: Any) -> str:
    """Return the image's text; macros are rendered later, with the settings.

    Raises:
        ImageError: It is no text, or no container engine would take it.
    """
    if image is None or image == "":
        return ""
    if not isinstance(image, str):
        msg = (
            f"container_image must be a text such as 'ghcr.io/acme/app:1.0', got "
            f"{image!r} of type {type(image).__name__}."
        )
        raise ImageError(msg)
    if "{{" not in image:
        check_image_reference(image)
    return image


def checked_type(task_type: Any) -> str:
    """Return the task's type, which Flyte refuses to be empty.

    Raises:
        DefinitionError: It is empty or no text.
    """
    if isinstance(task_type, str) and task_type:
        return task_type
    msg = f"task_type must be a text such as 'python-task', got {task_type!r}."
    raise DefinitionError(msg)


def checked_version(version: Any) -> int:
    """Return the version of the task's type.

    Raises:
        DefinitionError: It is no whole number that fits into 31 bits.
    """
    if isinstance(version, int) and 0 <= version < 2**31:
        return version
    msg = f"task_type_version must be a whole number from 0 up, got {version!r}."
    raise DefinitionError(msg)


def resource_spec(requests: Any, limits: Any) -> ResourceSpec:
    """Return requests and limits together.

    Raises:
        ResourcesError: One is something else than Resources.
    """
    for name, value in (("requests", requests), ("limits", limits)):
        if value is not None and not isinstance(value, Resources):
            msg = f"{name} must be kit.Resources(cpu=..., mem=...), got {value!r}."
            raise ResourcesError(msg)
    if requests is None and limits is None:
        return NO_RESOURCES
    unsaid = NO_RESOURCES.requests
    return ResourceSpec(requests or unsaid, limits or unsaid)


def check_interface(interface: Any) -> None:
    """Refuse what is no interface.

    Raises:
        MissingInterfaceError: It is something else.
    """
    if interface is not None and not isinstance(interface, Interface):
        kind = type(interface).__name__
        msg = (
            f"{kind!r} object has no attribute 'docstring': interface must be a "
            f"kit.Interface(inputs={{...}}, outputs={{...}}), got {interface!r}."
        )
        raise MissingInterfaceError(msg)


def check_input_names(executor_type: type[Any], interface: Interface) -> None:
    """Refuse inputs whose name the executor's method has for something else.

    It is called with the template by position and the inputs by name.

    Raises:
        InterfaceError: Naming the input.
    """
    taken = _taken_by_position(executor_type)
    for name in interface.inputs:
        if name in taken:
            msg = (
                f"Input {name!r} cannot be passed to {executor_type.__name__}."
                f"execute_from_model, which got multiple values for argument {name!r} "
                f"then: it has a parameter of that name already. Rename the input."
            )
            raise InterfaceError(msg)


def _taken_by_position(executor_type: type[Any]) -> set[str]:
    """Return the names of the method's parameters that are not given by name."""
    name = "execute_from_model"
    code = getattr(getattr(executor_type, name), "__code__", None)
    if code is None:
        return {"self"}
    method = None
    for base in executor_type.__mro__:
        if name in vars(base):
            method = vars(base)[name]
            break
    by_position = 1 if isinstance(method, staticmethod) else 2  # self and the template
    last = min(by_position, code.co_argcount)
    return {"self", *code.co_varnames[code.co_posonlyargcount : last]}


def checked_resolver(
    resolver: TaskTemplateResolver | None, default: TaskTemplateResolver
) -> TaskTemplateResolver:
    """Return the resolver, or the default for ``None``.

    Raises:
        DefinitionError: It cannot say its location or its loader arguments.
    """
    if resolver is None:
        return default
    if not hasattr(resolver, "location") or not hasattr(resolver, "loader_args"):
        msg = (
            f"task_resolver must be a resolver, such as kit.resolver."
            f"default_task_template_resolver, got {resolver!r} of type "
            f"{type(resolver).__name__}."
        )
        raise DefinitionError(msg)
    return resolver


def no_interface(task: str) -> MissingInterfaceError:
    """Say that a task has no interface, and what to do."""
    msg = (
        f"'NoneType' object has no attribute 'to_flyte_idl': task {task} was given no "
        f"interface. Pass interface=kit.Interface(inputs={{...}}, outputs={{...}}), or "
        f"kit.Interface() for none."
    )
    return MissingInterfaceError(msg)


class ShippedTask:
    """A task that knows how its executor ships.

    Nothing is kept: a cell that was run again is in the next template.
    """

    name: Any
    executor_type: Any
    security_context: Any
    task_resolver: Any
    container_image: Any
    get_image: Callable[[SerializationSettings], str]
    _exported: Exported | None = None

    def _set_ship(self, ship: Ship | None, inline_limit: int | None) -> None:
        self._ship = check_ship(ship)
        self._inline_limit = check_inline_limit(inline_limit)

    @property
    def ship(self) -> Ship | None:
        """How the executor is to reach its container, if the task says so."""
        return self._ship

    @property
    def exported(self) -> Exported | None:
        """The module that the executor was written to in this session, if it was."""
        return self._exported

    def note_export(self, exported: Exported) -> None:
        """Remember the module that the executor was written to."""
        self._exported = exported

    @contextlib.contextmanager
    def shipped_as(
        self, ship: Ship, exported: Exported | None = None
    ) -> Iterator[None]:
        """Ship the executor another way while this lasts."""
        before = self._ship, self._exported
        self._ship, self._exported = ship, exported
        try:
            yield
        finally:
            self._ship, self._exported = before

    def shipment(self, settings: SerializationSettings | None = None) -> Shipment:
        """Return how the executor reaches its container, as it is now.

        Args:
            settings: What the template is made with.

        Raises:
            ExecutorError: It cannot, or not as the task says.
            AuthoringError: Its source cannot leave the place where it was written.
        """
        executor, location, unreachable = self._shipped_object(settings)
        problem = no_other_process(executor) or unreachable
        if problem is None and self._ship == "module":
            return module_shipment(location, "ship='module' says so")
        if problem is None and self._ship is None and not is_interactive():
            return module_shipment(location, IMPORTABLE)
        if settings is None or settings.computed is None:
            return self._decide(executor, location, problem, settings)
        key = (self.executor_type, self._ship, self._inline_limit)
        if key not in settings.computed:
            shipment = self._decide(executor, location, problem, settings)
            settings.computed[key] = shipment
        made: Shipment = settings.computed[key]
        return made

    @property
    def written_executor(self) -> type[ShimTaskExecutor[Any]] | Callable[..., Any]:
        """What the author wrote to be run: the executor's class, or a function."""
        executor: type[ShimTaskExecutor[Any]] = self.executor_type
        return executor

    def known_secrets(self) -> Iterator[str]:
        """Yield the secrets of the task that this machine knows, to leave them out."""
        yield from _values(self.security_context)

    def shipped_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return what the template's ``custom`` holds besides the author's own.

        That is the source, if the loader arguments say that it is there; a resolver of
        one's own may load something else.
        """
        if INLINE_EXECUTOR not in self.task_resolver.loader_args(settings, self):
            return {}
        return {INLINE_KEY: dict(self.shipment(settings).inline or {})}

    def _shipped_object(
        self,
        settings: SerializationSettings | None,  # noqa: ARG002 - for those who override it
    ) -> tuple[type[ShimTaskExecutor[Any]] | Callable[..., Any], str, str | None]:
        """Return what ships, its dotted name, and why that name will not do, if so."""
        executor = self.executor_type
        return executor, f"{executor.__module__}.{executor.__qualname__}", None

    def _decide(
        self,
        executor: type[ShimTaskExecutor[Any]] | Callable[..., Any],
        location: str,
        problem: str | None,
        settings: SerializationSettings | None,
    ) -> Shipment:
        from kit.source.shipping import Shipping

        return Shipping(
            executor=executor,
            location=location,
            problem=problem,
            task=self.name,
            ship=self._ship,
            limit=self._inline_limit,
            exported=self._exported,
            image=self._image_for(settings),
            secrets=self.known_secrets,
        ).shipment()

    def _image_for(self, settings: SerializationSettings | None) -> str:
        """Return the image's name, with its macros rendered if there are settings."""
        image: str = self.container_image or ""
        return image if settings is None else self.get_image(settings)


def _values(context: SecurityContext | None) -> Iterable[str]:
    """Yield the secrets that this machine knows, to keep them out of the source."""
    if context is None:
        return
    from kit.shim.secrets import SecretsManager

    manager = SecretsManager(local=True)
    for secret in context.secrets or ():
        try:
            yield manager.get(secret.group, secret.key, secret.group_version)
        except SecretNotFoundError:  # noqa: PERF203 - one a secret
            continue


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


def make_template(
    task: Any, settings: SerializationSettings
) -> tuple[TaskTemplate, dict[str, BaseException]]:
    """Make the template of a task, without those parts that raise.

    Returns:
        The template, and the errors by the parts that are missing.
    """
    failures: dict[str, BaseException] = {}
    try:
        return task_template(task, settings), failures
    except RAISED:  # whatever an author's methods raise, told below
        lenient: Any = _Lenient(task, failures)
    try:
        return task_template(lenient, settings), failures
    except RAISED as error:
        failures["template"] = error
    template = TaskTemplate(type=str(task.task_type))
    template.id.name = str(task.name)
    return template, failures


class _Lenient:
    """A task whose parts, where they raise, are left out."""

    def __init__(self, task: Any, failures: dict[str, BaseException]) -> None:
        self._task = task
        self._failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)

    @property
    def interface(self) -> TypedInterface:
        made: TypedInterface = self._tried(
            "interface", lambda: self._task.interface, TypedInterface()
        )
        return made

    def get_custom(self, settings: SerializationSettings) -> Any:
        custom = self._tried(
            "custom", lambda: call_author(self._task.get_custom, settings), {}
        )
        return self._tried("custom", lambda: _checked(custom), {})

    def shipped_custom(self, settings: SerializationSettings) -> Any:
        return self._tried("source", lambda: self._task.shipped_custom(settings), {})

    def get_config(self, settings: SerializationSettings) -> Any:
        return self._part("config", "get_config", settings)

    def get_container(self, settings: SerializationSettings) -> Any:
        return self._part("container", "get_container", settings)

    def get_k8s_pod(self, settings: SerializationSettings) -> Any:
        return self._part("k8s_pod", "get_k8s_pod", settings)

    def get_sql(self, settings: SerializationSettings) -> Any:
        return self._part("sql", "get_sql", settings)

    def get_extended_resources(self, settings: SerializationSettings) -> Any:
        return self._part("resources", "get_extended_resources", settings)

    def _part(self, part: str, getter: str, settings: SerializationSettings) -> Any:
        def get() -> Any:
            return call_author(getattr(self._task, getter), settings)

        return self._tried(part, get, None)

    def _tried(self, part: str, make: Callable[[], Any], without: Any) -> Any:
        try:
            return make()
        except RAISED as error:  # shown in the place of the part
            self._failures.setdefault(part, error)
            return without


def _checked(custom: Any) -> Any:
    """Return what a Struct can hold.

    Raises:
        CustomError: It cannot.
    """
    if custom:
        fill_struct(Struct(), custom)
    return custom
