"""``kit.diff``: what differs between two tasks."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message

from kit.definition.settings import SerializationSettings
from kit.difference.edits import Edit, compare_messages
from kit.difference.meaning import Change, Impact, cache_key, change_of, differing_parts
from kit.difference.sources import Side, read_sides
from kit.errors import CallError, TemplateError
from kit.forecast.registration import template_digest
from kit.notebook import Shown


def diff(
    task: Any,
    against: Any = None,
    *,
    settings: SerializationSettings | None = None,
) -> Difference:
    """Tell what differs between a task and an older one, and what that means.

    A side is a task, a TaskTemplate, a TaskSpec, their bytes, an entry of
    :func:`kit.history`; a task of a module (``tasks.py:load``), which is imported; a
    template file (``.pb``, ``.json``, ``.yaml``, ``.pbtxt``); a task in a package for
    ``flytectl register files`` (``package.tgz::task``); or a task of a module in a git
    revision (``git:REVISION:path/module.py:task``), which a process of its own imports
    from a temporary folder: it is code that runs as you.

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
        CallError: Nothing to compare with was given.
        TargetError: A side is none of these; RevisionError if it is of git.
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
    if against is None:
        msg = (
            'kit.diff compares with something: pass against= a file ("v1.pb"), a git '
            'revision ("git:HEAD:tasks.py:load"), another task, or an earlier '
            "definition (kit.history(task)[-1])."
        )
        raise CallError(msg)
    return compare_sides(*read_sides(task, against, settings))


def compare_sides(new: Side, old: Side) -> Difference:
    """Compare sides that have been read."""
    keys = cache_key(old.template), cache_key(new.template)
    parts = differing_parts(*keys)
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
        verdict=registration_answer(old.template, new.template),
        cached=None not in keys,
    )


def _edits(new: Side, old: Side) -> Iterator[Edit]:
    yield from compare_messages(old.template, new.template)
    if old.docs is not None and new.docs is not None:
        yield from compare_messages(old.docs, new.docs, ("description",))


