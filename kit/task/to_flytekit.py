"""A task of kit's as one of flytekit's: a node of its workflows, with kit's template.

Everything is read from the task when flytekit asks: settings and facts that change
later count. What flytekit registers of it is the template that kit makes.
"""

from __future__ import annotations

import functools
import typing
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flyteidl.core import literals_pb2, tasks_pb2

from kit.shim.context import local_context
from kit.task.flytekit_settings import flytekit_module, kit_settings
from kit.template.custom import custom_from_struct
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.types import default_engine
from kit.types.annotated import underlying

if TYPE_CHECKING:
    from kit.task.task import PythonCustomizedContainerTask

_twins: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def flytekit_twin(task: PythonCustomizedContainerTask[Any]) -> Any:
    """Return the task as one of flytekit's; always the same one for a task.

    Raises:
        MissingPackageError: flytekit is not installed.
    """
    if task not in _twins:
        _twins[task] = _twin_class()(task)
    return _twins[task]


@functools.cache
def _twin_class() -> type[Any]:
    """Return the class of such tasks, which is made when flytekit is there."""
    base = flytekit_module("flytekit.core.base_task")
    return type("KitTask", (_KitTask, base.PythonTask), {"__doc__": _KitTask.__doc__})


@functools.cache
def _metadata_class() -> type[Any]:
    base = flytekit_module("flytekit.core.base_task")
    return type("Metadata", (_Metadata, base.TaskMetadata), {})


class _Metadata:
    """The metadata of kit's template, with kit as its runtime."""

    task: Any

    def to_taskmetadata_model(self) -> Any:
        message = task_template(self.task, LOCAL_SETTINGS).metadata
        models = flytekit_module("flytekit.models.task")
        return models.TaskMetadata.from_flyte_idl(message)


_METADATA = (
    *("retries", "timeout", "interruptible", "cache", "cache_version"),
    *("cache_serialize", "cache_ignore_input_vars"),
)


class _KitTask:
    """A task of kit's in flytekit."""

    def __init__(self, task: Any) -> None:
        self.kit_task = task
        own = task.python_interface
        interface = flytekit_module("flytekit.core.interface").Interface(
            {
                name: (flytekit_type(kind), default)
                for name, (kind, default) in own.inputs_with_defaults.items()
            },
            {name: flytekit_type(kind) for name, kind in own.outputs.items()},
            output_tuple_name=own.output_tuple_name,
        )
        made: Any = super()
        made.__init__(
            task_type=task.task_type,
            name=task.name,
            task_config=task.task_config,
            interface=interface,
            enable_deck=task.enable_deck,
        )

    @property
    def interface(self) -> Any:
        typed = flytekit_module("flytekit.models.interface")
        return typed.TypedInterface.from_flyte_idl(self.kit_task.interface)

    @property
    def metadata(self) -> Any:
        own = self.kit_task.metadata
        made = _metadata_class()(**{name: getattr(own, name) for name in _METADATA})
        made.task = self.kit_task
        return made

    @property
    def task_type_version(self) -> int:
        return int(self.kit_task.task_type_version)

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.kit_task.environment)

    @property
    def docs(self) -> Any:
        own = self.kit_task.docs
        if own is None:
            return None
        documentation = flytekit_module("flytekit.models.documentation")
        return documentation.Documentation.from_flyte_idl(own.to_flyte_idl())

    @property
    def security_context(self) -> Any:
        made = task_template(self.kit_task, LOCAL_SETTINGS)
        security = flytekit_module("flytekit.models.security").SecurityContext
        return self._part(made, "security_context", security)

    def get_custom(self, settings: Any) -> Any:
        return custom_from_struct(self._made(settings).custom)

    def get_config(self, settings: Any) -> dict[str, str]:
        return dict(self._made(settings).config)

    def get_container(self, settings: Any) -> Any:
        models = flytekit_module("flytekit.models.task")
        return self._part(self._made(settings), "container", models.Container)

    def get_k8s_pod(self, settings: Any) -> Any:
        models = flytekit_module("flytekit.models.task")
        return self._part(self._made(settings), "k8s_pod", models.K8sPod)

    def get_sql(self, settings: Any) -> Any:
        models = flytekit_module("flytekit.models.task")
        return self._part(self._made(settings), "sql", models.Sql)

    def get_extended_resources(self, settings: Any) -> Any:
        return self._part(self._made(settings), "extended_resources", None)

    def _made(self, settings: Any) -> tasks_pb2.TaskTemplate:
        return task_template(self.kit_task, kit_settings(settings))

    def _part(self, made: tasks_pb2.TaskTemplate, name: str, model: Any) -> Any:
        if not made.HasField(name):
            return None
        part = getattr(made, name)
        return part if model is None else model.from_flyte_idl(part)

    def dispatch_execute(self, ctx: Any, input_literal_map: Any) -> Any:
        """Run kit's shim on the literals."""
        del ctx
        given = literals_pb2.LiteralMap()
        given.CopyFrom(input_literal_map.to_flyte_idl())
        outputs = self.kit_task.run_literals(local_context(), given)
        models = flytekit_module("flytekit.models.literals")
        return models.LiteralMap.from_flyte_idl(outputs)

    def execute(self, **kwargs: Any) -> Any:
        """Run kit's shim on Python values."""
        return self.kit_task.local_execute(local_context(), **kwargs)


_CLASSES = {
    "kit.types.files.FlyteFile": ("flytekit.types.file", "FlyteFile"),
    "kit.types.directories.FlyteDirectory": (
        "flytekit.types.directory",
        "FlyteDirectory",
    ),
    "kit.types.datasets.StructuredDataset": (
        "flytekit.types.structured",
        "StructuredDataset",
    ),
    "kit.types.schema.FlyteSchema": ("flytekit.types.schema", "FlyteSchema"),
}


def flytekit_type(python_type: Any) -> Any:
    """Return the type by which flytekit converts a value of a type of kit's.

    Kit's own classes of files, folders and tables are flytekit's there; lists,
    dictionaries and unions of them, too. Other types are the same.
    """
    bare = underlying(python_type)
    origin, members = typing.get_origin(bare), typing.get_args(bare)
    if members and origin in (list, dict, typing.Union):
        inner = tuple(map(flytekit_type, members))
        generic: Any = {list: typing.List, dict: typing.Dict}.get(origin, typing.Union)  # noqa: UP006 - flytekit's own form
        return generic[inner if len(inner) > 1 else inner[0]]
    names = {
        f"{kind.__module__}.{kind.__name__}" for kind in getattr(bare, "__mro__", ())
    }
    for name, (module, attribute) in _CLASSES.items():
        if name in names:
            found = getattr(flytekit_module(module), attribute)
            return _with_form(found, bare)
    return python_type


def _with_form(found: Any, own: Any) -> Any:
    """Give flytekit's class the format that kit's has."""
    declared = default_engine.literal_type(own)
    if declared.WhichOneof("type") == "blob" and declared.blob.format:
        return found[declared.blob.format]
    if declared.WhichOneof("type") == "schema":
        return found[own.columns()] if hasattr(own, "columns") else found
    return found
