"""A task as the container sees it: a template, an executor, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from flyteidl.core import literals_pb2, tasks_pb2

from kit.definition.executor import ShimTaskExecutor, make_executor
from kit.errors import CallError
from kit.shim.argument_types import ArgumentTypes, argument_types
from kit.shim.context import (
    ExecutionContext,
    current_context,
    local_context,
    use_context,
)
from kit.shim.decks import FieldDecks
from kit.shim.flytekit_bridge import share_context
from kit.shim.inputs import native_inputs
from kit.shim.outputs import output_literals
from kit.shim.telemetry import Telemetry, take_telemetry
from kit.storage import local_data_copied
from kit.template.config import OUTPUT_ORDER
from kit.template.view import TaskTemplateView
from kit.types import TypeEngine, default_engine

T = TypeVar("T")

FLYTEKIT_ENTRYPOINT = "pyflyte-execute"
"""What a template of the flytekit runtime runs in its container."""

RAISED: tuple[type[BaseException], ...] = (Exception, SystemExit)
"""What is an error of an author's code: argparse, for one, raises the latter."""


def call_author(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call code that a task's author wrote."""
    return function(*args, **kwargs)


def error_text(error: BaseException) -> str:
    """Return the class of an error and what it says, if it can say it.

    >>> error_text(KeyError("a"))
    "KeyError: 'a'"
    """
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an author's error may not even have a text
        return type(error).__name__


def is_authors(error: BaseException) -> bool:
    """Say whether an exception came out of code that an author wrote."""
    return _author_frame(error) is not None


def author_traceback(error: BaseException) -> TracebackType | None:
    """Return the author's part of a traceback; None when it has no such part."""
    boundary = _author_frame(error)
    traceback = None if boundary is None else boundary.tb_next
    while traceback is not None and _is_import_machinery(traceback):
        traceback = traceback.tb_next
    return traceback


def _author_frame(error: BaseException) -> TracebackType | None:
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is call_author.__code__:
            return traceback
        traceback = traceback.tb_next
    return None


def _is_import_machinery(traceback: TracebackType) -> bool:
    name = traceback.tb_frame.f_code.co_filename
    return name.startswith("<frozen importlib") or name.endswith(_IMPORTLIB)


_IMPORTLIB = ("importlib/__init__.py", "importlib\\__init__.py")


class ExecutableTemplateShimTask:
    """Runs a task from its template: guess the types, call the executor, convert back.

    Args:
        tt: The executor's view of the template.
        executor_type: The author's class; it is made here, without arguments.
        engine: Who converts between Python values and literals.

    Raises:
        ExecutorError: ``executor_type`` is no executor.
    """

    def __init__(
        self,
        tt: TaskTemplateView,
        executor_type: type[ShimTaskExecutor[Any]],
        *,
        engine: TypeEngine = default_engine,
        **others: Any,
    ) -> None:
        super().__init__(**others)  # of other bases of a task, such as kit.SQLTask
        self._task_template = tt
        self._executor_type = executor_type
        self._executor = call_author(make_executor, executor_type)
        self._engine = engine

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.executor_type.__name__})"

    @property
    def name(self) -> str:
        """The task's name, as the template has it."""
        return self.task_template.id.name

    @property
    def task_template(self) -> TaskTemplateView:
        """What the executor is given to see."""
        return self._task_template

    @property
    def executor(self) -> ShimTaskExecutor[Any]:
        """The executor, made once."""
        return self._executor

    @property
    def executor_type(self) -> type[ShimTaskExecutor[Any]]:
        """The author's class."""
        return self._executor_type

    def pre_execute(self, user_params: ExecutionContext) -> ExecutionContext:
        """Return the context that the executor will see; override it to add to it."""
        return user_params

    def execute(self, **kwargs: Any) -> Any:
        """Give the template and the inputs to the executor, and return its value."""
        return call_author(
            self.executor.execute_from_model, self.task_template, **kwargs
        )

    def post_execute(self, _user_params: ExecutionContext, rval: Any) -> Any:
        """Return what goes out; override it to change it or raise IgnoreOutputs."""
        return rval

    def dispatch_execute(
        self,
        ctx: ExecutionContext | None,
        input_literal_map: literals_pb2.LiteralMap,
    ) -> literals_pb2.LiteralMap:
        """Run on literals: the path of every run, here and on a cluster.

        Exceptions of the executor come out as they are.

        Args:
            ctx: The run's context; the current one by default.
            input_literal_map: The inputs by name.  It is used up: offloaded literals
                are replaced by what they stand for.

        Returns:
            The outputs by name, of the declared types.

        Raises:
            ConversionError: An input does not fit its declared type.
            CallError: An input is missing that the executor has no default for.
            OutputError: What the executor returned is not what was declared.
        """
        telemetry = take_telemetry()
        template = self.task_template.to_flyte_idl()
        context = self.pre_execute(_context_of_run(ctx, template))
        decks, types = FieldDecks.of(template), self._types(template)
        with (
            use_context(context),
            share_context(context, self.executor),
            decks.collected(context.decks, self.executor_type),
        ):
            with decks.timed("inputs"), local_data_copied():
                inputs = native_inputs(
                    input_literal_map,
                    template.interface.inputs.variables,
                    self._engine,
                    types,
                )
            decks.show_inputs(inputs)
            self._check_missing(inputs, template)
            telemetry.called(self.executor_type, inputs)
            telemetry.enter("execute")
            with decks.timed("executor"):
                value = self.post_execute(context, self.execute(**inputs))
            telemetry.enter("outputs")
            decks.show_outputs(value)
            with decks.timed("outputs"):
                return self._outputs(value, template, telemetry, types)

    def _outputs(
        self,
        value: Any,
        template: tasks_pb2.TaskTemplate,
        telemetry: Telemetry,
        types: ArgumentTypes,
    ) -> literals_pb2.LiteralMap:
        declared = template.interface.outputs.variables
        joined = template.config.get(OUTPUT_ORDER, "")
        order = joined.split(",") if joined else ()
        telemetry.returned(value, declared, order)
        return output_literals(
            value,
            declared,
            self._engine,
            order=order,
            task=self.name,
            types=types,
        )

    def _types(self, template: tasks_pb2.TaskTemplate) -> ArgumentTypes:
        """Return the annotations, which flytekit's own shim does not read."""
        args = template.container.args
        if args and args[0] == FLYTEKIT_ENTRYPOINT:
            return ArgumentTypes()
        return argument_types(self.executor.execute_from_model)

    def _check_missing(
        self, inputs: dict[str, Any], template: tasks_pb2.TaskTemplate
    ) -> None:
        """Refuse a missing input where the executor's signature has no default."""
        declared = template.interface.inputs.variables
        if len(inputs) == len(declared):
            return
        missing = sorted(set(declared) - set(inputs))
        signature = inspect.signature(self.executor.execute_from_model)
        for name in missing:
            parameter = signature.parameters.get(name)
            if parameter is not None and parameter.default is parameter.empty:
                msg = (
                    f"Input {name!r} of task {self.name} is missing, and "
                    f"{self.executor_type.__name__}.execute_from_model has no default "
                    "for it. Pass a value."
                )
                raise CallError(msg)


def _context_of_run(
    ctx: ExecutionContext | None, template: tasks_pb2.TaskTemplate
) -> ExecutionContext:
    """Return the context for a run of this template.

    A run that was given none has decks of its own, and not those of all others in the
    process.
    """
    context = current_context() if ctx is None else ctx
    if context is local_context():
        context = context.changed(decks=[])
    return context.changed(
        enable_deck=template.metadata.generates_deck.value,
        secrets=context.secrets.for_requests(template.security_context.secrets),
    )
