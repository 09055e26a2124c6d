"""Loading a task in this process as its container does: from the template's bytes.

Nothing of the task's object reaches the executor. The resolver that the template names
loads the bytes, so that what works here works there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kit.resolver import TaskTemplateResolver
from kit.storage import current_storage

__all__ = ["load_from_template"]

_TEMPLATE_PATH = "{{.taskTemplatePath}}"


def load_from_template(
    resolver: Any, loader_args: list[str], template: bytes, *, source: str
) -> Any:
    """Load a task the way the container does, without a file if the resolver can.

    Args:
        resolver: The task's resolver.
        loader_args: What it wrote into the template.
        template: The template's bytes.
        source: What they are, for errors.

    Returns:
        What the resolver loads: an ExecutableTemplateShimTask, or like one.
    """
    if getattr(type(resolver), "load_task", None) is TaskTemplateResolver.load_task:
        _, location, *_ = loader_args
        return resolver.load_from_bytes(template, location, source=source)
    path = current_storage().new_local_path("task_template.pb")
    Path(path).write_bytes(template)
    return resolver.load_task([a.replace(_TEMPLATE_PATH, path) for a in loader_args])
