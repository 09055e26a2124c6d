"""``kit.ready``: climb the readiness ladder of a task as far as it can be climbed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.checks.check import check
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, KitError, StorageError
from kit.evidence import Evidence, Rung, State, record
from kit.images.inspection import inspect_image
from kit.notebook import has_live_page, in_terminal, run_progress
from kit.proof.prove import DEFAULT_TIMEOUT, prove
from kit.readiness.ladder import (
    Readiness,
    Standing,
    readiness_of,
    rung_named,
    with_notes,
)
from kit.remote.endpoint import configured
from kit.runners import local_runners, make_runner
from kit.runners.log import LogLine
from kit.runners.process import Cancellation
from kit.runners.runner import Runner
from kit.running.record import inputs_in_short
from kit.running.start import (
    check_options,
    checked_timeout,
    input_bytes,
    merged_inputs,
    run,
    task_named,
)
from kit.targets import Task
from kit.task.call import name_arguments
from kit.task.partial_template import partial_template
from kit.template.serialize import LOCAL_SETTINGS

_OPTIONS = ("until", "runner", "again", "timeout", "settings", "cancellation", "inputs")


def ready(
    task: Task | str | os.PathLike[str],
    /,
    *,
    until: Rung | str = Rung.FLYTE,
    runner: str | Runner | None = None,
    again: bool = False,
    timeout: float | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    cancellation: Cancellation | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Readiness:
    """Climb the readiness ladder of a task: will it run on Flyte, and what is left?

    The rungs are the check, the proof, a run in a fresh process, a look into the image,
    a run in a container of it, and Flyte, where nothing is registered or launched: only
    what was is shown. What passed for this very definition is not done again, unless
    other inputs are given. A rung that fails does not hide those above it, except that
    a task that does not load is not run.

    Args:
        task: The task, or a text that names one: ``tasks.py:load``.
        until: The highest rung to climb: ``"check"``, ``"proof"``, ``"run"``,
            ``"image"``, ``"container"`` or ``"flyte"``.
        runner: A runner of a fresh process or a container, which is used for its rung
            in place of the usual one: ``kit.DockerRunner(pull="missing")``.
        again: Whether to climb rungs that have passed already, too.
        timeout: Seconds until a run is stopped; the task's own timeout by default.
        settings: What the template is made with.
        cancellation: Stops the climb from another thread.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs of the runs. Rungs that need inputs which are not
            given are not tried.

    Raises:
        CallError: An input is unknown or given twice, there is no such rung, or the
            runner is of no rung.
        ConversionError: An input does not fit its declared type.
        StorageError: The folder of a run cannot be written.
        KeyboardInterrupt: From Ctrl-C, after what ran was stopped. What passed until
            then stays recorded.
    """
    task = task_named(task, "kit.ready")
    named = check_options(task, named_inputs, "kit.ready", _OPTIONS)
    climb = Climb(
        task,
        merged_inputs(task, inputs or {}, named),
        until=rung_named(until),
        runners=_runners(runner),
        again=again,
        timeout=checked_timeout(timeout),
        settings=settings,
        cancellation=cancellation or Cancellation(),
    )
    with _progress(climb):
        return climb.carry_out()


def _runners(runner: str | Runner | None) -> dict[Rung, Runner | str]:
    """Return the runner of each rung that runs something.

    Raises:
        CallError: The runner that was given is of none.
    """
    usual: dict[Rung, Runner | str] = {
        Rung.RUN: "subprocess",
        Rung.CONTAINER: "docker",
    }
    if runner is None:
        return usual
    place = make_runner(runner)
    rung = getattr(place, "rung", None)
    if rung not in usual:
        names = [name for name in local_runners() if name != "in-process"]
        msg = (
            f"{runner!r} is evidence of no rung: expected a runner of a fresh process "
            f"or of a container, {' or '.join(map(repr, names))}."
        )
        raise CallError(msg)
    return {**usual, rung: place}


def _progress(climb: Climb) -> contextlib.AbstractContextManager[None]:
    """Show the climb where someone sees it."""
    if has_live_page() or (in_terminal() and find_spec("rich") is not None):
        return run_progress(climb)
    return contextlib.nullcontext()


class Climb:
    """A climb of one ladder: where it stands, and what it has found.

    Args:
        task: The task.
        inputs: The inputs that were given.
        until: The highest rung to climb.
        runners: The runners by their rung.
        again: Whether to climb rungs that have passed already, too.
        timeout: Seconds until a run is stopped.
        settings: What the template is made with.
        cancellation: Stops the climb from another thread.

    Attributes:
        task: The task.
        rung: The rung that is being climbed; None before and after.
        line: The last line that was written there.

    Raises:
        CallError: An input is unknown.
        ConversionError: An input does not fit its declared type.
    """

    def __init__(
        self,
        task: Task,
        inputs: Mapping[str, Any],
        *,
        until: Rung = Rung.FLYTE,
        runners: Mapping[Rung, Runner | str] | None = None,
        again: bool = False,
        timeout: float | None = None,
        settings: SerializationSettings = LOCAL_SETTINGS,
        cancellation: Cancellation | None = None,
    ) -> None:
        self.task = task
        self.rung: Rung | None = None
        self.line = ""
        self._until = until
        self._runners = dict(_runners(None) if runners is None else runners)
        self._again = again
        self._timeout = timeout
        self._settings = settings
        self._cancellation = cancellation or Cancellation()
        self._notes: dict[Rung, Standing] = {}
        self._results: dict[Rung, Any] = {}
        self._watchers: list[Callable[[Climb], None]] = []
        interface = task.python_interface
        self._given = name_arguments(task.name, interface, (), inputs)
        defaults = interface.default_inputs_as_kwargs
        self._missing = [
            name
            for name in interface.inputs
            if name not in self._given and name not in defaults
        ]
        self._literals: LiteralMap | None = None
        if not self._missing:
            data = input_bytes(task, self._given)
            self._literals = LiteralMap.FromString(data)

    def watch(self, callback: Callable[[Climb], None]) -> None:
        """Call back whenever a rung is begun or a line is written, from any thread."""
        self._watchers.append(callback)

    @property
    def standing(self) -> Readiness:
        """The ladder as it stands now, with the rung that is being climbed."""
        readiness = self._readiness()
        if self.rung is None:
            return readiness
        return dataclasses.replace(
            readiness,
            standings=tuple(
                dataclasses.replace(each, state=State.RUNNING, text="", detail="")
                if each.rung is self.rung
                else each
                for each in readiness
            ),
        )

    def carry_out(self) -> Readiness:
        """Climb to the end, and return what was reached.

        Raises:
            StorageError: The folder of a run cannot be written.
            KeyboardInterrupt: From Ctrl-C, after what ran was stopped.
        """
        before = self._readiness().digest
        steps = {
            Rung.CHECK: self._check,
            Rung.PROOF: self._prove,
            Rung.RUN: self._run,
            Rung.IMAGE: self._inspect,
            Rung.CONTAINER: self._run_in_image,
            Rung.FLYTE: self._look_at_flyte,
        }
        try:
            for rung, step in steps.items():
                if rung.number > self._until.number or self._is_over():
                    break
                self._tell(rung)
                step()
        finally:
            self._tell(None)
        readiness = self._readiness()
        if before != readiness.digest:
            self._results.pop(Rung.CHECK, None)  # it was of the earlier definition
            readiness = self._readiness()
            note = "The definition changed during the climb."
            readiness = dataclasses.replace(readiness, notes=(note,))
        return readiness

    def _is_over(self) -> bool:
        return self._cancellation.is_cancelled

    def _readiness(self) -> Readiness:
        found = readiness_of(
            self.task,
            self._settings,
            until=self._until,
            report=self._results.get(Rung.CHECK),
        )
        results = {**found.results, **self._results}
        return with_notes(found, self._notes, results=results)

    def _state(self, rung: Rung) -> State:
        return self._readiness()[rung].state

    def _is_done(self, rung: Rung) -> bool:
        """Return whether a rung has passed for this definition and these inputs."""
        standing = self._readiness()[rung]
        if standing.state is not State.PASSED or standing.evidence is None:
            return False
        if self._given and self._literals is not None and rung in self._runners:
            same = inputs_in_short(self._literals) == dict(standing.evidence.inputs)
            return same and not self._again
        return not self._again

    def _not_tried(self, rung: Rung, why: str, action: str = "") -> None:
        self._notes[rung] = Standing(rung, State.NOT_TRIED, why, action=action)

    # --- the rungs --------------------------------------------------------------------

    def _check(self) -> None:
        inputs = None if self._literals is None else self._given
        self._results[Rung.CHECK] = check(self.task, self._settings, inputs=inputs)

    def _prove(self) -> None:
        if not self._readiness().digest or self._is_done(Rung.PROOF):
            return
        self._results[Rung.PROOF] = prove(
            self.task,
            settings=self._settings,
            timeout=self._timeout or DEFAULT_TIMEOUT,
            cancellation=self._cancellation,
        )

    def _run(self) -> None:
        self._run_on(Rung.RUN)

    def _inspect(self) -> None:
        if not self._readiness().digest or self._is_done(Rung.IMAGE):
            return
        place = make_runner(self._runners[Rung.CONTAINER])
        self._results[Rung.IMAGE] = inspect_image(
            self.task,
            self._settings,
            pull=getattr(place, "pull", "never"),
            platform=getattr(place, "platform", None),
        )

    def _run_in_image(self) -> None:
        image = self._readiness()[Rung.IMAGE]
        if image.state is State.FAILED:
            self._not_tried(Rung.CONTAINER, "the image comes first")
        elif image.state is State.NOT_AVAILABLE:
            self._absent(Rung.CONTAINER, image.text, image.detail)
        else:
            self._run_on(Rung.CONTAINER)

    def _run_on(self, rung: Rung) -> None:
        if not self._readiness().digest or self._is_done(rung):
            return
        if self._missing:
            named = ", ".join(f"{name}=…" for name in self._missing)
            short = self.task.name.rpartition(".")[2]
            self._not_tried(
                rung,
                f"give inputs: {', '.join(self._missing)}",
                f"kit.ready({short}, {named})",
            )
            return
        try:
            self._results[rung] = run(
                self.task,
                runner=self._runners[rung],
                timeout=self._timeout,
                wait=True,
                on_log=self._on_log,
                settings=self._settings,
                cancellation=self._cancellation,
                inputs=self._given,
            )
        except StorageError:
            raise
        except KitError as error:  # which is recorded with the run, if there is one
            self._not_tried(rung, str(error))

    def _look_at_flyte(self) -> None:
        if self._state(Rung.FLYTE) is State.NOT_TRIED:
            reason = _no_cluster()
            if reason:
                self._absent(Rung.FLYTE, *reason)

    def _absent(self, rung: Rung, text: str, detail: str) -> None:
        template, failures = partial_template(self.task, self._settings)
        if not failures:  # else there is nothing that it could be recorded for
            record(template, Evidence(rung, State.NOT_AVAILABLE, text, detail))

    # --- progress ---------------------------------------------------------------------

    def _tell(self, rung: Rung | None) -> None:
        self.rung, self.line = rung, ""
        self._call_watchers()

    def _on_log(self, line: LogLine) -> None:
        self.line = line.text
        self._call_watchers()

    def _call_watchers(self) -> None:
        for callback in self._watchers:
            callback(self)


def _no_cluster() -> tuple[str, str] | None:
    """Return why there is no cluster, in short and in full; None if there is one."""
    try:
        configured()
    except KitError as error:
        return "no cluster is configured", str(error)
    return None
