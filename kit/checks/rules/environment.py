"""The container's variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kit.checks.finding import Repair
from kit.checks.rule import Problem, error, note, warning
from kit.checks.subject import Subject
from kit.template.macros import macro_spans

__all__ = [
    "engine_sets_variable",
    "names_are_valid",
    "platform_sets_variable",
    "references_are_meant",
    "values_have_no_macros",
]

ENGINE_VARIABLES = frozenset(
    (
        *("FLYTE_INTERNAL_EXECUTION_WORKFLOW", "FLYTE_INTERNAL_EXECUTION_ID"),
        *("FLYTE_INTERNAL_EXECUTION_PROJECT", "FLYTE_INTERNAL_EXECUTION_DOMAIN"),
        *("FLYTE_ATTEMPT_NUMBER", "FLYTE_EXECUTION_URL"),
        *("FLYTE_INTERNAL_TASK_PROJECT", "FLYTE_INTERNAL_TASK_DOMAIN"),
        *("FLYTE_INTERNAL_TASK_NAME", "FLYTE_INTERNAL_TASK_VERSION"),
        *("_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"),
    )
)
"""What the engine appends after the task's own, of which the last one wins."""

_STRICT_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\(([-._a-zA-Z0-9]+)\)")


@error("CT007", "run")
def names_are_valid(subject: Subject) -> Iterator[Problem]:
    """Kubernetes takes the names of the variables."""
    for index, pair in enumerate(subject.template.container.env):
        key = pair.key
        if not key or "=" in key or not (key.isascii() and key.isprintable()):
            message = f"The pod is refused: {key!r:.80} is no name of a variable."
            fix = "Use letters, digits and underscores."
            yield Problem(_path(index, key), message, fix)
        elif not _STRICT_NAME.fullmatch(key):
            message = f"Kubernetes before 1.30 refuses a variable named {key!r:.80}."
            fix = "Use letters, digits, '-', '_' and '.', and no digit first."
            yield Problem(_path(index, key), message, fix)


@warning("CT008", "silent")
def engine_sets_variable(subject: Subject) -> Iterator[Problem]:
    """The task sets no variable that the engine sets after it."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.key in ENGINE_VARIABLES:
            message = f"The engine sets {pair.key} after the task, and its value wins."
            repair = Repair("environment", _Without(pair.key))
            path = _path(index, pair.key)
            yield Problem(path, message, "Use another name.", repair=repair)


def _path(index: int, key: str) -> str:
    return f"container.env[{key or index}]"


class _Without:
    """Leaves one variable out."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {k: v for k, v in environment.items() if k != self._name}


@note("CT009", "silent")
def platform_sets_variable(subject: Subject) -> Iterator[Problem]:
    """The task sets no variable that the platform sets after it."""
    for index, pair in enumerate(subject.template.container.env):
        if pair.key in subject.platform.environment:
            message = f"The platform sets {pair.key} after it, and its value wins."
            yield Problem(_path(index, pair.key), message, "Use another name.")


@warning("CT010", "silent")
def values_have_no_macros(subject: Subject) -> Iterator[Problem]:
    """No variable waits for the engine to render it."""
    for index, pair in enumerate(subject.template.container.env):
        if any(span.macro for span in macro_spans(pair.value)):
            message = f"{pair.key} stays as it is: only command and args are rendered."
            fix = "Pass it as an arg, or read the inputs."
            yield Problem(_path(index, pair.key), message, fix)


@warning("CT011", "silent")
def references_are_meant(subject: Subject) -> Iterator[Problem]:
    """Kubernetes puts variables in the place of ``$(NAME)``."""
    for word in subject.words:
        found = _REFERENCE.search(word.text)
        if found is not None:
            message = (
                f"Kubernetes puts the variable {found[1]} in the place of "
                f"$({found[1]}), after Flyte has rendered its macros."
            )
            yield Problem(word.path, message, f"Write $$({found[1]}) to keep the text.")
