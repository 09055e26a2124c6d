"""Telemetry of a run from inside, if anybody asked for it.

A run says where it is and what it holds; the telemetry that stands here does nothing
with it, and costs nothing.  :mod:`kit.shim.report` has the one that keeps it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Literal

REPORT_VARIABLE = "KIT_RUN_REPORT"
"""Names the file to write; the task does not see it."""

Step = Literal["load", "inputs", "execute", "outputs", "decks"]


class Telemetry:
    """Is told what a run does, and keeps nothing of it."""

    def enter(self, step: Step) -> None:
        """Hear that a step begins, and the one before is over."""

    def called(self, executor_type: type, inputs: Mapping[str, Any]) -> None:
        """Hear what the executor is about to be called with."""

    def returned(
        self, value: Any, declared: Mapping[str, Any], order: Sequence[str]
    ) -> None:
        """Hear what the executor returned.

        Args:
            value: What it returned.
            declared: The outputs of the interface.
            order: Their names in order, if that is known.
        """


_SILENT = Telemetry()
_next: ContextVar[Telemetry] = ContextVar("kit_recorder", default=_SILENT)


@contextlib.contextmanager
def use_telemetry(telemetry: Telemetry) -> Iterator[None]:
    """Let the next run in this block tell the telemetry, and no run inside of it."""
    token = _next.set(telemetry)
    try:
        yield
    finally:
        _next.reset(token)


def take_telemetry() -> Telemetry:
    """Return who follows the run that begins here; runs inside of it are followed not.

    Outside of :func:`use_telemetry` it is the one that does nothing.
    """
    telemetry = _next.get()
    if telemetry is not _SILENT:
        _next.set(_SILENT)
    return telemetry


LoadStep = Literal[
    "resolver",
    "read",
    "source",
    "module",
    "executor",
    "instance",
    "inline",
    "failure",
]
Observer = Callable[[LoadStep, Any], None]

_observers: list[Observer] = []


def observe_loading(observer: Observer) -> None:
    """Let an observer hear, in this process, what each step of loading a task found."""
    _observers.append(observer)


def loaded(step: LoadStep, found: Any) -> None:
    """Report a step of loading a task that is over.

    Args:
        step: The step; ``inline`` is the one in which kit's executor of flytekit's
            tasks makes its own, ``failure`` the end of a run that fails.
        found: The resolver's name, the size of the template, the document of the
            source, the module, the executor's class, the task, the executor; or the
            exception.
    """
    for observer in _observers:
        observer(step, found)
