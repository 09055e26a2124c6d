"""Where each value of a template comes from: an argument, a setting, a default, kit.

A task does not keep which of its arguments were given, so a value that equals the
argument's default is called the default.  A method that a subclass overrides is named
in place of the arguments it may or may not have read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.decorator import FunctionTask
from kit.definition.metadata import TaskMetadata
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import INLINE_KEY
from kit.resolver import default_task_template_resolver
from kit.task.flytekit_task import FlytekitTask

_ARGUMENTS_OF_DECORATOR = {
    "container_image": "image",
    "interface": "annotations of the function",
}


@dataclass(frozen=True)
class _Making:
    """What a template was made of."""

    task: Any
    settings: SerializationSettings
    template: TaskTemplate

    def argument(self, name: str, *, default: bool = False) -> str:
        """Name an argument of the task, or say that it has its default."""
        if default:
            return f"the default of {name}"
        if isinstance(self.task, FunctionTask):
            renamed = _ARGUMENTS_OF_DECORATOR.get(name, name)
            return renamed if " " in renamed else f"task argument {renamed}"
        return f"task argument {name}"

    def method(self, name: str, otherwise: str) -> str:
        """Name a method that a subclass overrides, or else what kit's own reads."""
        for kind in type(self.task).__mro__:
            if name in vars(kind):
                own = kind.__module__.startswith("kit.")
                return otherwise if own else f"method {name} of {kind.__name__}"
        return otherwise

    @property
    def runtime(self) -> str:
        """Say who chose the runtime."""
        if self.task.runtime is not None:
            return "task argument runtime"
        if self.settings.runtime is not None:
            return "settings.runtime"
        return "the default of runtime"


def source_of(
    path: str, task: Any, settings: SerializationSettings, template: TaskTemplate
) -> str:
    """Tell where the value at a path comes from.

    Args:
        path: As :func:`~kit.display.types.leaves` writes it, or the start of one.
        task: The task that the template was made of.
        settings: What it was made with.
        template: The template.

    Returns:
        Such as ``task argument retries``, ``settings.project``, ``default of timeout``
        or ``computed: …``; empty for what no rule knows.
    """
    if isinstance(task, FlytekitTask):
        return "flytekit's translator"
    making = _Making(task, settings, template)
    for pattern, rule in _RULES:
        match = pattern.match(path)
        if match is not None:
            return rule(making, match[1] if pattern.groups else "")
    return ""


def _name(making: _Making, _: str) -> str:
    task = making.task
    if isinstance(task, FunctionTask):
        function = task.function
        if task.name.endswith(f".{function.__name__}"):
            return "computed: module and name of the function"
    return making.argument("name")


def _type(making: _Making, name: str) -> str:
    default = {"task_type": "python-task", "task_type_version": 0}[name]
    return making.argument(name, default=getattr(making.task, name) == default)


def _runtime_version(making: _Making, _: str) -> str:
    if making.template.metadata.runtime.flavor == "kit":
        return "computed: the version of kit"
    return "settings.flytekit_version"


_METADATA = {
    "discoverable": "cache",
    "discovery_version": "cache_version",
    "cache_serializable": "cache_serialize",
    "deprecated_error_message": "deprecated",
    "metadata": "labels",
    "metadata.labels": "labels",
    "metadata.annotations": "annotations",
    "retries.retries": "retries",
}


def _metadata(making: _Making, path: str) -> str:
    bare = path.partition("[")[0]
    name = _METADATA.get(bare, bare.partition(".")[0])
    default = _default_metadata()
    if name == "generates_deck" and making.task.enable_deck:
        return making.argument("enable_deck")
    if name not in default:
        return ""
    is_default = getattr(making.task.metadata, name) == default[name]
    if is_default:
        return making.argument(name, default=True)
    if isinstance(making.task, FunctionTask):
        return making.argument(name)
    return making.argument(f"metadata.{name}")


@functools.cache
def _default_metadata() -> Mapping[str, Any]:
    return vars(TaskMetadata())


