"""One change between two tasks: an edit, what it means, and the cache key."""

from __future__ import annotations

import base64
import dataclasses
import reprlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message

from kit.definition.shipment import INLINE_KEY
from kit.difference.edits import HIDDEN, Edit, Kind, Steps, without_secrets
from kit.errors import ResourcesError, render_path
from kit.forecast.arrival import strip_type
from kit.forecast.registration import message_digest
from kit.types.compatibility import is_compatible

_DIGEST_CHARACTERS = 8


@dataclass(frozen=True)
class CacheKey:
    """The parts of the key that come from the template.

    Attributes:
        project: Project of the task.
        domain: Domain of the task.
        name: Name of the task.
        version: The cache version.
        inputs: Digest of the inputs' names, types and descriptions.
        outputs: Digest of the outputs'.
        ignored: Inputs whose values are left out.
    """

    project: str
    domain: str
    name: str
    version: str
    inputs: str
    outputs: str
    ignored: tuple[str, ...]

    @property
    def dataset_version(self) -> str:
        """The version of the dataset, as datacatalog shows it."""
        return f"{self.version}-{self.inputs}-{self.outputs}"


def cache_key(template: TaskTemplate) -> CacheKey | None:
    """Return the key of a template's results; ``None`` if they are not cached."""
    if not template.metadata.discoverable:
        return None
    ignored = set(template.metadata.cache_ignore_input_vars)
    return CacheKey(
        project=template.id.project,
        domain=template.id.domain,
        name=template.id.name,
        version=template.metadata.discovery_version.strip(),
        inputs=_digest(template.interface.inputs),
        outputs=_digest(template.interface.outputs),
        ignored=tuple(sorted(ignored & set(template.interface.inputs.variables))),
    )


def differing_parts(before: CacheKey | None, after: CacheKey | None) -> tuple[str, ...]:
    """Name the parts in which two keys differ; none if not both are cached."""
    if before is None or after is None:
        return ()
    names = (field.name for field in dataclasses.fields(CacheKey))
    return tuple(n for n in names if getattr(before, n) != getattr(after, n))


def _digest(variables: VariableMap) -> str:
    stripped = VariableMap()
    stripped.CopyFrom(variables)
    for variable in stripped.variables.values():
        strip_type(variable.type)
    digest = base64.urlsafe_b64encode(message_digest(stripped)).decode()
    return digest[:_DIGEST_CHARACTERS]


class Impact(Enum):
    """A kind of consequence, most severe first."""

    BREAK = "interface break"
    """Callers that fit the old version do not fit the new one."""
    INTERFACE = "interface"
    """The interface differs, and callers of the old version still fit."""
    CACHE = "cache miss"
    """Results of the old version are not found any more."""
    IMAGE = "image"
    RESOURCES = "resources"
    BEHAVIOUR = "behaviour"
    """What runs, what it is given, or how it is run again."""
    COSMETIC = "cosmetic"
    """Nothing that runs reads it."""
    IDENTITY = "identity"
    """Where and as what it is registered."""


Judgement = tuple[Impact, str]

_DETAILS = {
    "description": (Impact.COSMETIC, "documentation"),
    "artifact_partial_id": (Impact.INTERFACE, "which artifact it is"),
    "artifact_tag": (Impact.INTERFACE, "which artifact it is"),
}
_WHOLE_VARIABLE = 3  # interface, inputs, name


def judge_interface(
    edit: Edit, old: TaskTemplate, new: TaskTemplate, defaults: Collection[str] = ()
) -> Judgement:
    """Return what an edit of the interface means to callers, and why.

    Args:
        edit: An edit whose steps begin with ``interface``.
        old: The whole template before.
        new: The whole template after.
        defaults: Inputs of the new one that have a default value in Python.
    """
    if len(edit.steps) < _WHOLE_VARIABLE:
        if edit.before is not None and edit.before.ByteSize():
            return Impact.BREAK, "callers do not find what they pass or take"
        return Impact.COSMETIC, "no variables, said in another way"
    side, name, *rest = map(str, edit.steps[1:])
    if not rest:
        judge = _judge_input if side == "inputs" else _judge_output
        return judge(edit, name, old, defaults)
    if rest[0] != "type":
        return _DETAILS.get(rest[0], (Impact.INTERFACE, "a field of a later flyteidl"))
    before = getattr(old.interface, side).variables[name].type
    after = getattr(new.interface, side).variables[name].type
    return _judge_type(side, before, after)


def _judge_input(
    edit: Edit, name: str, _old: TaskTemplate, defaults: Collection[str]
) -> Judgement:
    if edit.kind == "removed":
        return Impact.BREAK, "callers that pass it are refused"
    if name in defaults:
        return Impact.BREAK, (
            "launches must pass it; workflows get its default when they are compiled "
            "again"
        )
    return Impact.BREAK, "callers must pass it"


