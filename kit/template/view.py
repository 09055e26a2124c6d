"""The executor's view of a task template: read-only, in the shape executors expect.

An executor that was written for flytekit's ``TaskTemplate`` model finds the same
attributes here: ``tt.custom`` is a plain dict, ``tt.id.name`` the task's name,
``tt.interface.inputs["x"].type`` a literal type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core import identifier_pb2, tasks_pb2

from kit.shown import Shown
from kit.template.config import OUTPUT_ORDER
from kit.template.custom import custom_from_struct
from kit.template.parts import (
    ContainerView,
    InterfaceView,
    K8sPodView,
    MetadataView,
    View,
)

if TYPE_CHECKING:
    from kit.definition.security import SecurityContext

__all__ = ["TaskTemplateView"]


class TaskTemplateView(View[tasks_pb2.TaskTemplate], Shown):
    """What an executor sees of its task: everything in the template, nothing else.

    Reading is lazy.  What an executor does to ``custom`` stays in its own copy.

    Example:
        >>> message = tasks_pb2.TaskTemplate(type="sql")
        >>> message.custom.fields["table"].string_value = "penguins"
        >>> tt = TaskTemplateView.from_flyte_idl(message)
        >>> tt.type, tt.custom
        ('sql', {'table': 'penguins'})
    """

    __slots__ = ("_custom", "_interface")

    def __init__(
        self, message: tasks_pb2.TaskTemplate, custom: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self._custom = custom
        self._interface: InterfaceView | None = None

    @classmethod
    def from_flyte_idl(cls, pb2_object: tasks_pb2.TaskTemplate) -> TaskTemplateView:
        """View a message, which must not be changed any more.

        Raises:
            TemplateError: ``custom`` has a NaN or an infinity, which JSON lacks.
        """
        return cls(pb2_object, custom_from_struct(pb2_object.custom))

    @property
    def id(self) -> identifier_pb2.Identifier:
        """Project, domain, name, version, and the resource type."""
        return self._message.id

    @property
    def type(self) -> str:
        """The task type, ``python-task`` unless the author chose another."""
        return self._message.type

    @property
    def metadata(self) -> MetadataView:
        """Cache, retries, timeout and the runtime."""
        return MetadataView(self._message.metadata)

    @property
    def interface(self) -> InterfaceView:
        """The inputs and outputs."""
        if self._interface is None:
            order = self._message.config.get(OUTPUT_ORDER, "")
            self._interface = InterfaceView(self._message.interface, order)
        return self._interface

    @property
    def custom(self) -> dict[str, Any]:
        """What ``get_custom`` returned; numbers are floats after the wire."""
        if self._custom is None:
            self._custom = custom_from_struct(self._message.custom)
        return self._custom

    @property
    def config(self) -> dict[str, str]:
        """What ``get_config`` returned, and kit's own keys (``kit.…``)."""
        return dict(sorted(self._message.config.items()))

    @property
    def container(self) -> ContainerView | None:
        """The container, or ``None`` when the target is a pod or SQL."""
        message = self._message
        present = message.HasField("container")
        return ContainerView(message.container) if present else None

    @property
    def k8s_pod(self) -> K8sPodView | None:
        """The pod, when that is the target."""
        message = self._message
        return K8sPodView(message.k8s_pod) if message.HasField("k8s_pod") else None

    @property
    def sql(self) -> tasks_pb2.Sql | None:
        """The SQL statement and dialect, when that is the target."""
        return self._message.sql if self._message.HasField("sql") else None

    @property
    def task_type_version(self) -> int:
        """The version of the task type."""
        return self._message.task_type_version

    @property
    def security_context(self) -> SecurityContext | None:
        """The identity and secrets, or ``None`` when nothing is asked for."""
        from kit.definition.security import SecurityContext

        context = self._message.security_context
        return SecurityContext.from_flyte_idl(context) if context.ByteSize() else None

    @property
    def extended_resources(self) -> tasks_pb2.ExtendedResources | None:
        """The accelerator and shared memory, if the task asks for them."""
        present = self._message.HasField("extended_resources")
        return self._message.extended_resources if present else None

    def __repr__(self) -> str:
        return f"TaskTemplateView({self.id.name!r}, type={self.type!r})"
