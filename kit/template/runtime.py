"""The two container runtimes: which one a template is for, and what it says then."""

from __future__ import annotations

from flyteidl.core import tasks_pb2

import kit
from kit.definition.metadata import TaskMetadata
from kit.definition.settings import Runtime, SerializationSettings, check_runtime

__all__ = ["command_args", "runtime_of", "write_metadata"]

# Wire contracts: these names stand in registered templates and never move.
_RESOLVER = "kit.resolver.default_task_template_resolver"
_FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)
_ENTRYPOINTS: dict[Runtime, str] = {"kit": "kit-execute", "flytekit": "pyflyte-execute"}


def runtime_of(
    task_runtime: Runtime | None, settings: SerializationSettings
) -> Runtime:
    """Return the container runtime: the task's, or else the settings', or else kit."""
    check_runtime(task_runtime)
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
