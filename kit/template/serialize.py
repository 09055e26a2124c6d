"""From a task and settings to its template: the one template of preview, run, registry.

Pure: nothing is written on the task or kept between calls, and what ``get_custom``
returns is read, not shared.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flyteidl.core import identifier_pb2, interface_pb2, security_pb2, tasks_pb2
from google.protobuf.message import Message

import kit
from kit.definition.images import Image, ImageConfig
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import ResourceSpec, resources_message
from kit.definition.settings import (
    Runtime,
    SerializationSettings,
    check_environment,
)
from kit.definition.shipment import INLINE_EXECUTOR, INLINE_KEY
from kit.errors import CustomWarning, DefinitionError
from kit.template.config import check_config, kit_entries
from kit.template.custom import doubtful_numbers, fill_struct

if TYPE_CHECKING:
    from flyteidl.admin import task_pb2

    from kit.definition.metadata import Documentation

# Wire contracts: these names stand in registered templates and never move.
_RESOLVER = "kit.resolver.default_task_template_resolver"
_FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)
_ENTRYPOINTS: dict[Runtime, str] = {"kit": "kit-execute", "flytekit": "pyflyte-execute"}
_COMMANDS = frozenset(_ENTRYPOINTS.values())


def runtime_of(
    task_runtime: Runtime | None, settings: SerializationSettings
) -> Runtime:
    """Return the container runtime: the task's, or else the settings', or else kit."""
    return task_runtime or settings.runtime or "kit"


def command_args(
    runtime: Runtime, resolver_location: str, loader_args: list[str]
) -> list[str]:
    """Return the arguments of the container.

    kit's default resolver stands for flytekit's in an image that carries flytekit: both
    load the same template in the same way.
    """
    if runtime == "flytekit" and resolver_location == _RESOLVER:
        resolver_location = _FLYTEKIT_RESOLVER
    return [
        _ENTRYPOINTS[runtime],
        "--inputs",
        "{{.input}}",
        "--output-prefix",
        "{{.outputPrefix}}",
        "--raw-output-data-prefix",
        "{{.rawOutputDataPrefix}}",
        "--resolver",
        resolver_location,
        "--",
        *loader_args,
    ]


def loader_args_of(template: tasks_pb2.TaskTemplate) -> list[str] | None:
    """Return the loader arguments in the arguments of a template's container.

    None where there is no container, or its command is not one of :func:`command_args`.
    """
    args = list(template.container.args)
    if not args or args[0] not in _COMMANDS or "--" not in args:
        return None
    return args[args.index("--") + 1 :]


def write_metadata(
    message: tasks_pb2.TaskMetadata,
    metadata: TaskMetadata,
    runtime: Runtime,
    settings: SerializationSettings,
) -> None:
    """Write the metadata with what made the template into an empty message."""
    if runtime == "flytekit":
        metadata.write(message, "python", settings.flytekit_version)
    else:
        metadata.write(message, "kit", kit.__version__)


M = TypeVar("M", bound=Message)

_ALL_TARGETS = 3


@dataclass(frozen=True, kw_only=True)
class _PlaceholderImages(ImageConfig):
    """Any name is an image: a local run renders them and starts no container."""

    def find_image(self, name: str) -> Image | None:
        return Image(name, "flyteorg.io/placeholder", tag="image")


LOCAL_SETTINGS = SerializationSettings(
    project="PLACEHOLDER_PROJECT",
    domain="LOCAL",
    version="PLACEHOLDER_VERSION",
    image_config=_PlaceholderImages(
        default_image=Image("custom_container_task", "flyteorg.io/placeholder", "image")
    ),
)
"""Settings of a local call: there is no project yet, and flytekit's words say so."""


def is_placeholder(image: str) -> bool:
    """Tell the image that stands for any where only local settings are known."""
    stand_in = LOCAL_SETTINGS.image_config.default_image
    return stand_in is not None and image.startswith(stand_in.fqn)


