"""One change between two tasks: an edit of the template, and what it means."""

from __future__ import annotations

import reprlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message

from kit.difference.edit import Edit, Kind, Steps
from kit.difference.impact import Impact
from kit.difference.interface_rules import judge_interface
from kit.difference.rules import judge_place
from kit.difference.secrecy import HIDDEN, without_secrets
from kit.errors import render_path

__all__ = ["Change", "change_of"]

_GRAVITY = {impact: index for index, impact in enumerate(Impact)}
_KEY_FIELDS: dict[Steps, str] = {
    ("id", "project"): "project",
    ("id", "domain"): "domain",
    ("id", "name"): "name",
    ("metadata", "discovery_version"): "version",
    ("metadata", "cache_ignore_input_vars"): "ignored",
    ("interface", "inputs"): "inputs",
    ("interface", "outputs"): "outputs",
}
_KEY_WORDS = {
    "version": "the cache version",
    "ignored": "the inputs left out of it",
    "inputs": "the digest of the inputs",
    "outputs": "the digest of the outputs",
}


@dataclass(frozen=True, repr=False)
class Change:
    """What differs at one place, and what that means.

    Attributes:
        path: The place, as in ``container.env.MODE.value``.
        kind: ``added``, ``removed``, ``changed``, or ``reordered``.
        before: The value in the old task: a scalar, the name of an enum's value, JSON,
            a message; ``None`` if there was none.
        after: The value in the new one.
        impacts: What it means, the gravest first.
        why: Why it means that, in a few words.
        cache_part: Which part of the cache key it changes; empty if none.
        steps: The place as a tuple of names and positions.
    """

    path: str
    kind: Kind
    before: Any
    after: Any
    impacts: tuple[Impact, ...]
    why: str
    cache_part: str = ""
    steps: Steps = ()

    @property
    def impact(self) -> Impact:
        """The gravest of its impacts, under which it is shown."""
        return self.impacts[0]

    def __repr__(self) -> str:
        values = f"{_short(self.before)} -> {_short(self.after)}"
        return f"Change({self.path}: {values}, {self.impact.value})"


def change_of(
    edit: Edit,
    old: TaskTemplate,
    new: TaskTemplate,
    *,
    defaults: Collection[str] = (),
    key_parts: Collection[str] = (),
) -> Change:
    """Say what an edit means.

    Args:
        edit: The edit.
        old: The template before.
        new: The template after.
        defaults: Inputs of the new task that have a default value in Python.
        key_parts: Parts of the cache key that differ between the two.
    """
    if edit.steps[0] == "interface":
        impact, why = judge_interface(edit, old, new, defaults)
    else:
        impact, why = judge_place(edit)
    impacts, part = [impact], _key_part(edit.steps)
    if part not in key_parts:
        part = ""
    elif edit.steps[0] == "metadata":  # it is read for the cache, and only for that
        impacts, why = [Impact.CACHE], _words_of(part)
    else:
        impacts, why = [impact, Impact.CACHE], f"{why}; {_words_of(part)}"
    before = without_secrets(edit.steps, edit.before)
    after = without_secrets(edit.steps, edit.after)
    if HIDDEN in f"{before}{after}":
        why += "; a secret by its name, so not shown"
    return Change(
        path=render_path(edit.steps),
        kind=edit.kind,
        before=before,
        after=after,
        impacts=tuple(sorted(impacts, key=_GRAVITY.__getitem__)),
        why=why,
        cache_part=part,
        steps=edit.steps,
    )


def _key_part(steps: Steps) -> str:
    """Return the part of the cache key that has this place in it; else nothing."""
    described = {"metadata", "annotation"} & set(steps[4:])
    if steps[0] == "interface" and described and "cache-key-metadata" not in steps:
        return ""
    return _KEY_FIELDS.get(steps[:2], "")


def _words_of(part: str) -> str:
    return f"the cache key has {_KEY_WORDS.get(part, f'the {part}')}"


def _short(value: Any) -> str:
    if isinstance(value, Message):
        return f"<{value.DESCRIPTOR.name}>"
    return reprlib.repr(value)
