"""``kit.prove``: make sure that what ships is all that a task needs."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Shipment
from kit.errors import ExecutorError, KitError, MacroError, StorageError, TemplateError
from kit.evidence import Evidence, Rung, State, record
from kit.proof import child
from kit.proof.diagnosis import FailureFacts, diagnose, local_notes
from kit.proof.outcome import (
    FAILURE,
    Note,
    Obstacle,
    Proof,
    Step,
    custom_use,
    read_notes,
)
from kit.runners.outcome import Outcome
from kit.runners.process import Cancellation
from kit.runners.runner import Runner, RunRequest
from kit.runners.subprocess import SubprocessRunner
from kit.running.cleanup import claim, release, remove_at_exit
from kit.running.start import (
    check_options,
    checked_timeout,
    input_bytes,
    merged_inputs,
    task_named,
    with_outputs,
)
from kit.shim.executable import RAISED, error_text
from kit.source.requirements import shipped_modules
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

Facts = Mapping[str, Any]


def planned_steps(shipment: Shipment, *, runs: bool) -> tuple[str, ...]:
    """Name the steps of a fresh process, in order."""
    source = ("source",) if shipment.inline is not None else ()
    run = ("run",) if runs else ()
    before = ("interpreter", "runtime", "resolver", "read")
    return (*before, *source, "module", "executor", "instance", "imports", *run)


def template_step(template: bytes, shipment: Shipment, seconds: float) -> Step:
    """Describe what was made here and sent."""
    way = f"ships as {shipment.location}"
    if shipment.inline is not None:
        way = f"ships inline, because {shipment.why}"
    detail = f"{len(template):,} bytes, {way}"
    return Step("template", "done", detail, seconds=seconds)


def fresh_steps(
    planned: tuple[str, ...], notes: Mapping[str, Note], obstacle: Obstacle | None
) -> Iterator[Step]:
    """Yield the steps of a fresh process.

    A step that a resolver of one's own does not take is left out.

    Args:
        planned: Their names, in order.
        notes: What the process noted.
        obstacle: What stood in the way, if anything did.
    """
    end = len(planned) if obstacle is None else planned.index(obstacle.step)
    for index, name in enumerate(planned):
        note = notes.get(name)
        if index > end:
            yield Step(name, "skipped")
        elif obstacle is not None and index == end:
            failure = notes.get(FAILURE)
            seconds = None if failure is None else failure.seconds
            yield Step(name, "failed", obstacle.missing, seconds=seconds)
        elif note is not None:
            yield Step(name, "done", *_texts(name, note.facts), note.seconds)


def notes_of(notes: Mapping[str, Note]) -> Iterator[str]:
    """Yield what the author should know of what the process found."""
    runtime = notes["runtime"].facts if "runtime" in notes else {}
    if runtime and runtime["command"] != runtime["wanted"]:
        yield (
            f"flytekit is not installed here, so {runtime['command']} stood in for "
            f"{runtime['wanted']}."
        )
    module = notes["module"].facts if "module" in notes else {}
    for change in module.get("changes", ()):
        yield f"Importing {module['module']} {change}."
    yield from local_notes(module.get("local", {}))


def _texts(name: str, facts: Facts) -> tuple[str, str]:
    """Return what was found, and what of it is so on this machine.

    What a task's own code noted may be anything.
    """
    try:
        return _DETAILS[name](facts), _HERE[name](facts) if name in _HERE else ""
    except (KeyError, ValueError, TypeError):
        return "", ""


def _source(facts: Facts) -> str:
    return f"{facts['bytes']:,} bytes, SHA-256 {facts['sha256'][:12]}… as it was sent"


_DETAILS: dict[str, Callable[[Facts], str]] = {
    "interpreter": lambda _: "a fresh one, in an empty folder",
    "runtime": lambda facts: str(facts["command"]),
    "resolver": lambda facts: str(facts["resolver"]),
    "read": lambda facts: f"{facts['bytes']:,} bytes",
    "source": _source,
    "module": lambda facts: str(facts["module"]),
    "executor": lambda facts: str(facts["executor"]),
    "instance": lambda facts: f"{facts['executor']}()",
    "imports": lambda facts: (
        ", ".join(facts["found"]) or "of the standard library only"
    ),
    "run": lambda _: "ended with its outputs",
}
_HERE: dict[str, Callable[[Facts], str]] = {
    "interpreter": lambda facts: f"Python {facts['version']}, {facts['executable']}",
    "runtime": "{package} {version}, from {file}".format_map,
    "module": lambda facts: f"from {facts['file'] or 'the interpreter itself'}",
}


Task = PythonCustomizedContainerTask[Any]

DEFAULT_TIMEOUT = 60.0
_OPTIONS = ("settings", "timeout", "runner", "cancellation", "inputs")
_BEFORE = ("interpreter", "resolver")
"""Steps that begin without a word: who ends the process then is not known."""


def prove(
    task: Task | str | os.PathLike[str],
    /,
    *,
    settings: SerializationSettings | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    runner: Runner | None = None,
    cancellation: Cancellation | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Proof:
    """Load a task's shipped form in a fresh interpreter that has nothing of this one.

    The interpreter starts in an empty folder with the container's variables, and sees
    installed packages only.  It carries out the container's own command up to the
    point where the executor is made; with inputs, it runs it.

    What is wrong with the task is in the proof, with the repair, and no exception:
    :meth:`~kit.proof.outcome.Proof.raise_for_error` makes it one.

    Args:
        task: The task, or ``module:task`` or ``path/to/file.py:task``.
        settings: What the template is made with.
        timeout: Seconds until the process is stopped, whatever it does.
        runner: Where to do it; by default an isolated process on this machine.
        cancellation: Stops the proof from another thread.
        inputs: Inputs whose names are taken by the parameters above; an empty dict
            runs a task with the defaults of all its inputs.
        **named_inputs: The inputs, to run the task too.

    Raises:
        CallError: An input is missing, unknown or given twice.
        ConversionError: An input does not fit its declared type.
        StorageError: The folder of the proof cannot be written.
        KeyboardInterrupt: From Ctrl-C, after the process was stopped.
    """
    task = task_named(task, "kit.prove")
    checked_timeout(timeout)
    named = check_options(task, named_inputs, "kit.prove", _OPTIONS)
    runs = inputs is not None or bool(named)
    data = input_bytes(task, merged_inputs(task, inputs or {}, named)) if runs else b""
    started = time.monotonic()
    try:
        once = (settings or LOCAL_SETTINGS).for_one_template()
        template = template_bytes(task, once)
        shipment = task.shipment(once)
    except RAISED as error:  # get_custom is the author's code
        return _not_made(task, error)
    made = template_step(template, shipment, time.monotonic() - started)
    request = RunRequest(
        template=template,
        inputs=data,
        timeout=timeout,
        cancellation=cancellation or Cancellation(),
    )
    attempt = _Attempt(task, shipment, made, runs=runs)
    place = runner or SubprocessRunner(isolated=True)
    proof = attempt.proof(request, place)
    if isinstance(place, SubprocessRunner) and not request.cancellation.is_cancelled:
        record(template, _evidence(proof, time.monotonic() - started))
    return proof


def _evidence(proof: Proof, seconds: float) -> Evidence:
    if proof.failure is None:
        return Evidence(Rung.PROOF, State.PASSED, seconds=seconds)
    return Evidence(
        Rung.PROOF,
        State.FAILED,
        f"fails at {proof.failure.step}",
        str(proof.failure),
        seconds=seconds,
    )


def _not_made(task: Task, error: BaseException) -> Proof:
    """Report that there is no template that a process could be started with."""
    if isinstance(error, KitError):
        obstacle = Obstacle("template", str(error).rstrip("."), "")
    else:
        what = f"making the template raises {error_text(error)}"
        obstacle = Obstacle("template", what, "See the task's get_custom.")
    step = Step("template", "failed", obstacle.missing)
    return Proof(task=task.name, steps=(step,), failure=obstacle)


@dataclass(frozen=True)
class _Attempt:
    """One proof: what it starts from.

    Attributes:
        task: The task.
        shipment: How its executor ships.
        made: The step in which its template was made.
        runs: Whether it is to run, too.
    """

    task: Task
    shipment: Shipment
    made: Step
    runs: bool

    def proof(self, request: RunRequest, runner: Runner) -> Proof:
        """Carry the request out under the notes of the child, and judge them."""
        with _folder() as (folder, keep):
            notes = folder / "notes.jsonl"
            mode = "run" if self.runs else "load"
            modules = ",".join(shipped_modules(self.shipment).required)
            under = (*child.__path__, str(notes), mode, modules)
            request = dataclasses.replace(request, directory=folder, under=under)
            try:
                run = with_outputs(runner.run(request), self.task)
            except (ExecutorError, TemplateError, MacroError) as error:
                return _not_made(self.task, error)
            if self.runs:
                keep()
                leave = remove_at_exit if run.succeeded else release
                leave(folder)
            found = read_notes(notes)
            return dataclasses.replace(
                self._judge(run, found), custom=custom_use(request.template, found)
            )

    def _judge(self, run: Outcome, notes: Mapping[str, Note]) -> Proof:
        planned = planned_steps(self.shipment, runs=self.runs)
        failed = _failed(planned, notes, run)
        obstacle = None
        if failed is not None:
            status = "not begun" if failed in _BEFORE else "begun"
            note = notes.get(FAILURE, Note(status))
            home = self.task.executor_type.__module__
            obstacle = diagnose(
                FailureFacts(failed, note, run, self.shipment, home, Path.cwd())
            )
        return Proof(
            task=self.task.name,
            steps=(self.made, *fresh_steps(planned, notes, obstacle)),
            failure=obstacle,
            notes=(*self.shipment.notes, *notes_of(notes)),
            run=run if self.runs else None,
            log=run.logs,
        )


@contextlib.contextmanager
def _folder() -> Iterator[tuple[Path, Callable[[], object]]]:
    """Make a folder that is gone afterwards, unless it is said to be kept."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="kit-proof-"))
    except OSError as error:
        msg = f"The folder of the proof cannot be made: {error}."
        raise StorageError(msg) from error
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        claim(folder)
        yield folder, stack.pop_all


def _failed(
    planned: tuple[str, ...], notes: Mapping[str, Note], run: Outcome
) -> str | None:
    """Name the step that failed: the first that was not done."""
    runs = planned[-1] == "run"
    if runs and run.succeeded:
        return None
    done = set(notes)
    if "instance" in notes and "source" not in planned:
        done.update(planned[: planned.index("instance")])
    rest = (name for name in planned if name not in done)
    return next(rest, "run" if runs else None)
