"""The task of the template pattern: its facts, its template, and its calls."""

from __future__ import annotations

import contextlib
import inspect
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2

from kit.definition.accelerators import BaseAccelerator, extended_resources
from kit.definition.executor import ShimTaskExecutor, TrackedInstance
from kit.definition.images import render_image
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
    KitError,
    MissingCustomError,
    SecretNotFoundError,
    nearest,
)
from kit.forecast.arrival import arriving_bytes, arriving_inputs
from kit.notebook import Shown, show_own_frames
from kit.resolver import TaskTemplateResolver, default_task_template_resolver
from kit.shim.context import ExecutionContext
from kit.shim.executable import FLYTEKIT_ENTRYPOINT, ExecutableTemplateShimTask
from kit.shim.flytekit_bridge import in_flytekit_workflow
from kit.task.arguments import (
    NO_METADATA,
    NO_RESOURCES,
    PLACE_OF,
    check_input_names,
    check_interface,
    checked,
    checked_image,
    checked_resolver,
    checked_type,
    checked_version,
    documentation,
    no_interface,
    resource_spec,
    security_context,
)
from kit.task.call import (
    ExecutionMode,
    call_signature,
    complete_inputs,
    container_variables,
    current_compilation,
    input_literals,
    load_from_template,
    name_arguments,
    native_outputs,
    sandboxed,
    variables_set,
)
from kit.template.serialize import (
    LOCAL_SETTINGS,
    command_args,
    container_message,
    loader_args_of,
    runtime_of,
    task_template,
)
from kit.template.view import TaskTemplateView

if TYPE_CHECKING:
    from flyteidl.admin import task_pb2
    from flyteidl.core import workflow_pb2

    from kit.definition.metadata import Documentation
    from kit.definition.security import Secret, SecurityContext

TC = TypeVar("TC")
_OWN_BASES = ExecutableTemplateShimTask.__mro__
LastRun = tuple[literals_pb2.LiteralMap, literals_pb2.LiteralMap]
_MOST_REMEMBERED = 2**20  # bytes