def _description(making: _Making, name: str) -> str:
    for variables in (
        making.template.interface.inputs.variables,
        making.template.interface.outputs.variables,
    ):
        if name in variables and variables[name].description == name:
            return "computed: no description, so the name"
    return "the docstring"


def _custom(making: _Making, _: str) -> str:
    return making.method("get_custom", making.argument("custom"))


def _image(making: _Making, _: str) -> str:
    overridden = _overridden(making, "get_container", "get_image")
    if overridden:
        return overridden
    written, resolved = making.task.container_image, making.template.container.image
    if not written:
        return "settings.image_config: its default image"
    source = making.argument("container_image")
    if written == resolved:
        return source
    return f"{source}, rendered with settings.image_config"


def _word(making: _Making, index: str) -> str:
    overridden = _overridden(making, "get_container", "get_command")
    if overridden:
        return overridden
    words = list(making.template.container.args)
    position = int(index)
    if "--" in words and position > words.index("--"):
        return "computed: loader_args of the resolver"
    if position and words[position - 1] == "--resolver":
        return _resolver(making)
    return f"computed from {making.runtime}"


def _resolver(making: _Making) -> str:
    if making.task.task_resolver is not default_task_template_resolver:
        return making.argument("task_resolver")
    default = making.argument("task_resolver", default=True)
    if making.template.metadata.runtime.flavor == "kit":
        return default
    return f"{default}, as flytekit names it: {making.runtime}"


def _amount(making: _Making, side: str) -> str:
    return _overridden(making, "get_container") or making.argument(side)


def _variable(making: _Making, name: str) -> str:
    overridden = _overridden(making, "get_container")
    if overridden:
        return overridden
    own = name in making.task.environment
    return making.argument("environment") if own else "settings.env"


def _config(making: _Making, key: str) -> str:
    if key == "kit.output_order":
        return f"computed: the order in {making.argument('interface')}"
    if key == "kit.deck_fields":
        return making.argument("deck_fields")
    return making.method("get_config", "")


def _overridden(making: _Making, *names: str) -> str:
    found = (making.method(name, "") for name in names)
    return next(filter(None, found), "")


def _setting(_: _Making, name: str) -> str:
    return f"settings.{name}"


def _says(text: str) -> Callable[[_Making, str], str]:
    return lambda _making, _match: text


def _argument(name: str) -> Callable[[_Making, str], str]:
    return lambda making, _match: making.argument(name)


def _getter(name: str, otherwise: str) -> Callable[[_Making, str], str]:
    return lambda making, _match: making.method(name, otherwise)


_Rule = Callable[[_Making, str], str]
_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = tuple(
    (re.compile(pattern, re.DOTALL), rule)
    for pattern, rule in (
        (r"id\.resource_type", _says("computed: it is a task")),
        (r"id\.name", _name),
        (r"id\.(\w+)", _setting),
        (r"type$", lambda making, _: _type(making, "task_type")),
        (r"(task_type_version)", _type),
        (r"metadata\.runtime\.version", _runtime_version),
        (r"metadata\.runtime", lambda making, _: making.runtime),
        (r"metadata\.(.+)", _metadata),
        (r"interface\.\w+\.(\w+)\.description", _description),
        (r"interface", _argument("interface")),
        (rf"custom\.{re.escape(INLINE_KEY)}", _says("computed: the executor's source")),
        (r"custom", _custom),
        (r"container\.image", _image),
        (r"container\.args\[(\d+)\]", _word),
        (r"container\.resources\.(requests|limits)", _amount),
        (r"container\.resources", _getter("get_container", "the default of requests")),
        (r"container\.env\[(.*)\]$", _variable),
        (r"container", _getter("get_container", "")),
        (r"k8s_pod", _getter("get_k8s_pod", "")),
        (r"sql", _getter("get_sql", "")),
        (r"security_context", _argument("secret_requests")),
        (r"extended_resources\.gpu_accelerator", _argument("accelerator")),
        (r"extended_resources\.shared_memory", _argument("shared_memory")),
        (r"config\[(.*)\]$", _config),
    )
)