class TaskDefinition(Protocol):
    """What a template is made of; a task is one without knowing it."""

    @property
    def name(self) -> str | None: ...  # noqa: D102 - the reference documents them
    @property
    def task_type(self) -> str: ...  # noqa: D102
    @property
    def task_type_version(self) -> int: ...  # noqa: D102
    @property
    def metadata(self) -> TaskMetadata: ...  # noqa: D102
    @property
    def interface(self) -> interface_pb2.TypedInterface: ...  # noqa: D102
    @property
    def output_names(self) -> list[str]: ...  # noqa: D102
    @property
    def security_context(self) -> Any: ...  # noqa: D102
    @property
    def docs(self) -> Documentation | None: ...  # noqa: D102
    @property
    def enable_deck(self) -> bool: ...  # noqa: D102
    @property
    def deck_fields(self) -> list[Any]: ...  # noqa: D102
    @property
    def runtime(self) -> Runtime | None: ...  # noqa: D102
    def finished_spec(self, settings: SerializationSettings) -> Any: ...  # noqa: D102
    def get_custom(self, settings: SerializationSettings) -> dict[str, Any] | None: ...  # noqa: D102
    def shipped_custom(self, settings: SerializationSettings) -> dict[str, Any]: ...  # noqa: D102
    def get_config(self, settings: SerializationSettings) -> dict[str, str] | None: ...  # noqa: D102
    def get_container(self, settings: SerializationSettings) -> Any: ...  # noqa: D102
    def get_k8s_pod(self, settings: SerializationSettings) -> Any: ...  # noqa: D102
    def get_sql(self, settings: SerializationSettings) -> Any: ...  # noqa: D102
    def get_extended_resources(  # noqa: D102
        self, settings: SerializationSettings
    ) -> tasks_pb2.ExtendedResources | None: ...


def task_spec(
    task: TaskDefinition, settings: SerializationSettings = LOCAL_SETTINGS
) -> task_pb2.TaskSpec:
    """Write what is registered: the template and its documentation.

    Raises:
        DefinitionError: As :func:`task_template`.
    """
    from flyteidl.admin import task_pb2  # templates do without it

    finished: task_pb2.TaskSpec | None = task.finished_spec(settings)
    if finished is not None:
        return finished
    spec = task_pb2.TaskSpec(template=task_template(task, settings))
    docs = task.docs
    if docs is not None:
        spec.description.CopyFrom(docs.to_flyte_idl())
    return spec


def template_bytes(
    task: TaskDefinition, settings: SerializationSettings = LOCAL_SETTINGS
) -> bytes:
    """Write the template as bytes, the same in every process for the same definition.

    Raises:
        DefinitionError: As :func:`task_template`.
    """
    return task_template(task, settings).SerializeToString(deterministic=True)


def task_template(
    task: TaskDefinition, settings: SerializationSettings = LOCAL_SETTINGS
) -> tasks_pb2.TaskTemplate:
    """Write the template of a task, as Flyte gets it.

    Args:
        task: The definition; it is only read.
        settings: Where the task will live, its images, its runtime.

    Raises:
        DefinitionError: A part of the definition cannot be written; its subclasses say
            which: custom, image, resources, …

    Warns:
        CustomWarning: A number in ``custom`` will not arrive as it is.
    """
    if not hasattr(task, "finished_spec"):
        msg = (
            f"Expected a task, got {task!r:.200}. A task of flytekit's becomes one "
            "with kit.from_flytekit(task)."
        )
        raise DefinitionError(msg)
    finished = task.finished_spec(settings)
    if finished is not None:
        template: tasks_pb2.TaskTemplate = finished.template
        return template
    if settings.computed is None:
        settings = settings.for_one_template()
    runtime = runtime_of(task.runtime, settings)
    template = tasks_pb2.TaskTemplate(
        type=task.task_type, task_type_version=task.task_type_version
    )
    _write_identifier(template.id, task.name, settings)
    write_metadata(template.metadata, task.metadata, runtime, settings)
    if task.enable_deck:
        template.metadata.generates_deck.value = True
    template.interface.CopyFrom(task.interface)
    security = _message(task.security_context, security_pb2.SecurityContext)
    if security is not None:
        template.security_context.CopyFrom(security)
    extended = _message(
        task.get_extended_resources(settings), tasks_pb2.ExtendedResources
    )
    if extended is not None:
        template.extended_resources.CopyFrom(extended)
    for key, value in _config(task, runtime, settings).items():
        template.config[key] = value
    custom = _custom(task, settings)
    _write_target(template, task, settings)
    _write_custom(template, _with_source(custom, template, task, settings))
    return template


