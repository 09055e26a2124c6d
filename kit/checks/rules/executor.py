"""The executor and the methods of the task: what a container imports."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from kit.checks.rule import Problem, Subject, error, warning
from kit.decorator import FunctionTask
from kit.shim.executable import RAISED
from kit.source.requirements import ImportedModules, package_of, shipped_modules
from kit.task.task import PythonCustomizedContainerTask

_METHOD = "execute_from_model"
_HOOKS = ("pre_execute", "post_execute")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@error("executor.inputs", "run")
def executor_takes_inputs(subject: Subject) -> Iterator[Problem]:
    """``execute_from_model`` has a parameter for each input, and needs no other."""
    if subject.task is None or isinstance(subject.task, FunctionTask):
        return
    kind = subject.task.executor_type
    parameters = _parameters(kind)
    if parameters is None:
        return
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    known = {p.name for p in parameters if p.kind in _NAMED}
    for name in subject.inputs:
        if name not in known and not takes_all:
            message = f"The run fails: {_METHOD} of {kind.__name__} takes no {name!r}."
            words = (
                f"TypeError: {kind.__name__}.{_METHOD}() got an unexpected keyword "
                f"argument {name!r}"
            )
            fix = f"Give it a parameter {name}, or **kwargs."
            yield Problem(f"interface.inputs.{name}", message, fix, words)
    for parameter in parameters:
        if _is_needed(parameter) and parameter.name not in subject.inputs:
            name = parameter.name
            message = (
                f"The run fails: {_METHOD} of {kind.__name__} needs {name!r}, and the "
                "interface has no such input."
            )
            words = (
                f"TypeError: {kind.__name__}.{_METHOD}() missing 1 required argument: "
                f"{name!r}"
            )
            fix = f"Add {name} to the inputs of the interface, or give it a default."
            yield Problem("interface.inputs", message, fix, words)


def _parameters(kind: type[Any]) -> list[inspect.Parameter] | None:
    """Return the parameters after ``tt``; None if they cannot be found out."""
    method = getattr(kind, _METHOD, None)
    is_bound = isinstance(
        inspect.getattr_static(kind, _METHOD, None), staticmethod | classmethod
    )
    try:
        signature = inspect.signature(method) if callable(method) else None
    except (TypeError, ValueError):
        return None
    if signature is None:
        return None
    parameters = list(signature.parameters.values())
    before = 1 if is_bound else 2
    first = parameters[:before]
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in first):
        return None
    return parameters[before:]


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.kind in _NAMED and parameter.default is inspect.Parameter.empty


@warning("executor.hooks", "silent")
def hooks_are_called(subject: Subject) -> Iterator[Problem]:
    """The task overrides nothing that no container calls."""
    kind = type(subject.task)
    for name in _HOOKS if subject.task is not None else ():
        if getattr(kind, name) is not getattr(PythonCustomizedContainerTask, name):
            message = (
                f"{name} of {kind.__name__} never runs: a container has the executor "
                "and the template, and not the task."
            )
            fix = f"Move what it does into {_METHOD} of the executor."
            yield Problem(name, message, fix)


@warning("executor.imports", "run")
def imports_can_be_installed(subject: Subject) -> Iterator[Problem]:
    """An image can have the modules that the shipped code imports."""
    reached, exported = _reached(subject)
    only_here = reached.only_here()
    for module in reached.required:
        if module in reached.missing:
            message = (
                f"The executor imports {module!r:.80}, which is not installed here."
            )
            fix = (
                f"Install the package {package_of(module)} in the image and here, or "
                "correct the name. kit.prove(task) looks for all that it imports."
            )
        elif module in only_here and module != exported:
            place = str(only_here[module])
            message = (
                f"The image must contain the module {module!r:.80}, which is only in "
                f"{place!r:.200} here."
            )
            fix = (
                "Build an image with it: kit.build_image(task). Or send its source "
                "with ship='inline', or export the task."
            )
        else:
            continue
        words = f"ModuleNotFoundError: No module named {module!r}"
        yield Problem("container.image", message, fix, words)


def _reached(subject: Subject) -> tuple[ImportedModules, str]:
    """Return what the shipped code imports, and the module that an export wrote."""
    if subject.task is None:
        return ImportedModules(), ""
    try:
        shipment = subject.task.shipment(subject.settings)
    except RAISED:  # which the check reports as the failure that it is
        return ImportedModules(), ""
    top = shipment.location.partition(".")[0]
    return shipped_modules(shipment), top if shipment.way == "export" else ""
