"""The container of a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flyteidl.core import tasks_pb2

from kit.definition.names import check_environment
from kit.definition.resources import ResourceSpec, resources_message

__all__ = ["container_message"]


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
