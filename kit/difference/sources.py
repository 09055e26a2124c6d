"""The sides of a diff: whatever stands for a task, read as its template."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.admin.description_entity_pb2 import DescriptionEntity
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.history import PastDefinition
from kit.difference.revisions import parse_revision, task_of_revision
from kit.errors import TargetError
from kit.targets import parse_target, read_target
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import (
    TemplateMessage,
    decode_message,
    template_of,
)
from kit.template.serialize import LOCAL_SETTINGS, task_spec


@dataclass(frozen=True)
class Side:
    """One side of a diff.

    Attributes:
        label: What it is, in a few words.
        template: A copy of its template.
        docs: What is registered with it; ``None`` if the side does not say.
        defaults: Inputs that have a default value in Python.
    """

    label: str
    template: TaskTemplate
    docs: DescriptionEntity | None = None
    defaults: frozenset[str] = frozenset()


Unmade = Callable[[SerializationSettings], Side]
"""A side that settings make: those of a task, here or in a git revision."""


def read_sides(
    new: Any,
    old: Any,
    settings: SerializationSettings | None = None,
    *,
    replaced: Mapping[str, Any] | None = None,
) -> tuple[Side, Side]:
    """Read both sides of a diff.

    Args:
        new: A task, TaskTemplate, TaskSpec, bytes, an earlier definition of this
            session, ``module:task``, a template file, ``package.tgz::task``, or
            ``git:REVISION:path/module.py:task``.
        old: The same.
        settings: What tasks are serialized with.  By default those of a local call,
            with the project, domain and version of the other side if that has its own.
        replaced: Fields of the settings to take in place of those.

    Raises:
        TargetError: A side is none of these.
        StorageError: A file cannot be read.
        TemplateError: A file or bytes hold no template.
        DefinitionError: A task cannot be serialized.
    """
    sources = [_source(new), _source(old)]
    made = [source for source in sources if isinstance(source, Side)]
    chosen = settings or _settings_like(made[0] if made else None)
    chosen = chosen.replace(**(replaced or {}))
    first, second = (s if isinstance(s, Side) else s(chosen) for s in sources)
    return first, second


def _settings_like(side: Side | None) -> SerializationSettings:
    """Return settings that put a task where another one is registered."""
    if side is None:
        return LOCAL_SETTINGS
    place = side.template.id
    return LOCAL_SETTINGS.replace(
        project=place.project, domain=place.domain, version=place.version
    )


def _source(thing: Any) -> Side | Unmade:
    if isinstance(thing, PythonCustomizedContainerTask):
        return lambda settings: _of_task(thing, settings)
    if isinstance(thing, str | os.PathLike):
        return _of_text(os.fspath(thing))
    if isinstance(thing, PastDefinition):
        label = f"definition {thing.number} of {thing.name}"
        return _of_message(decode_message(thing.data, "pb", label), label)
    if isinstance(thing, bytes | bytearray | memoryview):
        data = bytes(thing)
        return _of_message(decode_message(data, "pb", "The bytes"), "bytes")
    message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if isinstance(message, TaskTemplate | TaskSpec):
        return _of_message(message, f"a {type(message).__name__}")
    msg = (
        f"A {type(thing).__name__} is no side of a diff: {thing!r:.80}. Give a task, a "
        "TaskTemplate, a TaskSpec, bytes, a template file, package.tgz::task, or "
        "git:REVISION:path/module.py:task."
    )
    raise TargetError(msg)


def _of_task(task: Any, settings: SerializationSettings) -> Side:
    defaults = frozenset(task.python_interface.default_inputs_as_kwargs)
    return _of_message(task_spec(task, settings), f"task {task.name}", defaults)


def _of_text(text: str) -> Side | Unmade:
    target = parse_target(text)
    if target.kind == "revision":
        return _of_revision(text)
    found = read_target(target)
    if isinstance(found, PythonCustomizedContainerTask):
        return lambda settings: _of_task(found, settings)
    return _of_message(found, text)


def _of_revision(text: str) -> Unmade:
    revision = parse_revision(text)
    return lambda settings: _of_message(task_of_revision(revision, settings), text)


def _of_message(
    message: TemplateMessage, label: str, defaults: frozenset[str] = frozenset()
) -> Side:
    template = TaskTemplate()
    template.CopyFrom(template_of(message))
    docs = message.description if isinstance(message, TaskSpec) else None
    return Side(label, template, docs, defaults)