@dataclass(frozen=True, repr=False)
class Difference(Shown):
    """What differs between an old task and a new one; true if anything does.

    Attributes:
        name: The name of the new task.
        old: What the old side is: a file, a revision, a task.
        new: What the new side is.
        changes: Every change, in the order of the template's fields.
        verdict: What registering the new one under the old one's version would do.
        cached: Whether the results of both are cached.
    """

    name: str
    old: str
    new: str
    changes: tuple[Change, ...]
    verdict: RegistrationAnswer
    cached: bool = False

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """What the changes mean in all, most severe first."""
        found = {impact for change in self.changes for impact in change.impacts}
        return tuple(impact for impact in Impact if impact in found)

    @property
    def breaks_callers(self) -> bool:
        """Whether callers of the old one do not fit the new one."""
        return Impact.BREAK in self.impacts

    @property
    def cache_parts(self) -> tuple[str, ...]:
        """The parts of the cache key that differ; results are missed if there are any.

        They are ``project``, ``domain``, ``name``, ``version`` (the cache version),
        ``inputs``, ``outputs`` and ``ignored``.
        """
        parts = (change.cache_part for change in self.changes)
        return tuple(dict.fromkeys(part for part in parts if part))

    @property
    def takes_old_results(self) -> bool:
        """Whether cached results of the old one are taken, though what runs differs."""
        runs_otherwise = {Impact.IMAGE, Impact.BEHAVIOUR} & set(self.impacts)
        return self.cached and not self.cache_parts and bool(runs_otherwise)

    def of_impact(self, impact: Impact) -> tuple[Change, ...]:
        """Return the changes whose most severe impact this is."""
        return tuple(change for change in self.changes if change.impact is impact)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as what ``json.dumps`` writes, the same every time."""
        return {
            "task": self.name,
            "old": self.old,
            "new": self.new,
            "different": bool(self),
            "impacts": [impact.value for impact in self.impacts],
            "cache": {
                "cached": self.cached,
                "missed_by": list(self.cache_parts),
                "takes_old_results": self.takes_old_results,
            },
            "verdict": dataclasses.asdict(self.verdict),
            "changes": [_change_json(change) for change in self.changes],
        }

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __repr__(self) -> str:
        if not self.changes:
            return f"Difference({self.name!r}: identical)"
        count = len(self.changes)
        impacts = ", ".join(impact.value for impact in self.impacts)
        changes = f"{count} change{'s' if count > 1 else ''}"
        return f"Difference({self.name!r}: {changes}: {impacts})"


Outcome = Literal["identical", "refused", "separate", "unknown"]

_WORDS: dict[Outcome, str] = {
    "identical": "task with identical structure already exists",
    "refused": (
        "task with different structure already exists. "
        "(Please register a new version of the task)"
    ),
}
_MEANING: dict[Outcome, str] = {
    "identical": "Registering it under the same version changes nothing.",
    "refused": "Registering it under the same version is refused: take a new version.",
    "separate": "They are different tasks: each has versions of its own.",
    "unknown": "The backend cannot digest one of them.",
}


@dataclass(frozen=True)
class RegistrationAnswer:
    """The answer to registering the new task where the old one is registered.

    Attributes:
        outcome: ``identical`` (``ALREADY_EXISTS``, which clients take as success),
            ``refused`` (``INVALID_ARGUMENT``), ``separate`` (they have different names,
            so neither is in the other's way), ``unknown`` (one has no digest).
        meaning: A sentence that says so.
        words: The backend's own words; empty if it has none.
        old_digest: The digest of the old template, in hexadecimal.
        new_digest: The digest of the new one under the old one's identifier.
    """

    outcome: Outcome
    meaning: str
    words: str = ""
    old_digest: str = ""
    new_digest: str = ""


def registration_answer(old: TaskTemplate, new: TaskTemplate) -> RegistrationAnswer:
    """Tell what happens if ``new`` is registered under the identifier of ``old``.

    The backend compares digests of the whole template, after it has put the identifier
    of the request into it.  Documentation is no part of that.
    """
    if old.id.name != new.id.name:
        return RegistrationAnswer("separate", _MEANING["separate"])
    renamed = TaskTemplate()
    renamed.CopyFrom(new)
    renamed.id.CopyFrom(old.id)
    try:
        digests = template_digest(old).hex(), template_digest(renamed).hex()
    except TemplateError as error:
        return RegistrationAnswer("unknown", f"{_MEANING['unknown']} {error}")
    outcome: Outcome = "identical" if digests[0] == digests[1] else "refused"
    return RegistrationAnswer(
        outcome, _MEANING[outcome], _words(outcome, old), *digests
    )


def _words(outcome: Outcome, old: TaskTemplate) -> str:
    words = _WORDS[outcome]
    return words if outcome == "identical" else f"{old.id.name} {words}"


def value_json(value: Any) -> Any:
    """Return a value of a change: messages as protobuf's JSON, bytes in base64."""
    if isinstance(value, Message):
        return _message_json(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return _number_json(value)
    if isinstance(value, dict):
        return {key: value_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [value_json(item) for item in value]
    return value


def _number_json(value: float) -> int | float | str:
    """Return a whole number without a point, as protobuf's JSON has it."""
    if not math.isfinite(value):
        return repr(value)
    is_plain = value.is_integer() and (value or math.copysign(1, value) > 0)
    return int(value) if is_plain else value


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind,
        "before": value_json(change.before),
        "after": value_json(change.after),
        "impacts": [impact.value for impact in change.impacts],
        "why": change.why,
        "cache_part": change.cache_part or None,
    }


def _message_json(message: Message) -> Any:
    """Return a message as JSON; as its text if it has numbers that JSON lacks."""
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    except json_format.SerializeToJsonError:
        return str(message)
