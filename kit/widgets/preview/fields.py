"""What can be edited in a preview: each field, what it reads and what it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from kit.definition.image import Image, ImageConfig, render_image
from kit.definition.settings import RUNTIMES
from kit.errors import DefinitionError, nearest
from kit.shim.boundary import RAISED, call_author
from kit.widgets.preview.draft import Draft
from kit.widgets.preview.values import (
    custom_of_text,
    custom_text,
    duration_of_text,
    duration_text,
    environment_of_text,
    environment_text,
)

__all__ = ["FIELDS", "Control", "Field", "Group", "field_named"]

Group = Literal["settings", "task"]
Control = Literal["line", "lines", "choice"]


@dataclass(frozen=True)
class Field:
    """Something of a task or its settings that can be edited as text.

    Attributes:
        key: Its name, as ``Preview.edit`` takes it.
        label: Its name for a reader.
        group: What it belongs to.
        read: Returns its text.
        write: Changes it to what a text says.
        hint: What an empty field shows.
        control: How it is typed.
        options: What there is to choose from.
        fixed: Tells why a change would have no effect, if it would not.
    """

    key: str
    label: str
    group: Group
    read: Callable[[Draft], str]
    write: Callable[[Draft, str], None]
    hint: str = ""
    control: Control = "line"
    options: tuple[tuple[str, str], ...] = ()
    fixed: Callable[[Draft], str] = lambda _draft: ""


def field_named(key: str) -> Field:
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


def _setting(name: str, **facts: Any) -> Field:
    return Field(
        name,
        name,
        "settings",
        lambda draft: getattr(draft.settings, name) or "",
        lambda draft, text: draft.set_settings(**{name: text.strip()}),
        **facts,
    )


def _amount(key: str, label: str, side: str, resource: str, hint: str) -> Field:
    return Field(
        key,
        label,
        "task",
        lambda draft: draft.amount(side, resource),
        lambda draft, text: draft.set_amount(side, resource, text.strip() or None),
        hint,
    )


def _write_runtime(draft: Draft, text: str) -> None:
    draft.set_settings(runtime=text or None)


def _default_image(draft: Draft) -> str:
    image = draft.settings.image_config.default_image
    return "" if image is None else image.full


def _write_default_image(draft: Draft, text: str) -> None:
    name = text.strip()
    default = Image.look_up_image_info("default", name) if name else None
    config = draft.settings.image_config
    others = [image for image in config.images or () if image != config.default_image]
    draft.set_settings(image_config=ImageConfig.create_from(default, others))


def _names_its_image(draft: Draft) -> str:
    image = draft.task.container_image
    return "the task names its own image" if image and "{{" not in image else ""


def _write_image(draft: Draft, text: str) -> None:
    render_image(text.strip(), draft.settings.image_config)  # before it is changed
    draft.task.container_image = text.strip()


def _write_retries(draft: Draft, text: str) -> None:
    number = text.strip() or "0"
    draft.set_metadata(retries=int(number) if number.isdecimal() else number)


def _cache(draft: Draft) -> str:
    metadata = draft.task.metadata
    return metadata.cache_version if metadata.cache else ""


def _write_cache(draft: Draft, text: str) -> None:
    version = text.strip()
    draft.set_metadata(cache=bool(version), cache_version=version)


def _write_environment(draft: Draft, text: str) -> None:
    draft.task.environment = environment_of_text(text)


def _custom(draft: Draft) -> str:
    try:
        return custom_text(call_author(draft.task.get_custom, draft.settings))
    except RAISED:  # the author's method; the view tells of it
        return ""


FIELDS = (
    _setting("project"),
    _setting("domain"),
    _setting("version"),
    Field(
        "runtime",
        "runtime",
        "settings",
        lambda draft: draft.settings.runtime or "",
        _write_runtime,
        control="choice",
        options=(("the task's, else kit", ""), *((name, name) for name in RUNTIMES)),
        fixed=lambda draft: (
            f"the task says {draft.task.runtime}" if draft.task.runtime else ""
        ),
    ),
    Field(
        "default_image",
        "default image",
        "settings",
        _default_image,
        _write_default_image,
        "registry/name:tag",
        fixed=_names_its_image,
    ),
    Field(
        "settings_env",
        "env of all tasks",
        "settings",
        lambda draft: environment_text(draft.settings.env),
        lambda draft, text: draft.set_settings(env=environment_of_text(text) or None),
        "NAME=value",
        "lines",
    ),
    Field(
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
    Field(
        "retries",
        "retries",
        "task",
        lambda draft: str(draft.task.metadata.retries),
        _write_retries,
        "0",
    ),
    Field(
        "timeout",
        "timeout",
        "task",
        lambda draft: duration_text(draft.task.metadata.timeout),
        lambda draft, text: draft.set_metadata(timeout=duration_of_text(text)),
        "none, or 1h30m",
    ),
    Field("cache", "cache version", "task", _cache, _write_cache, "empty: no cache"),
    Field(
        "env",
        "env",
        "task",
        lambda draft: environment_text(draft.task.environment),
        _write_environment,
        "NAME=value",
        "lines",
    ),
    Field(
        "custom",
        "custom",
        "task",
        _custom,
        lambda draft, text: draft.set_custom(custom_of_text(text)),
        "{}",
        "lines",
    ),
)
"""In the order in which they are written: an image may name one of the settings."""
