"""Executions on a live Flyte: their names, their creation, and how they stand.

A name is never used twice: Flyte overwrites the inputs of the first execution of that
name before it refuses the second one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.message import Message

from kit.errors import (
    CallError,
    RemoteExistsError,
    RemoteNotFoundError,
    RemoteUnavailableError,
    TemplateError,
)
from kit.forecast.kubernetes import node_id
from kit.forecast.registration import message_digest
from kit.remote.client import Remote

if TYPE_CHECKING:
    from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest
    from flyteidl.admin.task_execution_pb2 import TaskExecution

_DIGITS = 20
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_MOST_NAME = 63
_RACES = 5
_OWN_KEY = "executions_pkey"
_FINAL = (
    WorkflowExecution.SUCCEEDED,
    WorkflowExecution.FAILED,
    WorkflowExecution.ABORTED,
    WorkflowExecution.TIMED_OUT,
)
FIRST_PAUSE, MOST_PAUSE = 1.0, 10.0
_OUTAGE = 60.0


def content_version(specs: Iterable[Message]) -> str:
    """Return a version that follows from the content: the same wherever it goes.

    Args:
        specs: What is registered; where is no part of it.
    """
    digest = hashlib.sha256()
    for spec in specs:
        copy = type(spec)()
        copy.CopyFrom(spec)
        if isinstance(copy, TaskTemplate):
            for part in ("project", "domain", "version", "org"):
                copy.id.ClearField(part)
        try:
            digest.update(message_digest(copy))
        except TemplateError:  # flyteadmin refuses it; until then its bytes do
            digest.update(copy.SerializeToString(deterministic=True))
    return digest.hexdigest()[:_DIGITS]


def new_name(task: str) -> str:
    """Return a name of its own for an execution of a task."""
    last = re.sub(r"[^a-z0-9]+", "-", task.rpartition(".")[2].lower()).strip("-")
    start = re.sub(r"^[^a-z]+", "", last)[:30].strip("-") or "run"
    return f"{start}-{secrets.token_hex(6)}"


def check_name(remote: Remote, name: Any) -> str:
    """Return the name that a user chose for an execution.

    Raises:
        CallError: Kubernetes takes no such name, or it is taken.
        RemoteError: Flyte cannot be asked.
    """
    if not isinstance(name, str) or len(name) > _MOST_NAME or not _NAME.fullmatch(name):
        msg = (
            f"{name!r:.100} is not a name of an execution: use lower-case letters, "
            f"digits and dashes, {_MOST_NAME} characters at most, a letter first."
        )
        raise CallError(msg)
    try:
        remote.get_execution(execution_id(remote, name))
    except RemoteNotFoundError:
        return name
    msg = (
        f"There is an execution {name!r} already, whose inputs would be overwritten. "
        "Leave name= out, or choose another one."
    )
    raise CallError(msg)


def execution_id(remote: Remote, name: str) -> WorkflowExecutionIdentifier:
    """Return the identifier of an execution in the remote's project and domain."""
    return WorkflowExecutionIdentifier(
        project=remote.project, domain=remote.domain, name=name
    )


def create(remote: Remote, request: ExecutionCreateRequest) -> None:
    """Create an execution under its own name, once, whatever happens on the way.

    An answer that is lost is asked for again with the very same bytes; then that the
    name exists means success. That something else exists means that first launches of
    one task race: the same request goes well a moment later.

    Raises:
        RemoteError: It is refused, or there is no answer.
    """
    identity = WorkflowExecutionIdentifier(
        project=request.project, domain=request.domain, name=request.name
    )
    asked_again = False
    for race in range(_RACES + 1):
        try:
            remote.call("CreateExecution", request)
        except RemoteExistsError as error:  # noqa: PERF203 - each round is a call
            if _OWN_KEY in error.words and (asked_again or error.attempts > 1):
                return
            if _OWN_KEY in error.words or race == _RACES:
                raise
            asked_again = asked_again or error.attempts > 1
            time.sleep(0.1 * (race + 1))
        except RemoteUnavailableError:
            if asked_again or _exists(remote, identity):
                if _exists(remote, identity):
                    return
                raise
            asked_again = True
        else:
            return