def _write_identifier(
    identifier: identifier_pb2.Identifier,
    name: str | None,
    settings: SerializationSettings,
) -> None:
    identifier.resource_type = identifier_pb2.TASK
    identifier.project = settings.project or ""
    identifier.domain = settings.domain or ""
    identifier.name = name or ""
    identifier.version = settings.version or ""


def _config(
    task: TaskDefinition, runtime: Runtime, settings: SerializationSettings
) -> dict[str, str]:
    config = check_config(task.get_config(settings))
    if runtime == "kit":
        shown = task.deck_fields if task.enable_deck else None
        fields = None if shown is None else [field.value for field in shown]
        config |= kit_entries(task.output_names, fields)
    return config


def _custom(task: TaskDefinition, settings: SerializationSettings) -> Any:
    """Return the author's custom."""
    custom = task.get_custom(settings)
    if isinstance(custom, dict) and INLINE_KEY in custom:
        msg = (
            f"get_custom returned the key {INLINE_KEY!r}, which is kit's own: there "
            "the source of an inline executor travels. Choose another name."
        )
        raise DefinitionError(msg)
    return custom


def _with_source(
    custom: Any,
    template: tasks_pb2.TaskTemplate,
    task: TaskDefinition,
    settings: SerializationSettings,
) -> Any:
    """Return the author's custom, with the executor's source if that travels in it."""
    args = template.container.args  # a pod, say, has them somewhere else
    if args and INLINE_EXECUTOR not in args:
        return custom
    shipped = task.shipped_custom(settings)
    if not shipped or not isinstance(custom, dict | None):
        return custom
    return {**(custom or {}), **shipped}


def _write_custom(
    template: tasks_pb2.TaskTemplate, custom: dict[str, Any] | None
) -> None:
    if not custom:
        return
    if fill_struct(template.custom, custom):
        for path, why in doubtful_numbers(custom):
            warnings.warn(f"{path}: {why}", CustomWarning, stacklevel=4)


def _write_target(
    template: tasks_pb2.TaskTemplate,
    task: TaskDefinition,
    settings: SerializationSettings,
) -> None:
    """Write what is started: a container, or in its place a pod or SQL."""
    container = _message(task.get_container(settings), tasks_pb2.Container)
    pod = _message(task.get_k8s_pod(settings), tasks_pb2.K8sPod)
    sql = _message(task.get_sql(settings), tasks_pb2.Sql)
    if (container is None) + (pod is None) + (sql is None) < _ALL_TARGETS - 1:
        msg = (
            f"At most one of container, k8s_pod or sql can be set, and task "
            f"{task.name!r} sets more. Return None from the others' getters."
        )
        raise DefinitionError(msg)
    if container is not None:
        template.container.CopyFrom(container)
    if pod is not None:
        template.k8s_pod.CopyFrom(pod)
    if sql is not None:
        template.sql.CopyFrom(sql)


def _message(value: Any, kind: type[M]) -> M | None:
    """Return a part as its message; parts may also be models that know theirs."""
    if value is None or isinstance(value, kind):
        return value
    converted = value.to_flyte_idl() if hasattr(value, "to_flyte_idl") else value
    if converted is None or isinstance(converted, kind):
        return converted
    msg = f"Expected a {kind.__name__} message or None, got {value!r}."
    raise DefinitionError(msg)


def container_message(
    image: str,
    args: Sequence[str],
    resources: ResourceSpec,
    *,
    settings_env: Mapping[str, str] | None,
    environment: Mapping[str, str] | None,
) -> tasks_pb2.Container:
    """Write the container; its command is left to the image's entry point, as always.

    Args:
        image: The image's whole name.
        args: The arguments.
        resources: Requests and limits.
        settings_env: Variables of every task.
        environment: The task's own variables; they win, in the place of the others.

    Raises:
        DefinitionError: A variable is none that Kubernetes takes.
        ResourcesError: An amount is a pair.
    """
    env = check_environment(settings_env) | check_environment(environment)
    container = tasks_pb2.Container(
        image=image,
        args=args,
        resources=resources_message(resources.requests, resources.limits),
    )
    for key, value in env.items():
        container.env.add(key=key, value=value)
    return container
