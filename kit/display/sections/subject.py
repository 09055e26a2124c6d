"""What a task's view is made from: a template, and what is known of its making."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from flyteidl.core.tasks_pb2 import (
    TaskTemplate,
)

from kit import errors
from kit.definition.settings import SerializationSettings
from kit.display.leaves import Bounded, read_struct
from kit.display.summary import (
    Code,
    Finding,
    Item,
)
from kit.errors import (
    KitError,
)
from kit.shim import executable as boundary


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


def failure_items(subject: Subject, part: str) -> Iterator[Item]:
    """Yield the error of a part and the frames of its author; nothing if it went well.

    Args:
        subject: What is shown.
        part: The part, as in ``custom`` or ``container``.
    """
    error = subject.failures.get(part)
    if error is None:
        return
    yield Finding("error", error_text(error), path=part)
    frames = _frames(error)
    if frames is not None:
        yield Code(_traceback(error, frames), "text", "traceback")


def error_text(error: BaseException) -> str:
    """Return the sentence of an error; its class comes first if it is not kit's."""
    return str(error) if isinstance(error, KitError) else boundary.error_text(error)


_OWN = str(Path(errors.__file__).parent)  # the folder of kit


def _frames(error: BaseException) -> TracebackType | None:
    """Return the author's frames; of kit's own there is nothing to learn."""
    frames = error.__traceback__
    if boundary.is_authors(error):
        frames = boundary.author_traceback(error)
    while frames is not None and _is_own(frames):
        frames = frames.tb_next
    return frames


def _is_own(frames: TracebackType) -> bool:
    return frames.tb_frame.f_code.co_filename.startswith(_OWN)


def _traceback(error: BaseException, frames: TracebackType) -> str:
    import traceback

    listed = "".join(traceback.format_tb(frames))
    return f"Traceback (most recent call last):\n{listed}{boundary.error_text(error)}"
