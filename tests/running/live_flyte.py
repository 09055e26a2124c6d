"""The smallest client of a live Flyte that the matrix needs: register, launch, wait.

``KIT_FLYTE`` is the address of a flyteadmin without TLS and authentication, such as
``127.0.0.1:8089``; its pods have this folder among those that Python imports from.
"""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from typing import Any

import grpc
from flyteidl.admin import (
    execution_pb2,
    launch_plan_pb2,
    node_execution_pb2,
    task_execution_pb2,
    task_pb2,
    workflow_pb2,
)
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier as ExecutionId
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.service.admin_pb2_grpc import AdminServiceStub

import kit

VARIABLE = "KIT_FLYTE"
SECONDS = 240
_ENDED = {
    WorkflowExecution.SUCCEEDED: "SUCCEEDED",
    WorkflowExecution.FAILED: "FAILED",
    WorkflowExecution.ABORTED: "ABORTED",
    WorkflowExecution.TIMED_OUT: "TIMED_OUT",
}


@dataclass(frozen=True)
class Ended:
    """How a launch ended on the live Flyte.

    Attributes:
        launch: The code of CreateExecution.
        phase: The phase of the execution; empty if there is none.
        code: The code of its error.
        pods: The attempts of its only task; 0 for a workflow.
        literals: Its outputs.
    """

    launch: str
    phase: str = ""
    code: str = ""
    pods: int = 0
    literals: LiteralMap | None = None


class LiveFlyte:
    """A channel to a live Flyte; each has a version of its own to register under."""

    def __init__(self, address: str) -> None:
        options = [
            ("grpc.max_metadata_size", 2**20),
            ("grpc.max_receive_message_length", 2**25),
        ]
        self._stub = AdminServiceStub(grpc.insecure_channel(address, options))
        version = f"matrix-{uuid.uuid4().hex[:8]}"
        self.settings = kit.SerializationSettings(
            project="flytesnacks", domain="development", version=version
        )
        self._registered: set[str] = set()

    @classmethod
    def from_environment(cls) -> LiveFlyte | None:
        """Return the one that the environment names, if it does."""
        address = os.environ.get(VARIABLE)
        return cls(address) if address else None

    def run_task(self, task: Any, literals: LiteralMap) -> Ended:
        """Register a task, launch it by itself, and wait for its end."""
        return self._run(self._register(task), literals)

    def run_flow(self, flow: Any, literals: LiteralMap) -> Ended:
        """Register a workflow with its tasks and a launch plan, and launch that."""
        for node in flow.nodes:
            self._register(node.entity)
        spec = kit.workflow_spec(flow, self.settings)
        name = spec.template.id.name
        made = self._id(ResourceType.WORKFLOW, name)
        self._stub.CreateWorkflow(
            workflow_pb2.WorkflowCreateRequest(id=made, spec=spec), timeout=60
        )
        plan = self._id(ResourceType.LAUNCH_PLAN, name)
        request = launch_plan_pb2.LaunchPlanCreateRequest(id=plan)
        request.spec.workflow_id.CopyFrom(made)
        self._stub.CreateLaunchPlan(request, timeout=60)
        return self._run(plan, literals)

    def _id(self, kind: Any, name: str) -> Identifier:
        place = self.settings
        return Identifier(
            resource_type=kind,
            project=place.project,
            domain=place.domain,
            name=name,
            version=place.version,
        )

    def _register(self, task: Any) -> Identifier:
        made = self._id(ResourceType.TASK, task.name)
        if task.name not in self._registered:
            spec = kit.task_spec(task, self.settings)
            request = task_pb2.TaskCreateRequest(id=made, spec=spec)
            self._stub.CreateTask(request, timeout=60)
            self._registered.add(task.name)
        return made

    def _run(self, target: Identifier, literals: LiteralMap) -> Ended:
        name = f"m{uuid.uuid4().hex[:18]}"
        request = execution_pb2.ExecutionCreateRequest(
            project=target.project, domain=target.domain, name=name, inputs=literals
        )
        request.spec.launch_plan.CopyFrom(target)
        request.spec.metadata.mode = 0
        try:
            made = self._stub.CreateExecution(request, timeout=60).id
        except grpc.RpcError as error:
            return Ended(error.code().name)  # type: ignore[attr-defined]
        return self._ended(made, self._waited(made))

    def _waited(self, made: ExecutionId) -> Any:
        """Return the closure of an execution that has ended."""
        until = time.monotonic() + SECONDS
        request = execution_pb2.WorkflowExecutionGetRequest(id=made)
        while time.monotonic() < until:
            closure = self._stub.GetExecution(request, timeout=60).closure
            if closure.phase in _ENDED:
                return closure
            time.sleep(0.5)
        msg = f"{made.name} has not ended within {SECONDS} seconds."
        raise TimeoutError(msg)

    def _ended(self, made: ExecutionId, closure: Any) -> Ended:
        data = execution_pb2.WorkflowExecutionGetDataRequest(id=made)
        literals = self._stub.GetExecutionData(data, timeout=60).full_outputs
        return Ended(
            "OK",
            _ENDED[closure.phase],
            closure.error.code,
            self._pods(made),
            literals,
        )

    def _pods(self, made: ExecutionId) -> int:
        listed = node_execution_pb2.NodeExecutionListRequest(
            workflow_execution_id=made, limit=100
        )
        nodes = self._stub.ListNodeExecutions(listed, timeout=60).node_executions
        counts = []
        for node in nodes:
            request = task_execution_pb2.TaskExecutionListRequest(
                node_execution_id=node.id, limit=100
            )
            tasks = self._stub.ListTaskExecutions(request, timeout=60).task_executions
            counts.append(len(tasks))
        return sum(counts)
