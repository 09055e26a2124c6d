"""Run a task in this process, and note what its executor reads of ``tt.custom``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.checks.contract.trace import Trace, traced
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import computed_once
from kit.errors import CallError
from kit.running.literals import input_bytes
from kit.shim.executable import ExecutableTemplateShimTask
from kit.task.call import native_outputs
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.task.in_process import load_from_template
from kit.task.sandbox import sandboxed
from kit.template.serialize import LOCAL_SETTINGS, template_bytes
from kit.template.view import TaskTemplateView
from kit.types import default_engine

__all__ = ["TracedRun", "trace_run"]


@dataclass(frozen=True)
class TracedRun:
    """What came of a traced run.

    Attributes:
        trace: What was read of ``tt.custom``.
        outputs: What the task returned, as a call returns it; None if it raised.
        exception: What the executor raised, if it did.
    """

    trace: Trace
    outputs: Any = None
    exception: Exception | None = None


def trace_run(
    task: PythonCustomizedContainerTask[Any],
    /,
    *,
    settings: SerializationSettings = LOCAL_SETTINGS,
    inputs: Mapping[str, Any] | None = None,
    **named_inputs: Any,
) -> TracedRun:
    """Run a task as a call of it does, and note what its executor reads.

    The executor is made from the template's bytes, once more than in a call.

    Args:
        task: The task.
        settings: What its template is made with.
        inputs: Inputs whose names are taken by the parameters above.
        **named_inputs: The inputs.

    Raises:
        CallError: An input is missing or unknown, or the task's resolver loads what
            cannot be traced.
        ConversionError: An input does not fit its declared type.
        DefinitionError: The task's template cannot be made.
    """
    from flyteidl.core.literals_pb2 import LiteralMap

    data = input_bytes(task, {**(inputs or {}), **named_inputs})
    loaded = _loaded(task, settings)
    custom, trace = traced(loaded.task_template.custom)
    view = TaskTemplateView(loaded.task_template.to_flyte_idl(), custom)
    watched = ExecutableTemplateShimTask(view, loaded.executor_type)
    try:
        literals = watched.dispatch_execute(
            sandboxed(None), LiteralMap.FromString(data)
        )
    except Exception as error:  # noqa: BLE001 - the author's; it is what came of it
        return TracedRun(trace, exception=error)
    outputs = native_outputs(task.python_interface, literals, default_engine)
    return TracedRun(trace, outputs)


def _loaded(
    task: PythonCustomizedContainerTask[Any], settings: SerializationSettings
) -> ExecutableTemplateShimTask:
    with computed_once():
        arguments = task.task_resolver.loader_args(settings, task)
        template = template_bytes(task, settings)
    source = f"the template of {task.name}"
    loaded = load_from_template(task.task_resolver, arguments, template, source=source)
    if isinstance(loaded, ExecutableTemplateShimTask):
        return loaded
    kind = type(loaded).__name__
    msg = (
        f"The resolver of {task.name!r} loads a {kind}, and only what "
        "kit.TaskTemplateResolver loads can be traced."
    )
    raise CallError(msg)
