"""A double of Flyte's engine: executions whose pods are local processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import errors_pb2, identifier_pb2, literals_pb2
from flyteidl.core import execution_pb2 as phases_pb2

if TYPE_CHECKING:
    from flyte_double import FlyteDouble

_PHASE = phases_pb2.WorkflowExecution
_ATTEMPT = phases_pb2.TaskExecution
_NODE = phases_pb2.NodeExecution
_FINAL = (_PHASE.SUCCEEDED, _PHASE.FAILED, _PHASE.ABORTED, _PHASE.TIMED_OUT)
_NAME = re.compile(r"[a-z][-a-z0-9]*")


class Stored:
    """An execution: what was asked for, how it stands, its pods."""

    def __init__(self, request: Any, template: Any, folder: Path) -> None:
        self.request = request
        self.template = template
        self.folder = folder
        self.inputs = literals_pb2.LiteralMap()
        self.inputs.CopyFrom(request.inputs)
        self.outputs = literals_pb2.LiteralMap()
        self.state = execution_pb2.Execution()
        self.state.id.project = request.project
        self.state.id.domain = request.domain
        self.state.id.name = request.name
        self.state.spec.CopyFrom(request.spec)
        self.state.closure.created_at.GetCurrentTime()
        self.state.closure.updated_at.GetCurrentTime()
        self.attempts: list[Any] = []
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def node(self) -> str:
        """The node's id: the last 63 letters, digits and dashes of the task's name."""
        return re.sub(r"[^-a-zA-Z0-9]", "", self.template.id.name)[-63:]


class Executions:
    """All executions of a double."""

    def __init__(self, double: FlyteDouble) -> None:
        self._double = double
        self._lock = threading.RLock()
        self._stored: dict[tuple[str, ...], Stored] = {}
        self._threads: list[threading.Thread] = []
        self.racing = 0

    def close(self) -> None:
        """End the pods that still run."""
        for stored in list(self._stored.values()):
            self._kill(stored)
        for thread in self._threads:
            thread.join(timeout=20)

    # --- launching --------------------------------------------------------------------

    def create_execution(self, request: Any) -> Any:
        from flyte_double import Refusal, key_of, missing

        for name in ("project", "domain"):
            if not getattr(request, name):
                raise Refusal("INVALID_ARGUMENT", f"missing {name}")
        if request.name and not _NAME.fullmatch(request.name.lower()):
            words = (
                f"invalid name format: {request.name.lower()}, does not match regex "
                "'^[a-z][a-z\\-0-9]*$'"
            )
            raise Refusal("INVALID_ARGUMENT", words)
        self._double.check_place(request.project, request.domain)
        target = request.spec.launch_plan
        is_plan = target.resource_type == identifier_pb2.ResourceType.LAUNCH_PLAN
        known = self._double.plans if is_plan else self._double.tasks
        entity = known.get(key_of(target))
        if entity is None:
            kind = "LAUNCH_PLAN" if is_plan else "TASK"
            raise missing(kind, target)
        template = None if is_plan else entity.closure.compiled_task.template
        if template is not None:
            _check_inputs(template, request.inputs)
        with self._lock:
            if self.racing:
                self.racing -= 1
                words = (
                    "value with matching already exists (duplicate key value violates "
                    'unique constraint "launch_plans_pkey")'
                )
                raise Refusal("ALREADY_EXISTS", words)
            key = (request.project, request.domain, request.name)
            if key in self._stored:
                self._stored[key].inputs.CopyFrom(request.inputs)  # the trap
                words = (
                    "value with matching already exists (duplicate key value violates "
                    'unique constraint "executions_pkey")'
                )
                raise Refusal("ALREADY_EXISTS", words)
            folder = self._double.bucket.folder / "pods" / request.name
            stored = self._stored[key] = Stored(request, template, folder)
        if self._double.run_pods and template is not None:
            thread = threading.Thread(target=self._carry_out, args=(stored,))
            thread.start()
            self._threads.append(thread)
        answer = execution_pb2.ExecutionCreateResponse()
        answer.id.CopyFrom(stored.state.id)
        return answer

    def terminate_execution(self, request: Any) -> Any:
        from flyte_double import Refusal

        stored = self._found(request.id)
        with self._lock:
            if stored.state.closure.phase in _FINAL:
                words = "Cannot abort an already terminated workflow execution"
                raise Refusal("FAILED_PRECONDITION", words)
            stored.state.closure.phase = _PHASE.ABORTED
            stored.state.closure.abort_metadata.cause = request.cause
            stored.state.closure.updated_at.GetCurrentTime()
        self._kill(stored)
        return execution_pb2.ExecutionTerminateResponse()

    # --- reading ----------------------------------------------------------------------

    def get_execution(self, request: Any) -> Any:
        return self._found(request.id).state

    def get_execution_data(self, request: Any) -> Any:
        stored = self._found(request.id)
        answer = execution_pb2.WorkflowExecutionGetDataResponse()
        answer.full_inputs.CopyFrom(stored.inputs)
        answer.full_outputs.CopyFrom(stored.outputs)
        answer.inputs.SetInParent()
        answer.outputs.SetInParent()
        return answer

    def list_executions(self, request: Any) -> Any:
        found = [s.state for s in self._stored.values()]
        return execution_pb2.ExecutionList(executions=found[: request.limit])

    def list_node_executions(self, request: Any) -> Any:
        stored = self._found(request.workflow_execution_id)
        names = ["end-node", stored.node, "start-node"]  # in no promised order
        answer = node_execution_pb2.NodeExecutionList()
        for name in names:
            node = answer.node_executions.add()
            node.id.node_id = name
            node.id.execution_id.CopyFrom(stored.state.id)
        return answer

    def list_task_executions(self, request: Any) -> Any:
        node = request.node_execution_id
        stored = self._found(node.execution_id)
        answer = task_execution_pb2.TaskExecutionList()
        if node.node_id == stored.node:
            with self._lock:
                answer.task_executions.extend(stored.attempts)
        return answer

    def _found(self, identity: Any) -> Stored:
        from flyte_double import Refusal

        key = (identity.project, identity.domain, identity.name)
        if key not in self._stored:
            words = (
                'missing entity of type execution with identifier project:"'
                f'{identity.project}"  domain:"{identity.domain}"  '
                f'name:"{identity.name}"'
            )
            raise Refusal("NOT_FOUND", words)
        return self._stored[key]

    # --- the engine -------------------------------------------------------------------

    def _carry_out(self, stored: Stored) -> None:
        """Run the task's pods one after the other, and say how it ends."""
        closure = stored.state.closure
        time.sleep(0.1)
        if not self._enter(stored, _PHASE.RUNNING):
            return
        closure.started_at.GetCurrentTime()
        most = 1 + stored.template.metadata.retries.retries
        for number in range(most):
            ended = self._attempt(stored, number)
            if closure.phase in _FINAL:
                return
            if ended is None:
                self._enter(stored, _PHASE.SUCCEEDED)
                last = stored.folder / str(number) / "outputs.pb"
                closure.outputs.uri = self._double.bucket.native(last)
                return
            if ended.kind != errors_pb2.ContainerError.RECOVERABLE:
                self._fail(stored, ended.code, ended.message)
                return
        words = (
            f"[{most}/{most}] currentAttempt done. Last Error: USER::{ended.message}"
        )
        self._fail(stored, f"RetriesExhausted|{ended.code}", words)

    def _enter(self, stored: Stored, phase: int) -> bool:
        with self._lock:
            if stored.state.closure.phase in _FINAL:
                return False
            stored.state.closure.phase = phase
            stored.state.closure.updated_at.GetCurrentTime()
            return True

    def _fail(self, stored: Stored, code: str, message: str) -> None:
        error = stored.state.closure.error
        error.code, error.message = code, message
        error.kind = phases_pb2.ExecutionError.USER
        self._enter(stored, _PHASE.FAILED)

    def _attempt(self, stored: Stored, number: int) -> Any:
        """Run one pod; return its error, or None if it left outputs."""
        attempt = task_execution_pb2.TaskExecution()
        attempt.id.retry_attempt = number
        attempt.id.task_id.CopyFrom(stored.template.id)
        attempt.id.node_execution_id.node_id = stored.node
        attempt.id.node_execution_id.execution_id.CopyFrom(stored.state.id)
        attempt.closure.phase = _ATTEMPT.RUNNING
        attempt.closure.created_at.GetCurrentTime()
        attempt.closure.started_at.GetCurrentTime()
        attempt.closure.reason = "Demistify Pending"
        log = attempt.closure.logs.add()
        log.name, log.uri = "Kubernetes Logs", f"http://127.0.0.1/logs/{number}"
        with self._lock:
            stored.attempts.append(attempt)
        folder = stored.folder / str(number)
        folder.mkdir(parents=True)
        status = self._run_pod(stored, folder, number)
        attempt.closure.updated_at.GetCurrentTime()
        if (folder / "error.pb").is_file():
            document = errors_pb2.ErrorDocument.FromString(
                (folder / "error.pb").read_bytes()
            )
            attempt.closure.phase = _ATTEMPT.FAILED
            attempt.closure.error.code = document.error.code
            attempt.closure.error.message = document.error.message
            return document.error
        if status or not (folder / "outputs.pb").is_file():
            attempt.closure.phase = _ATTEMPT.FAILED
            words = f"OutputsNotFound: exit status {status}"
            return errors_pb2.ContainerError(code="OutputsNotFound", message=words)
        attempt.closure.phase = _ATTEMPT.SUCCEEDED
        data = (folder / "outputs.pb").read_bytes()
        # A pod here writes to a folder, which everybody else knows by its address.
        outputs = literals_pb2.LiteralMap.FromString(data)
        for literal in outputs.literals.values():
            blob = literal.scalar.blob
            if literal.scalar.HasField("blob"):
                blob.uri = self._double.bucket.native(Path(blob.uri))
        (folder / "outputs.pb").write_bytes(outputs.SerializeToString())
        stored.outputs.CopyFrom(outputs)
        return None

    def _run_pod(self, stored: Stored, folder: Path, number: int) -> int:
        (folder / "inputs.pb").write_bytes(stored.inputs.SerializeToString())
        (folder / "task.pb").write_bytes(stored.template.SerializeToString())
        known = {
            "input": folder / "inputs.pb",
            "outputPrefix": folder,
            "rawOutputDataPrefix": folder / "raw",
            "taskTemplatePath": folder / "task.pb",
        }
        container = stored.template.container
        words = [
            re.sub(r"\{\{\s*\.(\w+)\s*\}\}", lambda m: str(known.get(m[1], m[0])), word)
            for word in (*container.command, *container.args)
        ]
        if stored.template.metadata.generates_deck.value:
            self._double.bucket.put_deck(stored.state.id.name, folder / "deck.html")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "FLYTE_ATTEMPT_NUMBER": str(number),
            **{each.key: each.value for each in container.env},
        }
        with (folder / "log.txt").open("wb") as log:
            stored.process = subprocess.Popen(
                words, env=environment, cwd=folder, stdout=log, stderr=log
            )
            return stored.process.wait()

    def _kill(self, stored: Stored) -> None:
        if stored.process is not None and stored.process.poll() is None:
            stored.process.send_signal(signal.SIGKILL)


