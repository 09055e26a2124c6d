"""The meaning of each place in a template that is not its interface.

The facts are those of the Flyte 1.16 backend: flyteplugins' ``flytek8s`` builds the pod
and flytepropeller's node handlers read the metadata.
"""

from __future__ import annotations

from kit.definition.shipment import INLINE_KEY
from kit.difference.edit import Edit, Steps
from kit.difference.impact import Impact
from kit.errors import ResourcesError

__all__ = ["judge_place"]

Judgement = tuple[Impact, str]

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
    from kit.definition.quantity import parse_quantity  # only resources have them

    if not isinstance(edit.before, str) or not isinstance(edit.after, str):
        return False
    try:
        return parse_quantity(edit.before).amount == parse_quantity(edit.after).amount
    except ResourcesError:
        return False
