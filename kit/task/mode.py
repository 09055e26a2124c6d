"""How a task's call is carried out."""

from __future__ import annotations

from enum import Enum

__all__ = ["ExecutionMode"]


class ExecutionMode(str, Enum):
    """Where a task runs; the names are flytekit's ``ExecutionState.Mode``."""

    TASK_EXECUTION = "TASK_EXECUTION"
    LOCAL_WORKFLOW_EXECUTION = "LOCAL_WORKFLOW_EXECUTION"
    LOCAL_TASK_EXECUTION = "LOCAL_TASK_EXECUTION"
