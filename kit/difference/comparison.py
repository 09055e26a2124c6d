"""``kit.diff``: what differs between two tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.difference.cache_key import cache_key, key_parts
from kit.difference.change import change_of
from kit.difference.difference import Difference
from kit.difference.edit import Edit
from kit.difference.fields import compare_messages
from kit.difference.sides import Side, read_sides
from kit.difference.verdict import judge_registration

__all__ = ["compare_sides", "diff"]


def diff(
    task: Any, against: Any, *, settings: SerializationSettings | None = None
) -> Difference:
    """Tell what differs between a task and an older one, and what that means.

    A side is a task, a TaskTemplate, a TaskSpec, their bytes, an entry of
    :func:`kit.history`; a template file (``.pb``, ``.json``, ``.yaml``, ``.pbtxt``); a
    task in a package for ``flytectl register files`` (``package.tgz::task``); or a task
    of a module in a git revision (``git:REVISION:path/module.py:task``), which a
    process of its own imports from a temporary folder: it is code that runs as you.

    Documentation is compared if both sides have it: tasks and TaskSpecs do.  Texts that
    have the name of a secret (``DB_PASSWORD``) are compared and never shown.

    Args:
        task: The new side.
        against: The old side.
        settings: What tasks are serialized with.  By default those of a local call,
            with the project, domain and version of the other side if that has its own.

    Returns:
        The difference; it is true if there is any.

    Raises:
        SideError: A side is none of these; RevisionError if it is of git.
        StorageError: A file cannot be read.
        TemplateError: A file or bytes hold no template.
        DefinitionError: A task cannot be serialized.

    Example:
        >>> from flyteidl.core.tasks_pb2 import TaskTemplate
        >>> old = TaskTemplate(type="sql", config={"limit": "3"})
        >>> new = TaskTemplate(type="sql", config={"limit": "5"})
        >>> diff(new, against=old).changes
        (Change(config.limit: '3' -> '5', behaviour),)
    """
    return compare_sides(*read_sides(task, against, settings))


def compare_sides(new: Side, old: Side) -> Difference:
    """Compare sides that have been read."""
    parts = key_parts(old.template, new.template)
    changes = (
        change_of(
            edit,
            old.template,
            new.template,
            defaults=new.defaults,
            key_parts=parts,
        )
        for edit in _edits(new, old)
    )
    return Difference(
        name=new.template.id.name,
        old=old.label,
        new=new.label,
        changes=tuple(changes),
        verdict=judge_registration(old.template, new.template),
        cached=None not in (cache_key(old.template), cache_key(new.template)),
    )


def _edits(new: Side, old: Side) -> Iterator[Edit]:
    yield from compare_messages(old.template, new.template)
    if old.docs is not None and new.docs is not None:
        yield from compare_messages(old.docs, new.docs, ("description",))