def _exists(remote: Remote, identity: WorkflowExecutionIdentifier) -> bool:
    try:
        remote.get_execution(identity)
    except RemoteNotFoundError:
        return False
    return True


def is_final(execution: Execution) -> bool:
    """Whether nothing more will happen to an execution."""
    return execution.closure.phase in _FINAL


def phase_name(execution: Execution) -> str:
    """Return its phase in Flyte's words."""
    return str(WorkflowExecution.Phase.Name(execution.closure.phase))


def polls(
    remote: Remote,
    identity: WorkflowExecutionIdentifier,
    *,
    pause: Callable[[float], bool],
) -> Iterator[Execution]:
    """Yield how an execution stands, until it has ended: one call each time.

    There is a second between two calls, and more the longer it takes. A server that is
    gone for a minute is waited for.

    Args:
        remote: Where.
        identity: The execution.
        pause: Waits for so many seconds; returns whether to go on.

    Raises:
        RemoteUnavailableError: The server is gone for longer.
        RemoteError: It refuses the call.
    """
    seconds, gone_since = FIRST_PAUSE, 0.0
    while True:
        try:
            execution = remote.get_execution(identity)
        except RemoteUnavailableError as error:
            gone_since = gone_since or time.monotonic()
            if time.monotonic() - gone_since > _OUTAGE:
                msg = f"{error} The execution {identity.name!r} goes on there."
                raise RemoteUnavailableError(
                    msg, code=error.code, words=error.words, attempts=error.attempts
                ) from error
        else:
            gone_since = 0.0
            yield execution
            if is_final(execution):
                return
        if not pause(seconds):
            return
        seconds = min(seconds * 1.2, MOST_PAUSE)


def node_of(
    identity: WorkflowExecutionIdentifier, task: str
) -> NodeExecutionIdentifier:
    """Return the identifier of the one node of a task that was launched by itself."""
    return NodeExecutionIdentifier(node_id=node_id(task), execution_id=identity)


@dataclass(frozen=True)
class Attempt:
    """One attempt of an execution: a pod.

    Attributes:
        number: Which, from 0.
        phase: Its phase, in the words of ``flyteidl.core.TaskExecution.Phase``.
        messages: What its pod went through.
        error: Why it failed; empty if it did not.
        logs: Names and addresses of its logs.
        seconds: How long it ran, in whole seconds; None if that is not known.
    """

    number: int
    phase: str
    messages: tuple[str, ...] = ()
    error: str = ""
    logs: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None


def attempts_of(remote: Remote, node: NodeExecutionIdentifier) -> tuple[Attempt, ...]:
    """Return the attempts of a node's execution, the first one first: one call.

    Raises:
        RemoteError: Flyte refuses the call, or does not answer.
    """
    from flyteidl.admin.common_pb2 import Sort
    from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest

    request = TaskExecutionListRequest(
        node_execution_id=node,
        limit=100,
        sort_by=Sort(key="created_at", direction=Sort.ASCENDING),
    )
    answer = remote.call("ListTaskExecutions", request)
    made = map(_attempt, answer.task_executions)
    return tuple(sorted(made, key=lambda attempt: attempt.number))


def _attempt(execution: TaskExecution) -> Attempt:
    from flyteidl.core.execution_pb2 import TaskExecution as Phases

    closure = execution.closure
    reasons = [reason.message for reason in closure.reasons] or [closure.reason]
    seconds = closure.duration.ToTimedelta().total_seconds()
    return Attempt(
        number=execution.id.retry_attempt,
        phase=str(Phases.Phase.Name(closure.phase)),
        messages=tuple(filter(None, reasons)),
        error=closure.error.message if closure.HasField("error") else "",
        logs=tuple((log.name, log.uri) for log in closure.logs),
        seconds=seconds or None,
    )
