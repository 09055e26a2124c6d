"""The task's type and target: which plugin of the engine will get it."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.rule import Problem, error, note, warning
from kit.checks.subject import Subject

__all__ = [
    "has_target",
    "type_has_container_plugin",
    "type_is_allowed",
    "type_is_known",
    "type_is_raw",
    "type_is_set",
]

_CONTAINER_TYPES = ("container", "python-task", "raw-container")
_OTHER_PLUGINS = frozenset(
    (
        *("sidecar", "spark", "ray", "dask", "pytorch", "tensorflow", "mpi"),
        *("container_array", "aws-batch", "presto", "echo", "athena", "snowflake"),
        *("bigquery", "bigquery_query_job_task", "databricks", "hive", "sagemaker"),
    )
)


@error("TT001", "registration", "missing type")
def type_is_set(subject: Subject) -> Iterator[Problem]:
    """A template has a type."""
    if subject.has_template and not subject.template.type:
        message = "Registration is refused: the template has no task type."
        yield Problem("type", message, "Set task_type, such as 'python-task'.")


@error("TT002", "registration", "task type must be whitelisted before use")
def type_is_allowed(subject: Subject) -> Iterator[Problem]:
    """The platform takes tasks of the type."""
    kind, allowed = subject.template.type, subject.platform.task_types
    if allowed is not None and kind and kind not in allowed:
        message = (
            f"Registration is refused: the platform takes no tasks of type {kind}."
        )
        fix = f"Use one of {', '.join(allowed) or 'none'}, or have it whitelisted."
        yield Problem("type", message, fix)


@error(
    "TT007",
    "run",
    "invalid TaskSpecification, unable to determine Pod configuration",
)
def has_target(subject: Subject) -> Iterator[Problem]:
    """There is something to start."""
    if subject.has_template and subject.template.WhichOneof("target") is None:
        if subject.failures:
            return  # the target is what could not be made
        message = "It registers and fails when it runs: there is no container to start."
        yield Problem("container", message, "Return a container from get_container.")


@warning("TT008", "silent")
def type_is_known(subject: Subject) -> Iterator[Problem]:
    """The type is one that some plugin is registered for."""
    kind = subject.template.type
    if not kind or not subject.is_container:
        return
    if kind not in _CONTAINER_TYPES and kind not in _OTHER_PLUGINS:
        message = (
            f"No plugin of Flyte is registered for {kind!r}: it runs as an ordinary "
            "container, unless the platform has a connector or agent of that name."
        )
        fix = "Use 'python-task' if an ordinary container is what you want."
        yield Problem("type", message, fix)


@error("TT009", "run")
def type_has_container_plugin(subject: Subject) -> Iterator[Problem]:
    """The type is not one that another plugin takes, which starts no container."""
    kind = subject.template.type
    if kind in _OTHER_PLUGINS and subject.is_container:
        message = (
            f"Tasks of type {kind!r} go to a plugin of their own, which ignores or "
            "refuses a plain container."
        )
        yield Problem("type", message, "Use task_type='python-task'.")


@note("TT010", "silent")
def type_is_raw(subject: Subject) -> Iterator[Problem]:
    """Raw containers end when all containers of their pod have ended."""
    if subject.template.type == "raw-container":
        message = "The task ends only when every container of its pod has ended."
        yield Problem("type", message, "Use 'python-task' to end with the first.")
