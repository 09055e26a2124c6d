"""``custom`` as its author gave it, beside what arrives at the executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct

from kit.checks.finding import Finding, Severity
from kit.definition.settings import SerializationSettings
from kit.errors import CustomError, TemplateError, render_path
from kit.shim.boundary import RAISED, error_text
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.custom import custom_from_struct, doubtful_numbers, fill_struct

__all__ = ["Arrival", "arrival_of"]


@dataclass(frozen=True)
class Arrival:
    """What becomes of ``custom``.

    Attributes:
        before: What ``get_custom`` returned.
        after: What ``tt.custom`` is.
        refused: Why nothing arrives; empty if it does.
    """

    before: dict[Any, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    refused: tuple[Finding, ...] = ()


def arrival_of(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> Arrival:
    """Ask a task for its custom, and take it over the wire."""
    try:
        given = task.get_custom(settings)
    except RAISED as error:  # the author's; it is what is found
        return Arrival(refused=(_raised(error),))
    struct = Struct()
    try:
        fill_struct(struct, {} if given is None else given)
        return Arrival(given or {}, custom_from_struct(struct))
    except CustomError as error:
        path = render_path(error.path)
        return Arrival(refused=(_refusal(path, error.message, "template"),))
    except TemplateError:
        return Arrival(refused=tuple(_not_finite(given)))
    except Exception as error:  # noqa: BLE001 - of a method of what was returned
        return Arrival(refused=(_raised(error),))


def _raised(error: BaseException) -> Finding:
    return Finding(
        "custom.fails",
        Severity.ERROR,
        "custom",
        "get_custom, or what it returns, raises an exception: no template can be made.",
        stage="template",
        words=error_text(error),
        fix="Call get_custom with the same settings to see where.",
    )


def _refusal(path: str, words: str, stage: str) -> Finding:
    message = "A template does not take what get_custom returns here."
    return Finding("custom.changes", Severity.ERROR, path, message, stage, words)


def _not_finite(custom: dict[Any, Any]) -> Iterator[Finding]:
    for path, why in doubtful_numbers(custom):
        if "cannot be loaded" in why:
            yield _refusal(path, why, "run")
