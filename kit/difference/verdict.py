"""What the backend says when a version is registered again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import TemplateError
from kit.template.digest import template_digest

__all__ = ["Outcome", "Verdict", "judge_registration"]

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
class Verdict:
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


def judge_registration(old: TaskTemplate, new: TaskTemplate) -> Verdict:
    """Tell what happens if ``new`` is registered under the identifier of ``old``.

    The backend compares digests of the whole template, after it has put the identifier
    of the request into it.  Documentation is no part of that.
    """
    if old.id.name != new.id.name:
        return Verdict("separate", _MEANING["separate"])
    renamed = TaskTemplate()
    renamed.CopyFrom(new)
    renamed.id.CopyFrom(old.id)
    try:
        digests = template_digest(old).hex(), template_digest(renamed).hex()
    except TemplateError as error:
        return Verdict("unknown", f"{_MEANING['unknown']} {error}")
    outcome: Outcome = "identical" if digests[0] == digests[1] else "refused"
    return Verdict(outcome, _MEANING[outcome], _words(outcome, old), *digests)


def _words(outcome: Outcome, old: TaskTemplate) -> str:
    words = _WORDS[outcome]
    return words if outcome == "identical" else f"{old.id.name} {words}"