def _check_inputs(template: Any, inputs: Any) -> None:
    """Refuse unknown inputs, then missing ones, then simple types that differ."""
    from flyte_double import Refusal

    wanted = template.interface.inputs.variables
    for name in inputs.literals:
        if name not in wanted:
            raise Refusal("INVALID_ARGUMENT", f"invalid input {name}")
    for name in wanted:
        if name not in inputs.literals:
            raise Refusal("INVALID_ARGUMENT", f"expected_inputs {name} missing")
        _check_type(name, wanted[name].type, inputs.literals[name])


_PRIMITIVES = {"integer": 1, "float_value": 2, "string_value": 3, "boolean": 4}
_NAMES = {1: "INTEGER", 2: "FLOAT", 3: "STRING", 4: "BOOLEAN"}


def _check_type(name: str, declared: Any, literal: Any) -> None:
    from flyte_double import Refusal

    kind = literal.scalar.primitive.WhichOneof("value")
    given = _PRIMITIVES.get(kind or "")
    is_simple = declared.WhichOneof("type") == "simple" and declared.simple in _NAMES
    if given is None or not is_simple or declared.simple == given:
        return
    words = (
        f"invalid {name} input wrong type. Expected simple:{_NAMES[declared.simple]}, "
        f"but got simple:{_NAMES[given]}"
    )
    raise Refusal("INVALID_ARGUMENT", words)
