"""What is registered on a live Flyte: the versions of a task, and their templates."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.errors import CallError, TemplateError
from kit.forecast.registration import template_digest
from kit.notebook import Shown
from kit.remote.client import Remote, as_remote
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import task_template
from kit.template.view import TaskTemplateView

if TYPE_CHECKING:
    from flyteidl.admin.task_pb2 import Task as Registered

_MOST_VERSIONS = 100


@dataclass(frozen=True)
class Version:
    """A registered version of a task.

    Attributes:
        name: The task's name.
        version: Its version.
        created: When it was registered.
        image: Its container's image; empty if it has none.
        description: What is written about it, in short.
        is_current: Whether it is the task as it is defined here; None if no task was
            given to compare with.
        template: The template, as it is registered.
    """

    name: str
    version: str
    created: dt.datetime
    image: str = ""
    description: str = ""
    is_current: bool | None = None
    template: TaskTemplateView | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, repr=False)
class Versions(Shown):
    """The registered versions of a task, the newest first.

    Attributes:
        name: The task's name.
        remote: Where.
        entries: The versions.
        has_more: Whether there are older ones, beyond the limit.
    """

    name: str
    remote: str
    entries: tuple[Version, ...]
    has_more: bool = False

    @property
    def current(self) -> Version | None:
        """The newest version that is the task as it is defined here."""
        return next((entry for entry in self.entries if entry.is_current), None)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Version]:
        return iter(self.entries)

    def __getitem__(self, key: int | str) -> Version:
        """Return a version, by its position or its name.

        Raises:
            CallError: There is no such version.
        """
        if isinstance(key, int):
            return self.entries[key]
        for entry in self.entries:
            if entry.version == key:
                return entry
        known = ", ".join(entry.version for entry in self.entries) or "none"
        msg = f"{self.name!r} has no version {key!r} here: it has {known}."
        raise CallError(msg)

    def __repr__(self) -> str:
        more = " and more" if self.has_more else ""
        plural = "" if len(self.entries) == 1 else "s"
        return f"Versions({self.name!r}: {len(self.entries):,} version{plural}{more})"


def versions(
    task: Any, /, *, remote: Remote | None = None, limit: int = _MOST_VERSIONS
) -> Versions:
    """Return the registered versions of a task, the newest first: a call for 100.

    Args:
        task: The task, which each version is compared with; or its name.
        remote: Where; by default the configured Flyte.
        limit: The most versions to return.

    Raises:
        CallError: It is no task and no name, or the limit is not a positive number.
        EndpointError: No Flyte is configured, or none answers there.
        RemoteError: It does not answer.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        msg = f"limit must be a positive number, got {limit!r}."
        raise CallError(msg)
    is_task = isinstance(task, PythonCustomizedContainerTask)
    name = _name(task)
    where = as_remote(remote)
    page = min(limit + 1, _MOST_VERSIONS)
    listed = where.list_tasks(name, limit=page)
    found = list(itertools.islice(listed, limit + 1))
    entries = tuple(_version(one, task if is_task else None) for one in found[:limit])
    return Versions(name, repr(where), entries, has_more=len(found) > limit)


def _name(task: Any) -> str:
    name = task.name if isinstance(task, PythonCustomizedContainerTask) else task
    if not isinstance(name, str) or not name:
        msg = f"Expected a task or the name of one, got {task!r:.100}."
        raise CallError(msg)
    return name


def _version(registered: Registered, task: Any) -> Version:
    template = registered.closure.compiled_task.template
    return Version(
        name=registered.id.name,
        version=registered.id.version,
        created=registered.closure.created_at.ToDatetime(tzinfo=dt.timezone.utc),
        image=template.container.image,
        description=registered.short_description,
        is_current=None if task is None else _is(task, template, registered.id),
        template=_view(template),
    )


def _view(template: TaskTemplate) -> TaskTemplateView | None:
    try:
        return TaskTemplateView.from_flyte_idl(template)
    except TemplateError:  # a custom that JSON lacks numbers for
        return None


def _is(task: Any, template: TaskTemplate, place: Identifier) -> bool:
    """Tell whether flyteadmin would take a task for this version."""
    settings = SerializationSettings(
        project=place.project, domain=place.domain, version=place.version
    )
    made = task_template(task, settings)
    made.id.CopyFrom(template.id)
    try:
        return template_digest(made) == template_digest(template)
    except TemplateError:
        return False


def fetch(
    name: str, version: str | None = None, /, *, remote: Remote | None = None
) -> TaskTemplateView:
    """Return the template of a registered task, as it was sent.

    ``kit.check`` and ``kit.diff`` take it, it shows itself at the end of a cell, and
    ``kit.run`` runs it if it is trusted. As a text for all of them it is
    ``flyte://project/domain/name@version``.

    Args:
        name: The task's name.
        version: The version; the newest by default.
        remote: Where; by default the configured Flyte.

    Raises:
        CallError: It is no name.
        RemoteNotFoundError: It is not registered.
        TemplateError: Its custom has a number that JSON lacks.
        EndpointError: No Flyte is configured, or none answers there.
    """
    return TaskTemplateView.from_flyte_idl(
        as_remote(remote).fetch(_name(name), version)
    )
