"""The fields of a task and its settings that can be edited, and their edits."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kit.decorator import FunctionTask
from kit.definition.images import Image, ImageConfig, render_image
from kit.definition.parsing import Parser
from kit.definition.resources import Resources
from kit.definition.settings import RUNTIMES, SerializationSettings
from kit.errors import DefinitionError, KitError, nearest
from kit.forms.fields import (
    ChoiceField,
    TextField,
    custom_of_text,
    custom_text,
    duration_of_text,
    duration_text,
    environment_of_text,
    environment_text,
)
from kit.shim.executable import RAISED, call_author
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]


@dataclass
class EditedTask:
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
    def of(cls, task: Task, settings: SerializationSettings) -> EditedTask:
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


Group = Literal["settings", "task"]


@dataclass(frozen=True)
class TaskField:
    """Something of a task or its settings that can be edited as text.

    Attributes:
        key: Its name, as ``Preview.edit`` takes it.
        label: Its name for a reader.
        group: What it belongs to.
        read: Returns its text.
        write: Changes it to what a text says.
        hint: What an empty field shows.
        lines: How many lines it has at least; one that has several may have more.
        options: What there is to choose from, by what a reader sees; none for a text.
        fixed: Tells why a change would have no effect, if it would not.
    """

    key: str
    label: str
    group: Group
    read: Callable[[EditedTask], str]
    write: Callable[[EditedTask, str], None]
    hint: str = ""
    lines: int = 1
    options: tuple[tuple[str, str], ...] = ()
    fixed: Callable[[EditedTask], str] = lambda _draft: ""

    def field(self) -> TextField | ChoiceField:
        """Return a field that it is typed into."""
        if self.options:
            return ChoiceField(self.label, str, options=self.options)
        field = TextField(self.label, str, parser=Parser("TEXT", str), hint=self.hint)
        field.has_lines, field.lines = self.lines > 1, self.lines
        return field


def field_named(key: str) -> TaskField:
    """Return a field.

    Raises:
        DefinitionError: There is none of that name; the nearest one is suggested.
    """
    for field in FIELDS:
        if field.key == key:
            return field
    keys = [field.key for field in FIELDS]
    msg = f"A preview has no field {key!r}. It has {', '.join(keys)}."
    raise DefinitionError(msg + nearest(key, keys))


def _setting(name: str, **facts: Any) -> TaskField:
    return TaskField(
        name,
        name,
        "settings",
        lambda draft: getattr(draft.settings, name) or "",
        lambda draft, text: draft.set_settings(**{name: text.strip()}),
        **facts,
    )


def _amount(key: str, label: str, side: str, resource: str, hint: str) -> TaskField:
    return TaskField(
        key,
        label,
        "task",
        lambda draft: draft.amount(side, resource),
        lambda draft, text: draft.set_amount(side, resource, text.strip() or None),
        hint,
    )


def _write_runtime(draft: EditedTask, text: str) -> None:
    draft.set_settings(runtime=text or None)


def _default_image(draft: EditedTask) -> str:
    image = draft.settings.image_config.default_image
    return "" if image is None else image.full


def _write_default_image(draft: EditedTask, text: str) -> None:
    name = text.strip()
    default = Image.look_up_image_info("default", name) if name else None
    config = draft.settings.image_config
    others = [image for image in config.images or () if image != config.default_image]
    draft.set_settings(image_config=ImageConfig.create_from(default, others))


def _names_its_image(draft: EditedTask) -> str:
    image = draft.task.container_image
    return "the task names its own image" if image and "{{" not in image else ""


def _write_image(draft: EditedTask, text: str) -> None:
    render_image(text.strip(), draft.settings.image_config)  # before it is changed
    draft.task.container_image = text.strip()


def _write_retries(draft: EditedTask, text: str) -> None:
    number = text.strip() or "0"
    draft.set_metadata(retries=int(number) if number.isdecimal() else number)


def _cache(draft: EditedTask) -> str:
    metadata = draft.task.metadata
    return metadata.cache_version if metadata.cache else ""


def _write_cache(draft: EditedTask, text: str) -> None:
    version = text.strip()
    draft.set_metadata(cache=bool(version), cache_version=version)


def _write_environment(draft: EditedTask, text: str) -> None:
    draft.task.environment = environment_of_text(text)


def _custom(draft: EditedTask) -> str:
    try:
        return custom_text(call_author(draft.task.get_custom, draft.settings))
    except RAISED:  # the author's method; the view tells of it
        return ""


FIELDS = (
    _setting("project"),
    _setting("domain"),
    _setting("version"),
    TaskField(
        "runtime",
        "runtime",
        "settings",
        lambda draft: draft.settings.runtime or "",
        _write_runtime,
        options=(("the task's, else kit", ""), *((name, name) for name in RUNTIMES)),
        fixed=lambda draft: (
            f"the task says {draft.task.runtime}" if draft.task.runtime else ""
        ),
    ),
    TaskField(
        "default_image",
        "default image",
        "settings",
        _default_image,
        _write_default_image,
        "registry/name:tag",
        fixed=_names_its_image,
    ),
    TaskField(
        "settings_env",
        "env of all tasks",
        "settings",
        lambda draft: environment_text(draft.settings.env),
        lambda draft, text: draft.set_settings(env=environment_of_text(text) or None),
        "NAME=value",
        lines=3,
    ),
    TaskField(
        "image",
        "image",
        "task",
        lambda draft: draft.task.container_image,
        _write_image,
        "the default image",
    ),
    _amount("cpu", "CPU", "requests", "cpu", "500m"),
    _amount("cpu_limit", "CPU limit", "limits", "cpu", "none"),
    _amount("mem", "memory", "requests", "mem", "1Gi"),
    _amount("mem_limit", "memory limit", "limits", "mem", "none"),
    _amount("gpu", "GPU", "requests", "gpu", "none"),
    _amount("gpu_limit", "GPU limit", "limits", "gpu", "none"),
    _amount("disk", "disk", "requests", "ephemeral_storage", "none"),
    _amount("disk_limit", "disk limit", "limits", "ephemeral_storage", "none"),
    TaskField(
        "retries",
        "retries",
        "task",
        lambda draft: str(draft.task.metadata.retries),
        _write_retries,
        "0",
    ),
    TaskField(
        "timeout",
        "timeout",
        "task",
        lambda draft: duration_text(draft.task.metadata.timeout),
        lambda draft, text: draft.set_metadata(timeout=duration_of_text(text)),
        "none, or 1h30m",
    ),
    TaskField(
        "cache", "cache version", "task", _cache, _write_cache, "empty: no cache"
    ),
    TaskField(
        "env",
        "env",
        "task",
        lambda draft: environment_text(draft.task.environment),
        _write_environment,
        "NAME=value",
        lines=3,
    ),
    TaskField(
        "custom",
        "custom",
        "task",
        _custom,
        lambda draft, text: draft.set_custom(custom_of_text(text)),
        "{}",
        lines=5,
    ),
)
"""In the order in which they are written: an image may name one of the settings."""

_MADE = {
    "id.project": "project",
    "id.domain": "domain",
    "id.version": "version",
    "metadata.runtime": "runtime",
    "metadata.retries": "retries",
    "metadata.timeout": "timeout",
    "metadata.discoverable": "cache",
    "metadata.discovery_version": "cache",
    "container.image": "image",
    "container.resources.requests[CPU]": "cpu",
    "container.resources.limits[CPU]": "cpu_limit",
    "container.resources.requests[MEMORY]": "mem",
    "container.resources.limits[MEMORY]": "mem_limit",
    "container.resources.requests[GPU]": "gpu",
    "container.resources.limits[GPU]": "gpu_limit",
    "container.resources.requests[EPHEMERAL_STORAGE]": "disk",
    "container.resources.limits[EPHEMERAL_STORAGE]": "disk_limit",
    "container.env": "env",
    "custom": "custom",
}
"""Places of a template, and the field that makes what is there."""


def field_of(path: str, draft: EditedTask) -> str:
    """Return the key of the field that makes the value at a path of a template.

    Args:
        path: As :func:`kit.display.leaves.leaves` writes it.
        draft: The task, for what its settings may make instead.

    Returns:
        The key; empty if no field makes it.
    """
    found = next((key for place, key in _MADE.items() if _is_in(path, place)), "")
    if found == "image" and not draft.task.container_image:
        return "default_image"
    if found == "env":
        name = path.removeprefix("container.env[").partition("]")[0]
        inherited = draft.settings.env or {}
        if name in inherited and name not in (draft.task.environment or {}):
            return "settings_env"
    if found == "custom" and path.startswith("custom.kit.inline"):
        return ""
    return found


def _is_in(path: str, place: str) -> bool:
    rest = path[len(place) :]
    return path.startswith(place) and (not rest or rest[0] in ".[")


Texts = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Edits:
    """What was typed over a task and its settings, which stay as they are.

    A text that does not hold is kept with its error, and the last one that did hold
    stays in force. Edits never change: each method returns others.

    Attributes:
        task: The task, without the edits.
        settings: What it is serialized with, without the edits.
        held: The texts in force that differ from the definition, by their fields.
        refused: The texts that do not hold.
        errors: Why they do not.
        draft: The task and settings with the edits that hold.
        base: The texts of the definition.
        past: What was typed before, the latest last.
        future: What was undone, the latest last.
    """

    task: Task
    settings: SerializationSettings
    held: dict[str, str]
    refused: dict[str, str]
    errors: dict[str, str]
    draft: EditedTask
    base: Texts
    past: tuple[Texts, ...] = ()
    future: tuple[Texts, ...] = ()

    @classmethod
    def of(cls, task: Task, settings: SerializationSettings) -> Edits:
        """Return no edits of a task and its settings."""
        draft = EditedTask.of(task, settings)
        base = {field.key: field.read(draft) for field in FIELDS}
        return cls(task, settings, {}, {}, {}, draft, base)

    def rebased(self, task: Task, settings: SerializationSettings) -> Edits:
        """Put the edits over another definition; those that it has already vanish."""
        newer = Edits.of(task, settings)
        return dataclasses.replace(
            self, task=task, settings=settings, draft=newer.draft, base=newer.base
        ).typed_over(self.typed)

    @property
    def typed(self) -> dict[str, str]:
        """All texts that differ from the definition, whether they hold or not."""
        return {**self.held, **self.refused}

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone."""
        return bool(self.future)

    def text(self, key: str) -> str:
        """Return what a field shows: what was typed last, whether it holds or not."""
        return {**self.base, **self.typed}[field_named(key).key]

    def fixed(self, key: str) -> str:
        """Return why a field cannot be edited; empty if it can."""
        return field_named(key).fixed(self.draft)

    def edit(self, key: str, text: str) -> Edits:
        """Type a text into a field.

        Raises:
            DefinitionError: There is no such field.
        """
        if text == self.text(key):
            return self
        return self._after(self.typed | {key: text})

    def undo(self) -> Edits:
        """Take the last edit back, if there is one."""
        if not self.past:
            return self
        *past, last = self.past
        future = (*self.future, self.typed)
        return dataclasses.replace(
            self.typed_over(last), past=tuple(past), future=future
        )

    def redo(self) -> Edits:
        """Make the edit again that was taken back last, if there is one."""
        if not self.future:
            return self
        *future, last = self.future
        past = (*self.past, self.typed)
        return dataclasses.replace(
            self.typed_over(last), past=past, future=tuple(future)
        )

    def clear(self) -> Edits:
        """Take all edits back, as one edit."""
        return self._after({}) if self.typed else self

    def _after(self, texts: Texts) -> Edits:
        past = (*self.past[-_MOST_UNDONE:], self.typed)
        return dataclasses.replace(self.typed_over(texts), past=past, future=())

    def typed_over(self, texts: Texts) -> Edits:
        """Put these texts and no others over the definition, each where it holds."""
        draft = EditedTask.of(self.task, self.settings)
        held: dict[str, str] = {}
        errors: dict[str, str] = {}
        for field in _fields_of(texts, self.base):
            key = field.key
            error = _write(field, draft, texts[key])
            if error is None:
                held[key] = texts[key]
                continue
            errors[key] = error
            if key in self.held and _write(field, draft, self.held[key]) is None:
                held[key] = self.held[key]
        refused = {key: texts[key] for key in errors}
        return dataclasses.replace(
            self, held=held, refused=refused, errors=errors, draft=draft
        )


_MOST_UNDONE = 200


def _fields_of(texts: Texts, base: Texts) -> Iterable[TaskField]:
    """Return the fields whose text is not that of the definition, in their order."""
    return [f for f in FIELDS if texts.get(f.key, base[f.key]) != base[f.key]]


def _write(field: TaskField, draft: EditedTask, text: str) -> str | None:
    """Write a text, and return why it does not hold, if it does not."""
    try:
        field.write(draft, text)
    except KitError as error:
        return str(error)
    return None
