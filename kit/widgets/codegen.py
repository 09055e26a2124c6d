"""The code that makes edits of a task and its settings permanent."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from kit.decorator import FunctionTask, container_task
from kit.definition.images import ImageConfig
from kit.definition.settings import SerializationSettings
from kit.errors import AuthoringError, SourceError, TrackingError
from kit.exporters.expression import Expressions, decorator_facts, laid_out
from kit.forms.task_fields import FIELDS, EditedTask, Task
from kit.source.definitions import definition_of
from kit.source.executors import namespace_of, undecorated
from kit.task.arguments import workflow_name
from kit.template.serialize import LOCAL_SETTINGS

_FIELD_OF_SETTINGS = {"default_image": "image_config", "settings_env": "env"}
_ATTRIBUTE_OF = {
    "image": "container_image",
    "env": "environment",
    "retries": "metadata",
    "timeout": "metadata",
    "cache": "metadata",
    "custom": "",
}
_WIDTH = 88


def edited_code(
    task: Task,
    settings: SerializationSettings,
    draft: EditedTask,
    held: Mapping[str, str],
) -> str:
    """Write the code that makes a task and settings as they were edited.

    A task that was written as a function gets its decorator, others get assignments to
    put below them.  Facts that no expression makes are told in a comment.

    Args:
        task: The task, unedited.
        settings: The settings, unedited.
        draft: Both with the edits.
        held: The edited fields.
    """
    groups = {field.key: field.group for field in FIELDS}
    of_settings = [key for key in held if groups[key] == "settings"]
    of_task = [key for key in held if groups[key] == "task"]
    parts = []
    if of_settings:
        parts.append(_settings_code(settings, draft.settings, of_settings))
    if of_task:
        try:
            parts.append(_task_code(task, draft, of_task))
        except AuthoringError as error:
            parts.append("".join(f"# {line}\n" for line in str(error).splitlines()))
    return "\n".join(parts)


def _settings_code(
    before: SerializationSettings, after: SerializationSettings, keys: list[str]
) -> str:
    names = [_FIELD_OF_SETTINGS.get(key, key) for key in keys]
    facts = [f"{name}={_setting(getattr(after, name))}" for name in names]
    is_new = before == LOCAL_SETTINGS
    made = "kit.SerializationSettings" if is_new else "settings.replace"
    return f"settings = {laid_out(made, facts, room=_WIDTH - len('settings = '))}\n"


def _setting(value: Any) -> str:
    if not isinstance(value, ImageConfig):
        return repr(value)
    default = value.default_image
    others = {
        image.name: image.full for image in value.images or () if image != default
    }
    images = [repr("" if default is None else default.full)]
    images += [repr(others)] if others else []
    return f"kit.ImageConfig.from_images({', '.join(images)})"


def _task_code(task: Task, draft: EditedTask, keys: list[str]) -> str:
    edited = draft.task
    if isinstance(task, FunctionTask) and isinstance(edited, FunctionTask):
        return _decorator(edited, draft.custom)
    return "".join(_assignments(_variable(task), draft, keys))


def _decorator(edited: FunctionTask, custom: dict[str, Any] | None) -> str:
    function = edited.function
    facts = decorator_facts(edited)
    if facts["name"] == workflow_name(function):
        del facts["name"]
    if custom is not None:
        facts.pop("custom", None)
        facts |= {"custom": custom} if custom else {}
    given = edited.made_with[1]
    ways = {name: given.get(name) for name in ("ship", "inline_limit")}
    facts |= {name: value for name, value in ways.items() if value is not None}
    write = Expressions(namespace_of(function))
    made = write.call(container_task, (), facts, f"task {edited.name}", room=_WIDTH - 1)
    return _imports(write, namespace_of(function)) + f"@{made}\n{_defined(edited)}"


def _defined(task: FunctionTask) -> str:
    """Return a function as it is written, without the decorator that makes the task."""
    function = task.function
    try:
        return undecorated(definition_of(function), function).text
    except SourceError as error:
        told = "".join(f"    # {line}\n" for line in str(error).splitlines())
        parameters = inspect.signature(function)
        return f"def {function.__name__}{parameters}:\n{told}    ...\n"


def _imports(write: Expressions, known: Mapping[str, Any]) -> str:
    """Return imports of what an expression names and its reader has not."""
    lines = [
        f"from {value.__module__} import {value.__qualname__}\n"
        for name, value in write.names.items()
        if name != "kit" and known.get(name) is not value
    ]
    return "".join(sorted(lines))


def _assignments(variable: str, draft: EditedTask, keys: list[str]) -> Iterator[str]:
    write = Expressions({})
    names = (_ATTRIBUTE_OF.get(key, "resources") for key in keys)
    values = {
        name: write.expression(getattr(draft.task, name), f"{name} of {variable}")
        for name in dict.fromkeys(filter(None, names))
    }
    yield _imports(write, {})
    for name, value in values.items():
        yield f"{variable}.{name} = {value}\n"
    if draft.custom is not None:
        kind = type(draft.task).__name__
        made = write.expression(draft.custom, "custom").replace("\n", "\n    ")
        yield f"\n# a method of {kind}:\ndef get_custom(self, settings):\n"
        yield f"    return {made}\n"


def _variable(task: Task) -> str:
    try:
        return task.lhs
    except TrackingError:
        return "task"
