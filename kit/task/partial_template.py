"""The template of a task whose parts may raise: those that do are left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.struct_pb2 import Struct

from kit.definition.settings import SerializationSettings
from kit.shim.executable import RAISED, call_author
from kit.template.custom import fill_struct
from kit.template.serialize import task_template


def partial_template(
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
        lenient: Any = _WithoutFailures(task, failures)
    try:
        return task_template(lenient, settings), failures
    except RAISED as error:
        failures["template"] = error
    template = TaskTemplate(type=str(task.task_type))
    template.id.name = str(task.name)
    return template, failures


class _WithoutFailures:
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
