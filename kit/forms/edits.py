"""Edits of a task and its settings: what holds, what does not, undo and redo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kit.definition.settings import SerializationSettings
from kit.errors import KitError
from kit.forms.task_fields import FIELDS, EditedTask, Task, TaskField, field_named

Texts = Mapping[str, str]


class Edits:
    """What was typed over a task and its settings, which stay as they are.

    A text that does not hold is kept beside its error, and the last one that did hold
    stays in force.

    Args:
        task: The task.
        settings: What it is serialized with.
    """

    def __init__(self, task: Task, settings: SerializationSettings) -> None:
        self._held: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._undo: list[Texts] = []
        self._redo: list[Texts] = []
        self.rebase(task, settings)

    def rebase(self, task: Task, settings: SerializationSettings) -> None:
        """Put the edits over another definition; those that it has already vanish."""
        self._task, self._settings = task, settings
        base = EditedTask.of(task, settings)
        self._base = {field.key: field.read(base) for field in FIELDS}
        self._apply({**self._held, **self._refused})

    @property
    def held(self) -> dict[str, str]:
        """The texts in force that differ from the definition, by their fields."""
        return dict(self._held)

    @property
    def errors(self) -> dict[str, str]:
        """Why a text does not hold, by its field."""
        return dict(self._errors)

    @property
    def draft(self) -> EditedTask:
        """The task and settings with the edits that hold."""
        return self._draft

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone."""
        return bool(self._redo)

    def text(self, key: str) -> str:
        """Return what a field shows: what was typed last, whether it holds or not."""
        texts = {**self._base, **self._held, **self._refused}
        return texts[field_named(key).key]

    def fixed(self, key: str) -> str:
        """Tell why a field cannot be edited; empty if it can."""
        return field_named(key).fixed(self._draft)

    def edit(self, key: str, text: str) -> bool:
        """Type a text into a field.

        Returns:
            Whether it says something else than before.

        Raises:
            DefinitionError: There is no such field.
        """
        if text == self.text(key):
            return False
        self._undo.append(self._now)
        self._redo.clear()
        self._apply({**self._now, key: text})
        return True

    def undo(self) -> None:
        """Take the last edit back, if there is one."""
        if self._undo:
            self._redo.append(self._now)
            self._apply(self._undo.pop())

    def redo(self) -> None:
        """Make the edit again that was taken back last, if there is one."""
        if self._redo:
            self._undo.append(self._now)
            self._apply(self._redo.pop())

    def clear(self) -> None:
        """Take all edits back, as one edit."""
        if self._now:
            self._undo.append(self._now)
            self._redo.clear()
            self._apply({})

    @property
    def _now(self) -> Texts:
        return {**self._held, **self._refused}

    def _apply(self, texts: Texts) -> None:
        """Put texts over the definition, one by one, each where it holds."""
        draft = EditedTask.of(self._task, self._settings)
        held: dict[str, str] = {}
        errors: dict[str, str] = {}
        for field in _fields_of(texts, self._base):
            key = field.key
            error = _write(field, draft, texts[key])
            if error is None:
                held[key] = texts[key]
                continue
            errors[key] = error
            if key in self._held and _write(field, draft, self._held[key]) is None:
                held[key] = self._held[key]
        self._refused = {key: texts[key] for key in errors}
        self._held, self._errors, self._draft = held, errors, draft


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
