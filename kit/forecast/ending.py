"""What Flyte makes of the end of a container: phase, code, words, number of pods.

Flyte 1.16.8 judges in another order than one would think: a pod that failed is a lost
node to it, whatever the container wrote, and is tried again; only of a pod that ended
well are error.pb and then outputs.pb read. The forecast is of an execution all of whose
attempts end alike.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from flyteidl.core import errors_pb2, execution_pb2, literals_pb2, tasks_pb2
from flyteidl.core.workflow_pb2 import NodeMetadata
from google.protobuf.message import DecodeError

from kit.forecast.kubernetes import node_id
from kit.forecast.platform import UNKNOWN, Platform

Kind = Literal["", "UNKNOWN", "USER", "SYSTEM"]


@dataclass(frozen=True, kw_only=True)
class ContainerEnd:
    """How a container ended and what it left.

    Attributes:
        exit_status: Of its process; minus the number of the signal that killed it, or
            128 and that number, as a shell and Kubernetes say it.
        outputs: The bytes of outputs.pb; ``None`` if there is none.
        error: The bytes of error.pb; ``None`` if there is none.
        out_of_memory: Whether the kernel killed it for its use of memory.
        seconds: How long it ran, which a timeout is compared with.
    """

    exit_status: int = 0
    outputs: bytes | None = None
    error: bytes | None = None
    out_of_memory: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class EndForecast:
    """How an execution ends on Flyte.

    Attributes:
        phase: ``SUCCEEDED`` or ``FAILED``.
        code: The code of the execution's error; empty if it succeeded.
        words: Its message. ``…`` stands for what only the platform knows.
        kind: Whose error it is, as Flyte says.
        pods: How many pods there were: attempts.
        reason: Why, in a sentence; empty if there is nothing to explain.
    """

    phase: Literal["SUCCEEDED", "FAILED"]
    code: str = ""
    words: str = ""
    kind: Kind = ""
    pods: int = 1
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether Flyte calls it a success."""
        return self.phase == "SUCCEEDED"


def forecast_end(
    template: tasks_pb2.TaskTemplate,
    end: ContainerEnd,
    platform: Platform = UNKNOWN,
    *,
    node: NodeMetadata | None = None,
) -> EndForecast:
    """Foretell how Flyte ends an execution whose container ends so.

    Args:
        template: The task.
        end: How its container ends, at each attempt.
        platform: Where it runs.
        node: Of the node of a workflow that runs the task, whose retries and timeout
            count then; ``None`` if the task is launched by itself.
    """
    retries = _retries(template, node)
    if node is None and not node_id(template.id.name).isascii():
        return _lost(template, platform, retries)
    late = _timed_out(end, node, retries)
    if late is not None:
        return late
    if end.exit_status != 0:
        return _dead(end, retries)
    if end.error is not None:
        return _told(template, end.error, platform, retries)
    return _outputs(template, end.outputs, platform, retries)


def _lost(
    template: tasks_pb2.TaskTemplate, platform: Platform, retries: int
) -> EndForecast:
    """The container finds no inputs, and what it writes is not found by Flyte."""
    end = _outputs(template, None, platform, retries)
    why = (
        "The name of the task has letters beyond ASCII: the container is given other "
        "addresses than those where Flyte reads and writes."
    )
    return dataclasses.replace(end, reason=why)


_DIRECT_RETRIES = 3
"""What a launch of a task by itself uses where metadata.retries is not set."""

_SYSTEM_RETRIES = 3
"""How often a node is tried again after an error of the system."""


def _retries(template: tasks_pb2.TaskTemplate, node: NodeMetadata | None) -> int:
    """A node's own retries count; where it has none, those of its task."""
    if node is not None:
        return node.retries.retries or template.metadata.retries.retries
    if template.metadata.HasField("retries"):
        return template.metadata.retries.retries
    return _DIRECT_RETRIES


def _again(code: str, kind: Kind, message: str, retries: int, why: str) -> EndForecast:
    """Return the end of a task that is tried again and again, and never succeeds."""
    if kind == "SYSTEM":
        retries, count = _SYSTEM_RETRIES, _SYSTEM_RETRIES
    else:
        count = retries + 1
    last = f"[{count}/{count}] currentAttempt done. Last Error: {kind}::"
    code = f"RetriesExhausted|{code}"
    return EndForecast("FAILED", code, last + message, "USER", retries + 1, why)


_LOOKS_EVERY = 10.0
"""Seconds after which the engine looks at a running node again."""


def _timed_out(
    end: ContainerEnd, node: NodeMetadata | None, retries: int
) -> EndForecast | None:
    """A timeout is of the node: of one attempt, and twice as long of all of them."""
    if node is None or not node.HasField("timeout"):
        return None
    timeout = node.timeout.seconds + node.timeout.nanos / 1e9
    if not 0 < timeout < end.seconds:
        return None
    if 2 * timeout <= _LOOKS_EVERY:
        why = f"The node ran longer than twice its timeout of {timeout:g} seconds."
        return EndForecast("FAILED", "Timeout", "Timeout in node", "USER", 1, why)
    why = f"Each attempt ran longer than the node's timeout of {timeout:g} seconds."
    message = f"task execution timeout [{timeout:g}s] expired"
    return _again("TimeoutExpired", "USER", message, retries, why)


_SIGNALS = 128


