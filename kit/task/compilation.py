"""Which workflow is being defined, in this thread or asynchronous task."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from kit.errors import CallError

if TYPE_CHECKING:
    from kit.task.workflow import Workflow

__all__ = ["begin_compilation", "current_compilation", "end_compilation"]

_current: ContextVar[Workflow | None] = ContextVar("kit_workflow", default=None)


def current_compilation() -> Workflow | None:
    """Return the workflow that is being defined in this thread or task, if one is."""
    return _current.get()


def begin_compilation(workflow: Workflow) -> Token[Workflow | None]:
    """Let calls of tasks make nodes of a workflow from here on.

    Raises:
        CallError: A workflow is being defined already.
    """
    outer = _current.get()
    if outer is not None:
        msg = (
            f"Can't already be compiling: {workflow!r} is defined inside {outer!r}: "
            "a workflow in a workflow is not supported. Call its tasks instead."
        )
        raise CallError(msg)
    return _current.set(workflow)


def end_compilation(token: Token[Workflow | None]) -> None:
    """Let calls of tasks run them again."""
    _current.reset(token)
