"""``kit.run`` and ``kit.replay``: start a run of a task or a saved run."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.interface import Interface
from kit.definition.settings import SerializationSettings, check_environment
from kit.errors import CallError, ConversionError, OutputError, nearest
from kit.forecast.platform import UNKNOWN, Platform
from kit.notebook import in_notebook, in_terminal, interactive_shell, run_progress
from kit.runners import make_runner
from kit.runners.in_process import InProcessRunner
from kit.runners.log import Log, LogLine
from kit.runners.outcome import Failure, Outcome, Phase
from kit.runners.process import Cancellation
from kit.runners.runner import Runner, RunRequest
from kit.running.outputs import Outputs
from kit.running.run import Run, note
from kit.running.saved import guessed_outputs, unpacked
from kit.storage import is_local_file, is_remote
from kit.targets import Task, load_task, parse_target, read_target
from kit.task.call import complete_inputs, input_literals, name_arguments
from kit.task.flytekit_task import FlytekitTask, adapted
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import template_of
from kit.template.serialize import LOCAL_SETTINGS, template_bytes
from kit.template.view import TaskTemplateView
from kit.types import default_engine


@dataclass(frozen=True)
class TrustedTemplate:
    """A finished template that runs like a task, with types guessed from its interface.

    Attributes:
        template: The message.
    """

    template: TaskTemplate

    @property
    def name(self) -> str:
        """The task's name."""
        return self.template.id.name

    @cached_property
    def data(self) -> bytes:
        """The template as bytes."""
        return self.template.SerializeToString(deterministic=True)

    @cached_property
    def python_interface(self) -> Interface:
        """The inputs and outputs, with the Python types that their literals become."""
        declared = self.template.interface
        inputs, outputs = (
            {
                name: default_engine.guess_type(variables[name].type)
                for name in variables
            }
            for variables in (declared.inputs.variables, declared.outputs.variables)
        )
        return Interface(inputs, outputs)

    def note_run(self, inputs: Any, outputs: Any) -> None:
        """Do nothing: there is no task whose export needs an example."""


def _guessed(variables: VariableMap) -> dict[str, Any]:
    return {
        name: default_engine.guess_type(variable.type)
        for name, variable in sorted(variables.variables.items())
    }


Template = TaskTemplate | TaskSpec | TaskTemplateView
_TEMPLATES = (TaskTemplate, TaskSpec, TaskTemplateView)


def runnable(
    thing: Task | Template | str | os.PathLike[str], *, trust: bool
) -> Task | TrustedTemplate:
    """Return the task that a text names, or a template file if it is trusted.

    Args:
        thing: A task, or a text that :mod:`kit.targets` reads.
        trust: Whether code that a template file names may run.

    Raises:
        CallError: It is a template file, and not trusted.
        TargetError: The text names no task.
    """
    if isinstance(thing, _TEMPLATES):
        return _trusted(thing, trust=trust)
    if not isinstance(thing, (str, os.PathLike)):
        return checked_task(thing, "kit.run")
    target = parse_target(os.fspath(thing))
    is_missing = not is_remote(target.place) and not is_local_file(target.place)
    if target.is_read and not trust and not is_missing:
        msg = (
            f"{target.text!r} is a {target.kind}: running it runs the code that it "
            "names. If you trust its author, pass --trust (trust=True)."
        )
        raise CallError(msg)
    found = read_target(target)
    if isinstance(found, PythonCustomizedContainerTask):
        return checked_task(found, "kit.run")
    return TrustedTemplate(template_of(found))


def _trusted(thing: Template, *, trust: bool) -> TrustedTemplate:
    if not trust:
        msg = (
            "Running a template runs the code that it names. If you trust its author, "
            "pass trust=True."
        )
        raise CallError(msg)
    message = thing.to_flyte_idl() if isinstance(thing, TaskTemplateView) else thing
    return TrustedTemplate(template_of(message))


Runnable = Task | TrustedTemplate


def task_named(task: Any, function: str) -> Task:
    """Return a task, or the task of a module that a text names.

    Raises:
        CallError: It is no task; saying what the function takes.
        TargetError: The text names no task of a module.
    """
    if isinstance(task, (str, os.PathLike)):
        return checked_task(load_task(os.fspath(task)), function)
    return checked_task(task, function)


