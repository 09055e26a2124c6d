"""An execution on a live Flyte: watched, ended, its outputs, and run again here."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flyteidl.admin.execution_pb2 import Execution as ExecutionMessage
from flyteidl.core.identifier_pb2 import ResourceType, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import CallError, RemoteNotFoundError
from kit.notebook import Shown
from kit.remote.client import Remote, as_remote
from kit.remote.executions import (
    Attempt,
    attempts_of,
    execution_id,
    is_final,
    node_of,
    phase_name,
    polls,
)
from kit.remote.transfer import deck_page
from kit.runners.flyte import ending, failure_of, terminate
from kit.runners.outcome import Failure, Outcome, Phase
from kit.runners.runner import Runner, RunRequest
from kit.running.outputs import Outputs
from kit.running.run import Run
from kit.running.saved import guessed_outputs
from kit.running.start import replay, with_outputs
from kit.shim.deck_file import Decks
from kit.targets import Task


class Execution(Shown):
    """An execution on a live Flyte, as :func:`kit.launch` returns it.

    Nothing is asked of Flyte until something is wanted: ``phase`` is one call, at most
    one in a second; ``outputs``, ``decks`` and ``outcome`` wait for the end, and are
    fetched once.

    Args:
        remote: Where.
        identity: Its identifier.
        task: The task as it is defined here, whose types the outputs are given.
        notes: What to know of the launch.

    Attributes:
        name: Its name.
        remote: Where it is.
        notes: What to know of the launch: what was foretold, and does not stop it.
    """

    def __init__(
        self,
        remote: Remote,
        identity: WorkflowExecutionIdentifier,
        *,
        task: Task | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.remote = remote
        self.name = identity.name
        self.notes = notes
        self._id = identity
        self._task = task
        self._lock = threading.Lock()
        self._state: ExecutionMessage | None = None
        self._asked_at = 0.0

    # --- how it stands ----------------------------------------------------------------

    @property
    def message(self) -> ExecutionMessage:
        """How it stands, as Flyte's message: asked for at most once in a second."""
        with self._lock:
            state = self._state
            fresh = time.monotonic() - self._asked_at < 1.0
            if state is None or not (is_final(state) or fresh):
                state = self._state = self.remote.get_execution(self._id)
                self._asked_at = time.monotonic()
            return state

    @property
    def phase(self) -> str:
        """Its phase in Flyte's words, such as ``RUNNING``."""
        return phase_name(self.message)

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return is_final(self.message)

    @property
    def link(self) -> str:
        """Its address in Flyte's console."""
        return self.remote.console_link(self._id)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The pods of a task's execution, with their messages and logs: one call."""
        if not self._is_of_task:
            return ()
        return attempts_of(self.remote, node_of(self._id, self._entity.name))

    def wait(self, timeout: float | None = None) -> Execution:
        """Wait until it has ended, or for so many seconds: a call a second, then fewer.

        Ctrl-C stops the waiting, and not the execution.

        Returns:
            The execution, which has ended unless the time ran out: see ``is_done``.

        Raises:
            CallError: The timeout is no number of seconds.
            RemoteUnavailableError: Flyte is gone for a minute; the execution is not.
        """
        if timeout is not None and not timeout >= 0:
            msg = f"A timeout is a number of seconds, got {timeout!r}."
            raise CallError(msg)
        deadline = None if timeout is None else time.monotonic() + timeout

        def pause(seconds: float) -> bool:
            left = seconds if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(seconds, left))
            return True

        if self._state is None or not is_final(self._state):
            for state in polls(self.remote, self._id, pause=pause):
                with self._lock:
                    self._state, self._asked_at = state, time.monotonic()
        return self

    def cancel(self, why: str = "ended by its user") -> None:
        """Ask Flyte to end it; does nothing when it has ended.

        Raises:
            RemoteError: Flyte refuses that, or does not answer.
        """
        terminate(self.remote, self._id, why)
        with self._lock:
            self._asked_at = 0.0

    # --- what came of it --------------------------------------------------------------

    @functools.cached_property
    def template(self) -> TaskTemplate:
        """The template of the task that was launched, as it is registered.

        Raises:
            CallError: A workflow was launched.
        """
        if not self._is_of_task:
            msg = f"{self.name!r} is an execution of a workflow, which has no template."
            raise CallError(msg)
        answer = self.remote.get_task(self._entity)
        template = TaskTemplate()
        template.CopyFrom(answer.closure.compiled_task.template)
        return template

    @functools.cached_property
    def inputs(self) -> LiteralMap:
        """Its inputs, as the wire has them."""
        inputs: LiteralMap = self._data.full_inputs
        return inputs

    @property
    def outcome(self) -> Outcome:
        """How it ended; waits for the end."""
        self.wait()
        return self._outcome

    @property
    def succeeded(self) -> bool:
        """Whether it ended with its outputs; waits for the end."""
        return self.outcome.succeeded

    @property
    def outputs(self) -> Outputs:
        """Python values by name, with the types of the task, or those guessed."""
        outcome = self.outcome
        if isinstance(outcome.outputs, Outputs):
            return outcome.outputs
        return Outputs(outcome.outputs, task=outcome.task, failure=outcome.error)

    @property
    def literals(self) -> LiteralMap | None:
        """The outputs as the wire has them; None if it did not succeed."""
        return self.outcome.literals

    @property
    def error(self) -> Failure | None:
        """Why it did not succeed; None if it did."""
        return self.outcome.error

    @property
    def decks(self) -> Decks:
        """The decks of the task; empty if it wrote none."""
        return self.outcome.decks

    @property
    def published(self) -> Decks:
        """The decks that it has written by now; waits for nothing."""
        if not self._is_of_task:
            return Decks(title=self.name)
        page = deck_page(self.remote, node_of(self._id, self._entity.name))
        if page is None:
            return Decks(title=self._entity.name)
        return Decks.parse(page.decode("utf-8", "replace"), title=self._entity.name)

    def to_json(self) -> dict[str, Any]:
        """Return how it stands now as plain values; waits for nothing."""
        state = self.message
        target = state.spec.launch_plan
        error = None
        if state.closure.HasField("error"):
            code, message = state.closure.error.code, state.closure.error.message
            error = {"code": code, "message": message}
        return {
            "name": self.name,
            "project": self._id.project,
            "domain": self._id.domain,
            "launched": target.name,
            "version": target.version,
            "phase": phase_name(state),
            "link": self.link,
            "notes": list(self.notes),
            "error": error,
        }

    def raise_for_error(self) -> Execution:
        """Return it if it succeeded, so that calls can be chained.

        Raises:
            RunFailed: The task ended with an error document.
            RunTimedOut: Flyte ended it at its timeout.
            RunCancelled: Somebody ended it.
        """
        self.outcome.raise_for_error()
        return self

    # --- again ------------------------------------------------------------------------

    def replay(
        self,
        *,
        runner: str | Runner = "subprocess",
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Run:
        """Run its template here, with its inputs and by the same command.

        That runs the code that the template names, on this machine.

        Args:
            runner: Where, as for :func:`kit.run`.
            environment: Variables that win over the template's.
            **options: ``debug``, ``wait``, ``timeout`` and ``keep`` of
                :func:`kit.replay`.

        Raises:
            CallError: A workflow was launched, or no runner has that name.
            RemoteError: Flyte does not answer.
        """
        return replay(self._as_run(), runner=runner, environment=environment, **options)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write it to a file with all it takes to replay it, as :meth:`Run.save`.

        Raises:
            CallError: A workflow was launched, or it has not ended.
            StorageError: A file is there, or cannot be written.
            RemoteError: Flyte does not answer.
        """
        if not self.is_done:
            msg = f"{self.name!r} has not ended: call wait() first."
            raise CallError(msg)
        return self._as_run().save(path, overwrite=overwrite)

    def _as_run(self) -> Run:
        """Return a run that has ended, or stands as the execution does."""
        template = self.template.SerializeToString(deterministic=True)
        environment = {pair.key: pair.value for pair in self.message.spec.envs.values}
        request = RunRequest(
            template=template,
            inputs=self.inputs.SerializeToString(deterministic=True),
            environment=environment,
        )
        outcome = self._outcome if self.is_done else self._pending
        return Run.ended(request, outcome)

    # --- inside -----------------------------------------------------------------------

    @functools.cached_property
    def _data(self) -> Any:
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest

        request = WorkflowExecutionGetDataRequest(id=self._id)
        return self.remote.call("GetExecutionData", request)

    @functools.cached_property
    def _outcome(self) -> Outcome:
        """How it ended; asked for once it has."""
        if not self._is_of_task:
            return self._workflow_outcome()
        ended = ending(
            self.remote, self._id, self.template, self._pending, self.message
        )
        if self._task is not None:
            return with_outputs(ended, self._task)
        return guessed_outputs(self.template.SerializeToString(), ended)

    def _workflow_outcome(self) -> Outcome:
        phase = Phase[self.phase] if self.phase in Phase.__members__ else Phase.FAILED
        outcome = dataclasses.replace(self._pending, phase=phase)
        if phase is not Phase.SUCCEEDED:
            failure = failure_of(self.remote, self.message, TaskTemplate())
            return dataclasses.replace(outcome, error=failure)
        literals = self._data.full_outputs
        made = Outputs(dict(literals.literals), task=self._entity.name)
        return dataclasses.replace(outcome, literals=literals, outputs=made)

    @property
    def _pending(self) -> Outcome:
        return Outcome(task=self._entity.name, runner="flyte", phase=Phase.RUNNING)

    @functools.cached_property
    def _entity(self) -> Any:
        """The identifier of what was launched."""
        return self.message.spec.launch_plan

    @property
    def _is_of_task(self) -> bool:
        return bool(self._entity.resource_type == ResourceType.TASK)

    def __repr__(self) -> str:
        state = "" if self._state is None else f", {phase_name(self._state)}"
        return f"Execution({self.name!r}{state})"


def execution(name: str, /, *, remote: Remote | None = None) -> Execution:
    """Return an execution that was launched before, here or elsewhere.

    Args:
        name: Its name, ``project/domain/name``, or its address in the console.
        remote: Where it is; by default the configured Flyte.

    Raises:
        CallError: It is not a name.
        RemoteNotFoundError: There is no such execution.
        EndpointError: No Flyte is configured, or none answers there.
    """
    where = as_remote(remote)
    identity = _identity(where, name)
    found = Execution(where, identity)
    try:
        found.message  # noqa: B018 - whether it exists
    except RemoteNotFoundError as error:
        place = f"{identity.project}/{identity.domain}"
        msg = f"{error} It was looked for in {place}: pass 'project/domain/name'."
        raise RemoteNotFoundError(msg, code=error.code, words=error.words) from error
    return found


def _identity(remote: Remote, name: Any) -> WorkflowExecutionIdentifier:
    if not isinstance(name, str) or not name.strip():
        msg = f"Expected the name of an execution, got {name!r}."
        raise CallError(msg)
    parts = name.partition("?")[0].strip("/").split("/")
    if len(parts) > 1 and "executions" in parts:  # …/projects/P/domains/D/executions/N
        labels = dict(itertools.pairwise(parts))
        parts = [labels.get(key, "") for key in ("projects", "domains", "executions")]
    if len(parts) == 1:
        return execution_id(remote, name)
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - project, domain and name
        msg = f"{name!r} is not a name, project/domain/name, or an address of one."
        raise CallError(msg)
    return WorkflowExecutionIdentifier(project=parts[0], domain=parts[1], name=parts[2])