class PythonCustomizedContainerTask(
    ExecutableTemplateShimTask, TrackedInstance, Shown, Generic[TC]
):
    """A task that is an executor class and a template, and nothing else.

    Subclass :class:`~kit.definition.executor.ShimTaskExecutor` and override
    ``execute_from_model``: that is the logic. Subclass this class and override
    ``get_custom`` to put what the executor needs into the template; keep it small, for
    Flyte reads it often. Pass the executor's class as ``executor_type``.

    ``TC`` is the type of the task's configuration.

    Args:
        name: Unique name, usually a module and a function: ``"etl.load"``.
        task_config: Whatever describes this task to its author.
        container_image: The image to run in, or a macro such as ``{{.image.default}}``;
            empty for the default image of the settings.
        executor_type: The executor's class, which is made without arguments.
        task_resolver: What loads the task in the container.
        task_type: The task's type on the wire.
        requests: Resources to ask for.
        limits: Resources to take at most.
        environment: Environment variables of the container.
        secret_requests: Secrets to mount.
        interface: The inputs and outputs.
        metadata: Cache, retries, timeout and the like.
        docs: What is written about the task; the interface's docstring wins over it.
        enable_deck: Whether the task writes a ``deck.html``.
        disable_deck: Deprecated opposite of ``enable_deck``.
        deck_fields: What the deck shows, when there is one.
        task_type_version: The version of the task's type.
        runtime: What runs in the container: ``"kit"``, ``"flytekit"``, or ``None`` to
            leave it to the settings.
        accelerator: A GPU or TPU by name.
        shared_memory: ``True``, or the size of ``/dev/shm``.
        ship: How the executor reaches the container: ``"module"``, imported from the
            image; ``"inline"``, its source in the template; ``"export"``, the module
            that :func:`kit.export` writes; ``None``: as a module if that is installed,
            inline if it was written in a notebook or script.
        inline_limit: Bytes of source that the template may hold, 32 KiB by default.

    Raises:
        DefinitionError: Something that cannot work; its subclasses say what.

    Example:
        >>> from kit.definition.executor import ShimTaskExecutor
        >>> from kit.definition.interface import Interface
        >>> class Sum(ShimTaskExecutor):
        ...     def execute_from_model(self, tt, **kwargs):
        ...         return int(tt.custom["base"]) + kwargs["x"]
        >>> class SumTask(PythonCustomizedContainerTask[None]):
        ...     def get_custom(self, settings):
        ...         return {"base": 40}
        >>> SumTask("sum", None, "acme/sum:1", Sum, interface=Interface({"x": int}))
        SumTask('sum', Sum)
    """

    _last_run: LastRun | None = None
    _told_shim = False

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
            self._check_others(unknown)
        check_task_name(name)
        check_runtime(runtime)
        # The template is made anew whenever it is asked for, so an empty one will do.
        empty = TaskTemplateView(tasks_pb2.TaskTemplate())
        super().__init__(empty, executor_type, **unknown)
        if interface is None:
            interface = vars(self).get("declared_interface")
        self._name = name
        self._task_config = task_config
        self._container_image = checked_image(container_image)
        self._task_resolver = checked_resolver(
            task_resolver, default_task_template_resolver
        )
        self._task_type = checked_type(task_type)
        self._task_type_version = checked_version(task_type_version)
        self._resources = resource_spec(requests, limits)
        self._environment = check_environment(environment)
        self._security_context = security_context(secret_requests)
        check_interface(interface)
        self._python_interface = interface or Interface()
        check_input_names(executor_type, self._python_interface)
        self._interface = None if interface is None else typed_interface(interface)
        self._metadata = checked("metadata", metadata, NO_METADATA)
        self._docs = documentation(docs, self._python_interface.docstring)
        self._enable_deck = decks_enabled(enable_deck, disable_deck)
        fields = (deck_fields or ()) if self._enable_deck else ()
        self._deck_fields = check_deck_fields(fields)
        self._runtime = runtime
        self._ship = check_ship(ship)
        self._inline_limit = check_inline_limit(inline_limit)
        self._exported: Exported | None = None
        self._extended_resources = extended_resources(accelerator, shared_memory)

    def _check_others(self, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that no other base of the class takes.

        Raises:
            DefinitionError: Naming the first one.
        """
        mro = type(self).__mro__
        later = mro[mro.index(PythonCustomizedContainerTask) + 1 :]
        known = {
            name
            for kind in later
            if "__init__" in vars(kind) and kind not in (object, *_OWN_BASES)
            for name in inspect.signature(vars(kind)["__init__"]).parameters
        }
        unknown = {key: each for key, each in arguments.items() if key not in known}
        if unknown:
            self._refuse(unknown)

    def _refuse(self, unknown: Mapping[str, Any]) -> NoReturn:
        known = list(inspect.signature(PythonCustomizedContainerTask).parameters)[:-1]
        name = next(iter(unknown))
        taken = name == "security_ctx"  # made by the task itself
        problem = (
            ".__init__() got multiple values for" if taken else " got an unexpected"
        )
        msg = (
            f"{type(self).__name__}{problem} keyword argument {name!r}."
            f"{nearest(name, [*known, *PLACE_OF])} "
            f"{PLACE_OF.get(name, '')}"
        )
        raise DefinitionError(msg.rstrip())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task here; in a workflow's definition, make a node of it.

        Returns:
            The outputs as Python values; a promise of them in a workflow.

        Raises:
            CallError: An argument is missing, unknown or doubled.
            ConversionError: An input does not fit its type.
            OutputError: The executor returned something else than declared.
        """
        values = name_arguments(self.name, self.python_interface, args, kwargs)
        if in_flytekit_workflow():
            return self.to_flytekit()(**values)
        compilation = current_compilation()
        if compilation is not None:
            return self.compile(compilation, **values)
        try:
            return self.local_execute(None, **values)
        except Exception as error:
            show_own_frames(error)
            raise

    if not TYPE_CHECKING:  # or else any attribute would count as one

        def __getattr__(self, name: str) -> inspect.Signature:
            if name == "__signature__":  # completion asks for it; a class has its own
                return call_signature(self.python_interface)
            if hasattr(type(self), name):  # a property raised this: it says why
                object.__getattribute__(self, name)
            raise _no_attribute(self, name)

    def compile(self, ctx: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Make a node of the task in the workflow that is being defined.

        Args:
            ctx: The compilation; ``None`` for the current one.
            *args: Inputs by position: values or promises.
            **kwargs: Inputs by name: values or promises.

        Returns:
            A promise, a named tuple of promises, or a void promise.
        """
        from kit.task.nodes import create_node

        values = name_arguments(self.name, self.python_interface, args, kwargs)
        return create_node(ctx, self, values, self._engine)

    def construct_node_metadata(self) -> workflow_pb2.NodeMetadata:
        """Return the metadata of a node of this task."""
        from kit.task.nodes import construct_node_metadata

        return construct_node_metadata(self)

    def local_execution_mode(self) -> ExecutionMode:
        """Return how a call is carried out."""
        return ExecutionMode.LOCAL_TASK_EXECUTION

    def local_execute(self, ctx: ExecutionContext | None, /, **kwargs: Any) -> Any:
        """Run the task on Python values.

        The outputs of an earlier run with equal inputs are taken only with
        ``cache=True`` in the metadata.

        Args:
            ctx: The context to start from; ``None`` for the current one.
            **kwargs: The inputs by name.

        Raises:
            CallError: An input is missing or unknown.
            ConversionError: An input does not fit its type.
            OutputError: The executor returned something else than declared.
        """
        interface = self.python_interface
        values = complete_inputs(self.name, interface, kwargs)
        inputs = input_literals(self.name, interface, values, self._engine)
        outputs = self.run_literals(ctx, inputs)
        self.note_run(inputs, outputs)
        return native_outputs(interface, outputs, self._engine)

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
        self._container_image = checked_image(image)

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
        self._resources = checked("resources", resources, NO_RESOURCES)

    @property
    def metadata(self) -> TaskMetadata:
        """Cache, retries and timeout; the next template has what is set here."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: TaskMetadata) -> None:
        self._metadata = checked("metadata", metadata, NO_METADATA)

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
            raise no_interface(self._name)
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

    def finished_spec(
        self,
        settings: SerializationSettings,  # noqa: ARG002 - for those who override it
    ) -> task_pb2.TaskSpec | None:
        """Return what is registered, if something else than kit makes it."""
        return None

    def to_flytekit(self) -> Any:
        """Return the task as one of flytekit's, for its workflows and tools.

        Its template is kit's, and its calls run kit's shim.

        Raises:
            MissingPackageError: flytekit is not installed.
        """
        from kit.task.to_flytekit import flytekit_twin

        return flytekit_twin(self)

    def serialize_to_model(self, settings: SerializationSettings) -> TaskTemplateView:
        """Return the template, the one that is shown, run and registered.

        Raises:
            DefinitionError: A part of the definition cannot be written.
        """
        return TaskTemplateView(task_template(self, settings))

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
        yield from _secret_values(self.security_context)

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

    def run_literals(
        self, ctx: ExecutionContext | None, inputs: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals, or take what an equal run left in the cache."""
        if not self.metadata.cache:
            return self.sandbox_execute(ctx, inputs)
        from kit.shim.cache import LocalCache, cache_enabled

        if not cache_enabled():
            return self.sandbox_execute(ctx, inputs)
        cache = LocalCache()
        outputs = cache.get(self.name, self.metadata, inputs, self._misfit)
        if outputs is None:
            outputs = self.sandbox_execute(ctx, inputs)
            cache.set(self.name, self.metadata, inputs, outputs)
        return outputs

    def _misfit(self, outputs: literals_pb2.LiteralMap) -> str | None:
        """Say why outputs of an earlier run are not the task's, if they are not."""
        try:
            native_outputs(self.python_interface, outputs, self._engine)
        except KitError as error:
            return f"does not fit the task ({error})"
        return None

    def sandbox_execute(
        self, ctx: ExecutionContext | None, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals in a working directory of its own."""
        return self.dispatch_execute(sandboxed(ctx), input_literal_map)

    def dispatch_execute(
        self, ctx: ExecutionContext | None, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Run the task on literals, from the bytes of its template.

        What the executor sees is what a container would see: the template and the
        inputs as they arrive there. The container's variables are set for as long as it
        runs, for the whole process.

        Raises:
            DefinitionError: The template cannot be made.
            ConversionError: An input does not fit its declared type.
            OutputError: The executor returned something else than declared.
        """
        settings = LOCAL_SETTINGS.for_one_template()
        template = task_template(self, settings)
        loader_args = loader_args_of(template)
        if loader_args is None:  # a pod, say, has them somewhere else
            loader_args = self.task_resolver.loader_args(settings, self)
        self._tell_shim(template)
        inputs = arriving_inputs(input_literal_map)
        with variables_set(container_variables(template)):
            loaded = load_from_template(
                self.task_resolver,
                loader_args,
                arriving_bytes(template.SerializeToString(deterministic=True)),
                source=f"the template of {self.name}",
            )
            return _through_bytes(loaded.dispatch_execute(ctx, inputs))

    def _tell_shim(self, template: tasks_pb2.TaskTemplate) -> None:
        """Say once of a task for flytekit's runtime that kit's shim runs it here."""
        args = template.container.args
        if not self._told_shim and args and args[0] == FLYTEKIT_ENTRYPOINT:
            self._told_shim = True
            logging.getLogger(__name__).warning(
                "%s is for flytekit's runtime, and a call here runs it with kit's: how "
                "outputs and errors are converted is not flytekit's. kit.run(task) in "
                "a process starts pyflyte-execute.",
                self.name,
            )

    def note_run(
        self, inputs: literals_pb2.LiteralMap, outputs: literals_pb2.LiteralMap
    ) -> None:
        """Remember what the task was last run on and what came out, to test it by.

        Large literals are not kept in memory for that.
        """
        if inputs.ByteSize() + outputs.ByteSize() <= _MOST_REMEMBERED:
            self._last_run = inputs, outputs

    @property
    def last_run(self) -> LastRun | None:
        """The inputs and outputs of this session's last run that was good and small."""
        return self._last_run


def _no_attribute(task: object, name: str) -> AttributeError:
    public = [] if name.startswith("_") else [n for n in dir(task) if n[0] != "_"]
    msg = f"{type(task).__name__} has no attribute {name!r}.{nearest(name, public)}"
    return AttributeError(msg, name=name, obj=None)  # or Python suggests one, too


def _through_bytes(literals: literals_pb2.LiteralMap) -> literals_pb2.LiteralMap:
    """Return the literals as another process would read them."""
    data = literals.SerializeToString(deterministic=True)
    return literals_pb2.LiteralMap.FromString(data)


def _secret_values(context: SecurityContext | None) -> Iterable[str]:
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
