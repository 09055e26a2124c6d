"""A task and settings with edits: copies, so that what is edited stays as it is."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

from kit.authoring.decorator import FunctionTask
from kit.definition.resources import Resources
from kit.definition.settings import SerializationSettings
from kit.task.definition import CustomizedContainerDefinition

__all__ = ["Draft", "Task"]

Task = CustomizedContainerDefinition[Any]


@dataclass
class Draft:
    """A task and settings that may be changed.

    Attributes:
        task: A copy of the task that is edited.
        settings: The settings.
        custom: What ``get_custom`` returns in its place, if that was edited.
    """

    task: Task
    settings: SerializationSettings
    custom: dict[str, Any] | None = None

    @classmethod
    def of(cls, task: Task, settings: SerializationSettings) -> Draft:
        """Copy a task; what it is made of is shared and never written to."""
        draft = copy.copy(task)
        # Whether its module holds the task is asked of the task that it holds.
        vars(draft)["_shipped_object"] = task._shipped_object  # noqa: SLF001 - above
        return cls(draft, settings)

    def set_settings(self, **changes: Any) -> None:
        """Change fields of the settings.

        Raises:
            DefinitionError: A value is of the wrong kind.
        """
        self.settings = self.settings.replace(**changes)

    def set_metadata(self, **changes: Any) -> None:
        """Change facts of the metadata.

        Raises:
            MetadataError: A value is wrong, or contradicts another one.
        """
        self.task.metadata = dataclasses.replace(self.task.metadata, **changes)

    def set_amount(self, side: str, resource: str, amount: str | None) -> None:
        """Change one request or limit.

        Raises:
            ResourcesError: Kubernetes would refuse the amount.
        """
        spec = self.task.resources
        changed = dataclasses.replace(getattr(spec, side), **{resource: amount})
        self.task.resources = dataclasses.replace(spec, **{side: changed})

    def set_custom(self, custom: dict[str, Any]) -> None:
        """Put this in place of what ``get_custom`` returns."""
        self.custom = custom
        vars(self.task)["get_custom"] = lambda _settings: copy.deepcopy(custom)

    def amount(self, side: str, resource: str) -> str:
        """Return a request or limit as text, empty if there is none."""
        amounts: Resources = getattr(self.task.resources, side)
        value = getattr(amounts, resource)
        return "" if value is None else str(value)

    @property
    def is_function(self) -> bool:
        """Whether the task was written as a function with a decorator."""
        return isinstance(self.task, FunctionTask)
