"""A task's values as the wire has them, before a run and after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from kit.errors import ConversionError, OutputError, nearest
from kit.runners.failure import Failure
from kit.runners.outcome import Outcome, Phase
from kit.running.outputs import Outputs
from kit.task.call import complete_inputs, input_literals, name_arguments
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.types import default_engine

__all__ = ["input_bytes", "with_outputs"]

Task = PythonCustomizedContainerTask[Any]


def input_bytes(task: Task, inputs: Mapping[str, Any]) -> bytes:
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


def with_outputs(outcome: Outcome, task: Task) -> Outcome:
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


def _outputs(task: Task, literals: LiteralMap) -> dict[str, Any]:
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
