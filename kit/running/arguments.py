"""What :func:`kit.run` and :func:`kit.prove` are called with, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.errors import CallError, nearest
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["check_options", "check_task", "checked_timeout", "merged_inputs"]

Task = PythonCustomizedContainerTask[Any]


def check_task(task: Any, function: str) -> None:
    """Refuse what is no task.

    Raises:
        CallError: Saying what the function takes.
    """
    if not isinstance(task, PythonCustomizedContainerTask):
        msg = (
            f"{function} takes a task, as PythonCustomizedContainerTask(...) makes it, "
            f"got {task!r}."
        )
        raise CallError(msg)


def check_options(
    task: Task, named_inputs: Mapping[str, Any], function: str, options: tuple[str, ...]
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
    task: Task, inputs: Any, named_inputs: Mapping[str, Any]
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
