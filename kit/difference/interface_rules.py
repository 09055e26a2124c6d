"""What a changed interface means to callers, by the backend's rules for launching.

A launch with an input that the task lacks is refused, and so is one that lacks an
input: templates carry no default values.  An output must be there, and be of a type
that whoever takes it accepts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.difference.edit import Edit
from kit.difference.impact import Impact
from kit.types.castable import castable

__all__ = ["judge_interface"]

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
        fits, words = castable(before, after), "what callers pass"
    else:
        fits, words = castable(after, before), "what callers take"
    if not fits:
        return Impact.BREAK, f"{words} is of another type"
    return Impact.INTERFACE, f"{words} still fits"
