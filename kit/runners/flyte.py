"""Run a template on a live Flyte: registered, launched, watched, and its end judged.

The version follows from the content, so that the same template is registered once.
"""

from __future__ import annotations

import atexit
import dataclasses
import re
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import (
    CallError,
    KitError,
    OutputError,
    RemoteExistsError,
    RemoteRefusedError,
    StorageError,
)
from kit.evidence import Rung
from kit.forecast.launch import LaunchForecast
from kit.forecast.launch_request import forecast_request
from kit.remote.client import Remote, as_remote
from kit.remote.executions import (
    attempts_of,
    content_version,
    create,
    execution_id,
    is_final,
    new_name,
    node_of,
    phase_name,
    polls,
)
from kit.remote.transfer import deck_page, download, uploaded_inputs
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Failure, Outcome, Phase, Timings
from kit.runners.runner import RunRequest
from kit.shim.local_files import confined
from kit.template.view import parse_template

if TYPE_CHECKING:
    from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest
    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

_PLACEHOLDER = "flyteorg.io/placeholder"
_PHASES = {
    WorkflowExecution.SUCCEEDED: Phase.SUCCEEDED,
    WorkflowExecution.FAILED: Phase.FAILED,
    WorkflowExecution.ABORTED: Phase.ABORTED,
    WorkflowExecution.TIMED_OUT: Phase.TIMED_OUT,
    WorkflowExecution.UNDEFINED: Phase.QUEUED,
    WorkflowExecution.QUEUED: Phase.QUEUED,
}
_LAST_ERROR = re.compile(r"\A\[\d+/\d+\] currentAttempt done\. Last Error: \w+::")


@dataclasses.dataclass(frozen=True)
class FlyteRunner:
    """Runs tasks on a live Flyte, in the task's own image.

    Attributes:
        rung: What its runs are evidence of.
        remote: Where; the configured Flyte by default.
        version: The version to register under; empty makes one from the content.
    """

    rung: ClassVar[Rung] = Rung.FLYTE
    remote: Remote | None = None
    version: str = ""

    @property
    def name(self) -> str:
        """``flyte``."""
        return "flyte"

    def run(self, request: RunRequest) -> Outcome:
        """Register a template, launch it, and wait for its end.

        A KeyboardInterrupt meanwhile ends the execution and is raised again.

        Raises:
            TemplateError: It is not a template.
            CallError: Flyte would refuse the launch, or the image is a placeholder.
            RemoteError: Flyte refuses it, or cannot be reached.
            StorageError: A file cannot be uploaded, or the folder not be written.
        """
        return _FlyteRun(request, self).run()