def _judge_output(
    edit: Edit, _name: str, old: TaskTemplate, _defaults: Collection[str]
) -> Judgement:
    if edit.kind == "removed":
        return Impact.BREAK, "callers that take it do not find it"
    if len(old.interface.outputs.variables) == 1:
        return Impact.INTERFACE, "in Python, a call now returns several outputs"
    return Impact.INTERFACE, "callers need not take it"


def _judge_type(side: str, before: Any, after: Any) -> Judgement:
    if side == "inputs":
        fits, words = is_compatible(before, after), "what callers pass"
    else:
        fits, words = is_compatible(after, before), "what callers take"
    if not fits:
        return Impact.BREAK, f"{words} is of another type"
    return Impact.INTERFACE, f"{words} still fits"


_RULES: tuple[tuple[Steps, Impact, str], ...] = (
    (("id", "name"), Impact.IDENTITY, "another task: the name tells tasks apart"),
    (("id",), Impact.IDENTITY, "where it is registered, not what it is"),
    (("type",), Impact.BEHAVIOUR, "the backend chooses the plugin that runs it by it"),
    (("task_type_version",), Impact.BEHAVIOUR, "the plugin of the task type reads it"),
    (("metadata", "runtime"), Impact.COSMETIC, "says what wrote the template"),
    (
        ("metadata", "discovery_version"),
        Impact.COSMETIC,
        "read only where results are cached",
    ),
    (
        ("metadata", "cache_ignore_input_vars"),
        Impact.COSMETIC,
        "read only where results are cached",
    ),
    (
        ("metadata", "discoverable"),
        Impact.BEHAVIOUR,
        "whether results are kept, and taken in place of a run",
    ),
    (
        ("metadata", "cache_serializable"),
        Impact.BEHAVIOUR,
        "whether equal runs wait for the first of them",
    ),
    (("metadata", "retries"), Impact.BEHAVIOUR, "how often a failed run is repeated"),
    (("metadata", "timeout"), Impact.BEHAVIOUR, "how long a run may take"),
    (("metadata", "interruptible"), Impact.BEHAVIOUR, "whether it may be preempted"),
    (("metadata", "generates_deck"), Impact.BEHAVIOUR, "whether it writes a deck"),
    (("metadata", "deprecated_error_message"), Impact.COSMETIC, "only shown"),
    (("metadata", "tags"), Impact.COSMETIC, "only shown"),
    (("metadata",), Impact.BEHAVIOUR, "how the backend runs it"),
    (("container", "image"), Impact.IMAGE, "what the container starts from"),
    (("container", "resources"), Impact.RESOURCES, "what the pod asks for"),
    (("container", "env"), Impact.BEHAVIOUR, "the executor's environment"),
    (("container", "config"), Impact.COSMETIC, "the backend does not read it"),
    (("container", "ports"), Impact.COSMETIC, "the backend does not read it"),
    (("container", "architecture"), Impact.COSMETIC, "the backend does not read it"),
    (("container",), Impact.BEHAVIOUR, "what the container is told"),
    (("extended_resources",), Impact.RESOURCES, "which nodes or memory the pod gets"),
    (("k8s_pod",), Impact.BEHAVIOUR, "the pod itself"),
    (("sql",), Impact.BEHAVIOUR, "the statement itself"),
    (("custom", INLINE_KEY, "source"), Impact.BEHAVIOUR, "the executor's source"),
    (("custom", INLINE_KEY), Impact.BEHAVIOUR, "follows from the executor's source"),
    (("custom",), Impact.BEHAVIOUR, "the executor reads it"),
    (("config",), Impact.BEHAVIOUR, "the plugin or the executor reads it"),
    (
        ("security_context", "run_as"),
        Impact.COSMETIC,
        "not read: the service account is the execution's",
    ),
    (("security_context",), Impact.BEHAVIOUR, "the secrets the pod gets"),
    (("description",), Impact.COSMETIC, "documentation"),
    ((), Impact.BEHAVIOUR, "flyteidl has this field since a later version"),
)
"""The first whose steps begin the edit's says what it means."""

_IN_PODS = {
    "image": (Impact.IMAGE, "what a container of the pod starts from"),
    "resources": (Impact.RESOURCES, "what the pod asks for"),
}


def judge_place(edit: Edit) -> Judgement:
    """Return what an edit means by where it is, and why."""
    steps = edit.steps
    if steps[0] == "k8s_pod":
        for step in steps:
            if step in _IN_PODS:
                return _IN_PODS[str(step)]
    if steps[:2] == ("container", "resources") and _same_amount(edit):
        return Impact.COSMETIC, "the same amount, written in another way"
    return next(
        (impact, why) for start, impact, why in _RULES if steps[: len(start)] == start
    )


def _same_amount(edit: Edit) -> bool:
    from kit.definition.resources import parse_quantity

    if not isinstance(edit.before, str) or not isinstance(edit.after, str):
        return False
    try:
        return parse_quantity(edit.before).amount == parse_quantity(edit.after).amount
    except ResourcesError:
        return False


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
        impacts: What it means, most severe first.
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
        """The most severe of its impacts, under which it is shown."""
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