def _dead(end: ContainerEnd, retries: int) -> EndForecast:
    """A pod that failed without a reason of Kubernetes' is a lost node to Flyte."""
    status = end.exit_status
    status = status if status > 0 else _SIGNALS - status
    code = "OOMKilled" if end.out_of_memory else "Interrupted"
    reason = "OOMKilled" if end.out_of_memory else "Error"
    message = (
        "Pod failed. No message received from kubernetes.\r\n[…] terminated with exit "
        f"code ({status}). Reason [{reason}]. Message: \n…."
    )
    if end.out_of_memory:
        why = "The container used more memory than its limit."
        return _again(code, "USER", message, retries, why)
    why = (
        f"The container ended with exit status {status}, which Flyte takes for a lost "
        "node and tries again, whatever the task's retries are."
    )
    if end.error is not None or end.outputs is not None:
        why += " It does not read what the container wrote."
    return _again(code, "SYSTEM", message, retries, why)


def _told(
    template: tasks_pb2.TaskTemplate, data: bytes, platform: Platform, retries: int
) -> EndForecast:
    """Judge by the error document of a container that ended well."""
    most = platform.download_limit
    if len(data) > most:
        cause = (
            f"output file @[…] is too large [{len(data)}] bytes, max allowed [{most}]"
        )
        return _stuck(template, cause, "error.pb is too large to be read.")
    try:
        document = errors_pb2.ErrorDocument.FromString(data)
    except DecodeError:
        return _stuck(template, "…", "error.pb is no error document.")
    if not document.HasField("error"):
        message = "error not formatted correctly, nil error @path […]"
        why = "error.pb has no error in it."
        return _again("ErrorFileBadFormat", "SYSTEM", message, retries, why)
    error = document.error
    kind = _KINDS.get(error.origin, "UNKNOWN")
    if error.kind == errors_pb2.ContainerError.RECOVERABLE:
        whose = "the platform's" if kind == "SYSTEM" else "the task's"
        why = f"The error is recoverable: it is tried again, with {whose} retries."
        return _again(error.code, kind, error.message, retries, why)
    return EndForecast("FAILED", error.code, error.message, kind)


_KINDS: dict[int, Kind] = {
    execution_pb2.ExecutionError.USER: "USER",
    execution_pb2.ExecutionError.SYSTEM: "SYSTEM",
}


def _stuck(template: tasks_pb2.TaskTemplate, cause: str, why: str) -> EndForecast:
    """Return the end of an execution that the engine gives up in the end."""
    task = template.id
    words = (
        f"Workflow[{task.project}:{task.domain}:.flytegen.{task.name}] failed. "
        "RuntimeExecutionError: max number of system retry attempts […] exhausted. "
        f"Last known status message: failed at Node[{node_id(task.name)}]. …{cause}…"
    )
    return EndForecast("FAILED", "Workflow abort failed", words, "SYSTEM", 1, why)


def _outputs(
    template: tasks_pb2.TaskTemplate,
    data: bytes | None,
    platform: Platform,
    retries: int,
) -> EndForecast:
    """Judge by the outputs; of them Flyte looks at the names alone."""
    declared = sorted(template.interface.outputs.variables)
    if not declared:
        return EndForecast("SUCCEEDED")
    if data is None:
        why = "The task declares outputs, and there is no outputs.pb."
        message = "Outputs not generated by task execution"
        return _again("OutputsNotFound", "UNKNOWN", message, retries, why)
    most = platform.download_limit
    if len(data) > most:
        words = (
            "Remote output size exceeds max, err: [output file @[…] is too large "
            f"[{len(data)}] bytes, max allowed [{most}] bytes: remote file exceeds max "
            "size]"
        )
        why = (
            f"outputs.pb has {len(data):,} bytes, and the platform reads {most:,}: "
            "return a file (FlyteFile) or a table (StructuredDataset)."
        )
        return EndForecast("FAILED", "OutputSizeExceeded", words, "UNKNOWN", 1, why)
    return _bound(node_id(template.id.name), declared, data)


def _bound(node: str, declared: list[str], data: bytes) -> EndForecast:
    """Bind the declared outputs; what is there beyond them is dropped."""
    try:
        found = literals_pb2.LiteralMap.FromString(data).literals
    except DecodeError:
        cause = "CausedByError: Failed to GetPrevious data from outputDir […]…"
        return _unbound(node, declared[0], cause, "outputs.pb holds no outputs.")
    missing = [name for name in declared if name not in found]
    extra = sorted(set(found) - set(declared))
    if not missing:
        dropped = f"Outputs that are not declared are dropped: {', '.join(extra)}."
        return EndForecast("SUCCEEDED", reason=dropped if extra else "")
    cause = "OutputsNotFoundError: " + (
        f"Failed to find [{node}].[{missing[0]}]"
        if found
        else "Outputs not found at […]"
    )
    why = f"outputs.pb lacks declared outputs: {', '.join(missing)}."
    return _unbound(node, missing[0], cause, why)


def _unbound(node: str, name: str, cause: str, why: str) -> EndForecast:
    words = (
        f"failed at Node[end-node]. BindingResolutionError: Error binding Var [wf]."
        f"[{name}], caused by: failed at Node[{node}]. {cause}"
    )
    return EndForecast("FAILED", "BindingResolutionFailure", words, "SYSTEM", 1, why)
