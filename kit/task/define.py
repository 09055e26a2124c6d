"""Defining a workflow: over a function, or in a ``with`` block."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, overload

from kit.definition.docstring import Docstring
from kit.definition.documentation import Documentation
from kit.definition.interface import Interface
from kit.task.signature import interface_of, outputs_by_name, workflow_name
from kit.task.workflow import Workflow
from kit.task.workflow_policy import WorkflowFailurePolicy

__all__ = ["workflow"]


@overload
def workflow(
    name: str,
    *,
    inputs: Mapping[str, Any] | None = ...,
    failure_policy: WorkflowFailurePolicy = ...,
    interruptible: bool = ...,
    docs: Documentation | str | None = ...,
) -> Workflow: ...
@overload
def workflow(name: Callable[..., Any]) -> Workflow: ...
@overload
def workflow(
    *,
    failure_policy: WorkflowFailurePolicy = ...,
    interruptible: bool = ...,
    docs: Documentation | None = ...,
) -> Callable[[Callable[..., Any]], Workflow]: ...
def workflow(
    name: str | Callable[..., Any] | None = None,
    *,
    inputs: Mapping[str, Any] | None = None,
    failure_policy: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY,
    interruptible: bool = False,
    docs: Documentation | str | None = None,
) -> Workflow | Callable[[Callable[..., Any]], Workflow]:
    """Define a workflow: over a function, or in a ``with`` block.

    The function is called once, with promises; what its annotations say is the
    interface. In the block, ``wf.inputs`` holds the promises, and ``wf.add_output``
    tells what comes out.

    Args:
        name: The workflow's name, or the function.
        inputs: Types of the inputs by name, or pairs of a type and a default.
        failure_policy: What happens to other nodes when one fails.
        interruptible: Whether its tasks may run where they can be interrupted.
        docs: What is written about it. A text is read as a docstring, whose sections
            describe inputs and outputs.

    Returns:
        The workflow; without a name, what makes one of a function.

    Raises:
        CallError: Something is done with a promise that needs its value.
        InterfaceError: Inputs or outputs that cannot be an interface.

    Example:
        >>> from kit import kwtypes
        >>> with workflow("empty", inputs=kwtypes(n=int)) as wf:
        ...     wf.add_output("same", wf.n)
        >>> wf(n=3)
        3
    """
    settings: dict[str, Any] = {
        "failure_policy": failure_policy,
        "interruptible": interruptible,
        "docs": docs if isinstance(docs, Documentation) else None,
    }
    if name is None:
        return functools.partial(_from_function, settings=settings)
    if callable(name):
        return _from_function(name, settings=settings)
    docstring = Docstring(docs) if isinstance(docs, str) else None
    return Workflow(name, Interface(inputs, docstring=docstring), **settings)


def _from_function(
    function: Callable[..., Any], *, settings: Mapping[str, Any]
) -> Workflow:
    interface = interface_of(function)
    made = Workflow(workflow_name(function), interface, **settings)
    with made:
        returned = function(**made.inputs)
        for output, value in outputs_by_name(made.name, interface, returned).items():
            made.bind_output(output, value, interface.outputs[output])
    made.__doc__ = function.__doc__
    return made