def checked_task(given: Any, function: str) -> Task:
    """Return a task that runs; one of flytekit's becomes kit's.

    Raises:
        CallError: It is none: saying what the function takes.
    """
    task = adapted(given)
    if isinstance(task, FlytekitTask) and not task.is_customized:
        raise CallError(task.no_run("run"))
    if not isinstance(task, PythonCustomizedContainerTask):
        msg = (
            f"{function} takes a task, as PythonCustomizedContainerTask(...) makes it, "
            f"got {task!r}."
        )
        raise CallError(msg)
    return task


def check_options(
    task: Runnable,
    named_inputs: Mapping[str, Any],
    function: str,
    options: tuple[str, ...],
) -> Mapping[str, Any]:
    """Return the inputs, if none is nearly a parameter of the function.

    Raises:
        CallError: Naming the parameter that is probably meant.
    """
    known = task.python_interface.inputs
    for name in named_inputs:
        if name not in known and not nearest(name, known):
            option = nearest(name, options)
            if option:
                msg = f"Received unexpected keyword argument '{name}' in {function}."
                raise CallError(msg + option)
    return named_inputs


def merged_inputs(
    task: Runnable, inputs: Any, named_inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Put the inputs together that were given as a mapping and by name.

    Raises:
        CallError: One was given in both ways, or ``inputs`` is no mapping.
    """
    if not isinstance(inputs, Mapping):
        msg = f"inputs must map names to values, got {inputs!r}."
        raise CallError(msg)
    for name in inputs:
        if name in named_inputs:
            msg = (
                f"Got multiple values for argument '{name}' in function "
                f"'{task.name}': by name and in inputs=. Leave one out."
            )
            raise CallError(msg)
    return {**inputs, **named_inputs}


def checked_timeout(timeout: float | None) -> float | None:
    """Return the seconds until something is stopped.

    Raises:
        CallError: They are no positive number.
    """
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if timeout is not None and not (is_number and timeout > 0):
        msg = f"A timeout is a positive number of seconds, got {timeout!r}."
        raise CallError(msg)
    return timeout


def input_bytes(task: Runnable, inputs: Mapping[str, Any]) -> bytes:
    """Return the inputs and the defaults of the others, as a serialized LiteralMap.

    Raises:
        CallError: An input is missing or unknown.
        ConversionError: An input does not fit its declared type.
    """
    name, interface = task.name, task.python_interface
    given = name_arguments(name, interface, (), inputs)
    complete = complete_inputs(name, interface, given)
    literals = input_literals(name, interface, complete, default_engine)
    return literals.SerializeToString(deterministic=True)


def with_outputs(outcome: Outcome, task: Runnable) -> Outcome:
    """Convert the outputs with the declared types; what does not fit is a failure."""
    if outcome.literals is None:
        return outcome
    try:
        values = _outputs(task, outcome.literals)
    except (ConversionError, OutputError) as error:
        failure = Failure(type(error).__name__, str(error), origin="USER")
        return dataclasses.replace(
            outcome, phase=Phase.FAILED, literals=None, error=failure, exception=error
        )
    types = task.python_interface.outputs
    outputs = Outputs(values, task=task.name, literals=outcome.literals, types=types)
    return dataclasses.replace(outcome, outputs=outputs)


def _outputs(task: Runnable, literals: LiteralMap) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, python_type in task.python_interface.outputs.items():
        if name not in literals.literals:
            msg = f"The run made no output {name!r}."
            raise OutputError(msg + nearest(name, literals.literals), path=["outputs"])
        try:
            decode = default_engine.decoder(python_type)
            outputs[name] = decode(literals.literals[name])
        except ConversionError as error:
            raise error.below("outputs", name) from error
    return outputs


_OPTIONS = (
    *("trust", "runner", "timeout", "wait", "keep", "on_log", "directory"),
    *("environment", "settings", "platform"),
)


def run(  # noqa: PLR0913 - each is a way to run, and all but the task have defaults
    task: Task | Template | str | os.PathLike[str],
    /,
    *positional: Any,
    trust: bool = False,
    runner: str | Runner = "subprocess",
    timeout: float | None = None,
    wait: bool | None = None,
    keep: bool = False,
    on_log: Callable[[LogLine], None] | None = None,
    directory: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    settings: SerializationSettings = LOCAL_SETTINGS,
    platform: Platform = UNKNOWN,
    cancellation: Cancellation | None = None,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> Run:
    """Run a task from its template's bytes, and return the run.

    A task that fails is a run that failed, no exception:
    :meth:`~kit.running.run.Run.raise_for_error` makes it one.

    Args:
        task: The task, or a text that names one: ``tasks.py:load``, or a template file;
            or a template, as :func:`kit.fetch` returns it.
        positional: Refused: inputs are given by name.
        trust: Whether a template may run: it runs the code that it names.
        runner: ``"subprocess"`` (a fresh process, by the container's own arguments),
            ``"in-process"``, ``"docker"`` (the task's own image), or a runner.
        timeout: Seconds until the run is stopped; the task's own timeout by default.
        wait: Whether to return when it has ended, or at once. By default at once in a
            notebook, unless it runs in this process, and at its end elsewhere.
        keep: Whether the files of the run stay also if it succeeds.
        on_log: Called with each line the task writes, while it runs.
        directory: Where the run's files go, and stay; a temporary folder by default.
        environment: Variables that win over the task's.
        settings: What the template is made with.
        platform: The deployment that the run stands for: it settles the resources that
            the task sees, and ``run.on_flyte`` is foretold for it.
        cancellation: Stops the run from another thread.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing, unknown or given twice, or no runner has that
            name.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made, or a variable of
            ``environment`` has a name or a value that no container takes.
        EngineError: No container engine answers, it lacks the image, or it fails.
        StorageError: The folder of the run cannot be written.
        KeyboardInterrupt: From Ctrl-C, after the run was stopped.
    """
    if positional:
        first = next(iter(getattr(task, "python_interface", Interface()).inputs), "n")
        given = f"{positional[0]!r:.80}"
        msg = f"kit.run takes inputs by name, got {given}: write {first}=…."
        raise CallError(msg)
    began = time.monotonic()
    place = make_runner(runner)
    subject = runnable(task, trust=trust)
    named = check_options(subject, named_inputs, "kit.run", _OPTIONS)
    values = merged_inputs(subject, inputs or {}, named)
    request = RunRequest(
        template=_template(subject, settings),
        inputs=input_bytes(subject, values),
        timeout=checked_timeout(timeout),
        on_log=on_log,
        directory=_checked_directory(directory),
        environment=check_environment(environment),
        cancellation=cancellation or Cancellation(),
        log=Log(),
        platform=_checked_platform(platform, subject),
    )
    serialized = time.monotonic() - began

    def again(changed: Mapping[str, Any]) -> Run:
        return run(
            task,
            trust=trust,
            runner=runner,
            timeout=timeout,
            wait=wait,
            keep=keep,
            on_log=on_log,
            environment=environment,
            settings=settings,
            platform=platform,
            inputs={**values, **changed},
        )

    finish = functools.partial(_finished, subject, request.inputs, serialized)
    return launch(request, place, finish=finish, wait=wait, keep=keep, again=again)


def _template(subject: Runnable, settings: SerializationSettings) -> bytes:
    if isinstance(subject, TrustedTemplate):
        return subject.data
    return template_bytes(subject, settings)


def launch(
    request: RunRequest,
    runner: Runner,
    *,
    finish: Callable[[Outcome], Outcome],
    wait: bool | None,
    keep: bool,
    again: Callable[[Mapping[str, Any]], Run] | None = None,
) -> Run:
    """Start a run and list it among those of the session; see :class:`Run`."""
    made = Run(request, runner, finish=finish, keep=keep, again=again)
    note(made)
    if _waits(runner) if wait is None else wait:
        with _progress(made, request, runner):
            made.carry_out()
    else:
        made.carry_out_in_background()
    return made


def _progress(
    run: Run, request: RunRequest, runner: Runner
) -> contextlib.AbstractContextManager[None]:
    """Show it in a terminal, where nobody else shows its lines, nor wants to type."""
    typed_to = isinstance(runner, InProcessRunner) and not runner.captured
    if request.on_log is not None or typed_to or not in_terminal():
        return contextlib.nullcontext()
    if find_spec("rich") is None:
        return contextlib.nullcontext()
    return run_progress(run)


def make_request(
    task: Task,
    inputs: Mapping[str, Any],
    settings: SerializationSettings = LOCAL_SETTINGS,
) -> RunRequest:
    """Put a task and its inputs on the wire's terms.

    Raises:
        CallError: An input is missing or unknown.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
    """
    data = input_bytes(task, inputs)
    return RunRequest(template=template_bytes(task, settings), inputs=data)


def _waits(runner: Runner) -> bool:
    return isinstance(runner, InProcessRunner) or not in_notebook()


def _finished(
    task: Runnable, inputs: bytes, serialized: float, outcome: Outcome
) -> Outcome:
    """Convert the outputs, and let the task remember what it did."""
    done = with_outputs(outcome, task).with_timings(serialize=serialized)
    if done.literals is not None:
        task.note_run(LiteralMap.FromString(inputs), done.literals)
    return done


def _checked_directory(directory: Any) -> Path | None:
    if directory is None:
        return None
    if not isinstance(directory, (str, os.PathLike)) or "\0" in str(directory):
        msg = f"directory must be the path of a folder, got {directory!r}."
        raise CallError(msg)
    return Path(directory)


def _checked_platform(platform: Any, subject: Runnable) -> Platform:
    if not isinstance(platform, Platform):
        msg = (
            "platform must be a kit.Platform, such as kit.Platform.flyte_core(), got "
            f"{platform!r}."
        )
        if "platform" in subject.python_interface.inputs:
            msg += " For the input of that name, pass inputs={'platform': …}."
        raise CallError(msg)
    return platform


def replay(
    run: Run | str | Path,
    /,
    *,
    runner: str | Runner = "subprocess",
    debug: bool = False,
    wait: bool | None = None,
    timeout: float | None = None,
    keep: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run the template of a run again, with the inputs as they were.

    The task itself need not be here: its executor must be importable, or travel in the
    template.  A replay runs the code that the file names, so replay only files of
    people you trust.

    Args:
        run: A run, or the path of one that was saved.
        runner: Where to run it, as for :func:`kit.run`.
        debug: Whether to run it in this process, with what it prints and with
            ``breakpoint()`` as in a script, and to open the debugger where its executor
            raises.
        wait: Whether to return when it has ended, as for :func:`kit.run`.
        timeout: Seconds until it is stopped; those of the first run by default, but
            none in this process, where a run cannot be stopped.
        keep: Whether the files of the run stay also if it succeeds.
        environment: Variables that win over those of the run, among them the ones
            whose values were not saved because they are secrets.

    Raises:
        CallError: It is neither a run nor a path, no runner has that name, a debugger
            was asked for in another process, or a variable that was not saved is set
            neither here nor in ``environment``.
        StorageError: The file cannot be read.
        SavedRunError: It is not a saved run, or is damaged.
    """
    request = _request(run, check_environment(environment))
    place = _debugged(runner) if debug else make_runner(runner)
    here = isinstance(place, InProcessRunner)  # where the first run's is out of reach
    seconds = timeout if here else timeout or request.timeout
    made = launch(
        dataclasses.replace(request, timeout=seconds),
        place,
        finish=functools.partial(guessed_outputs, request.template),
        wait=True if debug else wait,
        keep=keep,
    )
    if debug and made.exception is not None:
        _debug(made.exception.__traceback__)
    return made


def _request(run: Any, given: dict[str, str]) -> RunRequest:
    if isinstance(run, (str, os.PathLike)):
        saved = unpacked(Path(run))
        request, left_out = saved.request, saved.left_out
    elif isinstance(run, Run):
        request, left_out = run.request, run.left_out
    else:
        msg = f"kit.replay takes a run or the path of a saved one, got {run!r}."
        raise CallError(msg)
    here = {name: os.environ[name] for name in left_out if name in os.environ}
    environment = {**request.environment, **here, **given}
    missing = [name for name in left_out if name not in environment]
    if missing:
        msg = (
            f"The run had variables whose values were not saved: {', '.join(missing)}. "
            f"Set them, or pass environment={{{missing[0]!r}: …}}."
        )
        raise CallError(msg)
    return dataclasses.replace(request, environment=environment)


def _debugged(runner: str | Runner) -> Runner:
    if runner in ("subprocess", "in-process"):
        return InProcessRunner(captured=False)
    msg = f"A debugger works in this process only: leave runner={runner!r} out."
    raise CallError(msg)


def _debug(traceback: TracebackType | None) -> None:
    """Open a debugger at the end of a traceback: IPython's if it runs."""
    if interactive_shell() is None:
        import pdb  # noqa: T100 - it was asked for

        pdb.post_mortem(traceback)
        return
    debugger = sys.modules["IPython"].core.debugger.Pdb()
    debugger.reset()
    debugger.interaction(None, traceback)
