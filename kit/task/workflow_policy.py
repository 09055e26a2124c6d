"""What becomes of a workflow when one of its nodes fails."""

from __future__ import annotations

from enum import Enum

from flyteidl.core import workflow_pb2

__all__ = ["WorkflowFailurePolicy"]


class WorkflowFailurePolicy(Enum):
    """What happens to other nodes when one fails; the values are Flyte's own."""

    FAIL_IMMEDIATELY = workflow_pb2.WorkflowMetadata.FAIL_IMMEDIATELY
    FAIL_AFTER_EXECUTABLE_NODES_COMPLETE = (
        workflow_pb2.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    )
