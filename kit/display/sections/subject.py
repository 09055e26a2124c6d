"""What the sections of a template's view are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.display.struct_value import Bounded, read_struct
from kit.errors import KitError

__all__ = ["Subject"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A template, and what is known of its making.

    Attributes:
        template: The message.
        task: The task it was made of; None if it came from elsewhere.
        settings: What it was made with, if there is a task.
        defaults: Default values of inputs, which templates do not carry.
        order: The order of the variables, which they do not carry either.
        failures: What could not be made of the task, by its part of the template.
    """

    template: TaskTemplate
    task: Any = None
    settings: SerializationSettings | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    failures: Mapping[str, BaseException] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        """The bytes of the message, which are counted through all of it."""
        return self.template.ByteSize()

    @cached_property
    def custom_size(self) -> int:
        """The bytes of ``custom`` among them."""
        return self.template.custom.ByteSize()

    @cached_property
    def custom(self) -> Bounded:
        """What ``custom`` holds, as far as it is shown."""
        return read_struct(self.template.custom)

    @cached_property
    def shipment(self) -> Any:
        """How the executor reaches its container; None where that is not known."""
        if self.task is None or "container" in self.failures:
            return None
        try:
            return self.task.shipment(self.settings)
        except (KitError, AttributeError):  # a template of another kind needs none
            return None

    def source(self, path: str) -> str:
        """Tell where the value at a path of the message comes from, if known."""
        if self.task is None or self.settings is None:
            return ""
        from kit.display.provenance import source_of

        return source_of(path, self.task, self.settings, self.template)
