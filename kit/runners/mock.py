"""A runner that runs nothing, for tests of code that runs tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.runners.log import Log, LogLine
from kit.runners.outcome import Failure, Outcome, Phase
from kit.runners.runner import RunRequest
from kit.shim.argument_types import argument_types
from kit.shim.error_document import error_document
from kit.shim.inputs import native_inputs
from kit.shim.outputs import output_literals
from kit.template.view import parse_template
from kit.types import TypeEngine, default_engine

SideEffect = Callable[..., Mapping[str, Any] | None]


class MockRunner:
    """Answers with given outputs, or with what a function makes of the inputs.

    The outputs still go through literals of the declared types, so a mock cannot
    return what the task could not.

    Args:
        outputs: Values by name.
        side_effect: Called with the inputs by name instead, to return the outputs; an
            exception it raises becomes the run's error.  Or an exception to raise.
        logs: Lines the run is to have written.
        engine: Who converts.

    Attributes:
        requests: What was asked for, in order.

    Example:
        >>> runner = MockRunner(outputs={"o0": 3})
        >>> runner
        MockRunner(0 requests)
    """

    def __init__(
        self,
        outputs: Mapping[str, Any] | None = None,
        *,
        side_effect: SideEffect | BaseException | None = None,
        logs: Sequence[LogLine] = (),
        engine: TypeEngine = default_engine,
    ) -> None:
        self._outputs = dict(outputs or {})
        self._side_effect = side_effect
        self._logs = tuple(logs)
        self._engine = engine
        self.requests: list[RunRequest] = []

    @property
    def name(self) -> str:
        """``mock``."""
        return "mock"

    def run(self, request: RunRequest) -> Outcome:
        """Note the request and answer it."""
        self.requests.append(request)
        parse_template(request.template, "the run's template")
        template = TaskTemplate.FromString(request.arriving_template)
        log = Log() if request.log is None else request.log
        for line in self._logs:
            log.append(line)
            if request.on_log is not None:
                request.on_log(line)
        try:
            literals = self._answer(template, request.inputs)
        except Exception as error:  # noqa: BLE001 - what a task may raise
            failure = Failure.from_document(error_document(error))
            return self._run(
                template, Phase.FAILED, log, error=failure, exception=error
            )
        return self._run(template, Phase.SUCCEEDED, log, literals=literals)

    def _answer(self, template: TaskTemplate, inputs: bytes) -> LiteralMap:
        outputs = self._values(template, inputs)
        declared = template.interface.outputs.variables
        if len(declared) == 1:
            (name,) = declared
            return output_literals(outputs[name], declared, self._engine)
        return output_literals(outputs, declared, self._engine)

    def _values(self, template: TaskTemplate, inputs: bytes) -> Mapping[str, Any]:
        if isinstance(self._side_effect, BaseException):
            raise self._side_effect
        if self._side_effect is None:
            return self._outputs
        variables = template.interface.inputs.variables
        literals = LiteralMap.FromString(inputs)
        types = argument_types(self._side_effect)
        values = native_inputs(literals, variables, self._engine, types)
        return self._side_effect(**values) or {}

    def _run(
        self, template: TaskTemplate, phase: Phase, log: Log, **facts: Any
    ) -> Outcome:
        return Outcome(
            task=template.id.name, runner=self.name, phase=phase, logs=log, **facts
        )

    def __repr__(self) -> str:
        return f"MockRunner({len(self.requests)} requests)"