class _FlyteRun:
    """One run: the state between its steps."""

    def __init__(self, request: RunRequest, runner: FlyteRunner) -> None:
        parse_template(request.template, "the run's template")
        self._request = request
        self._remote = as_remote(runner.remote)
        self._template = TaskTemplate.FromString(request.template)
        _check_image(self._template)
        version = runner.version or content_version([self._template])
        self._template.id.CopyFrom(
            self._remote.task_id(self._template.id.name, version)
        )
        self._timeout = request.timeout_for(self._template)
        self._log = Log() if request.log is None else request.log
        self._stop = threading.Event()
        self._state = ""

    def run(self) -> Outcome:
        began = time.monotonic()
        self._register()
        inputs = LiteralMap.FromString(self._request.inputs)
        sent = launch_request(
            self._remote,
            self._template,
            uploaded_inputs(self._remote, inputs),
            name=new_name(self._template.id.name),
            environment=self._request.environment,
        )
        forecast = checked_launch(sent, self._template)
        create(self._remote, sent)
        identity = execution_id(self._remote, sent.name)
        outcome = Outcome(
            task=self._template.id.name,
            runner="flyte",
            phase=Phase.RUNNING,
            logs=self._log,
            launch_on_flyte=forecast,
        )
        self._note(f"execution {identity.name}: {self._remote.console_link(identity)}")
        if self._request.on_start is not None:
            self._request.on_start(outcome)
        started = time.monotonic()
        timed_out = self._watch(identity)
        ended = ending(self._remote, identity, self._template, outcome)
        if timed_out and ended.phase is Phase.ABORTED:
            text = f"the execution was ended at its timeout of {self._timeout:g} s"
            failure = Failure("TimedOut", text)
            ended = dataclasses.replace(ended, phase=Phase.TIMED_OUT, error=failure)
        timings = Timings(stage=started - began, execute=time.monotonic() - started)
        return self._in_folder(dataclasses.replace(ended, timings=timings))

    def _register(self) -> None:
        from flyteidl.admin.task_pb2 import TaskCreateRequest

        request = TaskCreateRequest(id=self._template.id)
        request.spec.template.CopyFrom(self._template)
        try:
            self._remote.call("CreateTask", request)
        except RemoteExistsError:
            return  # with the same structure: else it is refused

    def _watch(self, identity: WorkflowExecutionIdentifier) -> bool:
        """Wait for the end; return whether the execution was ended at its timeout."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        self._request.cancellation.on_cancel(self._stop.set)
        asked = timed_out = False
        try:
            for execution in polls(self._remote, identity, pause=self._pause):
                if phase_name(execution) != self._state:
                    self._state = phase_name(execution)
                    self._note(f"phase {self._state}")
                late = deadline is not None and time.monotonic() > deadline
                if (late or self._stop.is_set()) and not asked:
                    asked, timed_out = True, late and not self._stop.is_set()
                    if not is_final(execution):
                        terminate(self._remote, identity, "stopped by kit.run")
        except KeyboardInterrupt:
            terminate(self._remote, identity, "Ctrl-C")
            raise
        return timed_out

    def _pause(self, seconds: float) -> bool:
        if self._stop.is_set():
            time.sleep(min(seconds, 1.0))
        else:
            self._stop.wait(seconds)
        return True

    def _note(self, text: str) -> None:
        line = LogLine("stderr", text)
        self._log.append(line)
        if self._request.on_log is not None:
            self._request.on_log(line)

    def _in_folder(self, outcome: Outcome) -> Outcome:
        """Write what the run has to the folder that was asked for, if any."""
        folder = self._request.directory
        if folder is None:
            return outcome
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "task.pb").write_bytes(self._request.template)
            (folder / "inputs.pb").write_bytes(self._request.inputs)
            if outcome.literals is not None:
                data = outcome.literals.SerializeToString(deterministic=True)
                (folder / "outputs.pb").write_bytes(data)
        except OSError as error:
            raise StorageError(f"Cannot write {str(folder)!r}: {error}.") from error
        return dataclasses.replace(outcome, directory=folder)


def _check_image(template: TaskTemplate) -> None:
    image = template.container.image
    if _PLACEHOLDER in image:
        msg = (
            f"The image of {template.id.name!r} is {image!r}: a placeholder that only "
            "runs here take. Pass settings=kit.SerializationSettings(image_config=...) "
            "with the real images."
        )
        raise CallError(msg)


def launch_request(
    remote: Remote,
    template: TaskTemplate,
    inputs: LiteralMap,
    *,
    name: str,
    environment: object = None,
) -> ExecutionCreateRequest:
    """Return the request for an execution of a registered task by itself."""
    from flyteidl.admin.execution_pb2 import ExecutionCreateRequest

    request = ExecutionCreateRequest(
        project=remote.project, domain=remote.domain, name=name, inputs=inputs
    )
    request.spec.launch_plan.CopyFrom(template.id)
    request.spec.metadata.SetInParent()
    for key, value in dict(environment or {}).items():  # type: ignore[call-overload]
        request.spec.envs.values.add(key=key, value=value or "")
    return request


def checked_launch(
    request: ExecutionCreateRequest, template: TaskTemplate
) -> LaunchForecast:
    """Foretell the answer to a launch.

    Raises:
        CallError: Flyte would refuse it; in its words, with what to do.
    """
    forecast = forecast_request(request, template)
    if not forecast.accepted:
        refusal = forecast.refusals[0]
        msg = f"Flyte would refuse the launch: {refusal.code} {refusal.words}."
        raise CallError(f"{msg} {refusal.fix}".rstrip())
    return forecast


def terminate(remote: Remote, identity: WorkflowExecutionIdentifier, why: str) -> None:
    """End an execution; does nothing when it has ended.

    Raises:
        RemoteError: Flyte refuses that, or does not answer.
    """
    from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest

    try:
        remote.call(
            "TerminateExecution", ExecutionTerminateRequest(id=identity, cause=why)
        )
    except RemoteRefusedError as error:
        if error.code != "FAILED_PRECONDITION":  # it has ended meanwhile
            raise


def ending(
    remote: Remote,
    identity: WorkflowExecutionIdentifier,
    template: TaskTemplate,
    outcome: Outcome,
    execution: Execution | None = None,
) -> Outcome:
    """Return how an execution ended: outputs or error, and its deck.

    Args:
        remote: Where.
        identity: The execution.
        template: The task that was launched.
        outcome: What is known already.
        execution: How it stands, if that was asked for.

    Raises:
        RemoteError: Flyte does not answer.
    """
    if execution is None:
        execution = remote.get_execution(identity)
    phase = _PHASES.get(execution.closure.phase, Phase.RUNNING)
    outcome = dataclasses.replace(outcome, phase=phase)
    if phase is Phase.SUCCEEDED:
        outcome = _with_outputs(remote, execution, template, outcome)
    elif phase.is_final:
        error = failure_of(remote, execution, template)
        outcome = dataclasses.replace(outcome, error=error)
    if phase.is_final and template.metadata.generates_deck.value:
        page = deck_page(remote, node_of(identity, template.id.name))
        deck = None if page is None else _deck_file(page)
        outcome = dataclasses.replace(outcome, deck=deck)
    return outcome


def _deck_file(page: bytes) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kit-deck-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "deck.html").write_bytes(page)
    return folder / "deck.html"


def _with_outputs(
    remote: Remote, execution: Execution, template: TaskTemplate, outcome: Outcome
) -> Outcome:
    try:
        literals = _outputs(remote, execution, template)
    except (OutputError, StorageError) as error:
        failure = Failure(type(error).__name__, str(error))
        return dataclasses.replace(outcome, phase=Phase.FAILED, error=failure)
    return dataclasses.replace(outcome, literals=confined(literals, []))


def _outputs(
    remote: Remote, execution: Execution, template: TaskTemplate
) -> LiteralMap:
    """Return the outputs; those that Flyte could not read come as an empty map."""
    from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest

    declared = template.interface.outputs.variables
    answer = remote.call(
        "GetExecutionData", WorkflowExecutionGetDataRequest(id=execution.id)
    )
    found: LiteralMap = answer.full_outputs
    if not all(name in found.literals for name in declared):
        where = execution.closure.outputs.uri
        if where:
            found = LiteralMap.FromString(download(remote, where))
    missing = [name for name in declared if name not in found.literals]
    if missing:
        msg = f"Flyte has no output {', '.join(map(repr, missing))} of the execution."
        raise OutputError(msg)
    return found


def failure_of(remote: Remote, execution: Execution, template: TaskTemplate) -> Failure:
    """Return why an execution did not succeed, as the error document said it."""
    closure = execution.closure
    if closure.HasField("abort_metadata"):
        cause = closure.abort_metadata.cause or "no cause is given"
        return Failure("Cancelled", f"the execution was ended: {cause}")
    document = ErrorDocument()
    document.error.code = closure.error.code
    document.error.message = _LAST_ERROR.sub("", closure.error.message)
    document.error.origin = closure.error.kind
    document.error.kind = ContainerError.NON_RECOVERABLE
    if "RetriesExhausted" in closure.error.code:
        document.error.kind = ContainerError.RECOVERABLE
        attempts = _attempts(remote, execution, template)
        document.error.message = attempts or document.error.message
    return Failure.from_document(document)


def _attempts(remote: Remote, execution: Execution, template: TaskTemplate) -> str:
    """Return the error of the last attempt, which Flyte keeps whole."""
    try:
        found = attempts_of(remote, node_of(execution.id, template.id.name))
    except KitError:
        return ""
    return next((each.error for each in reversed(found) if each.error), "")
