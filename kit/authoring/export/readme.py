"""The README of an exported package: its tasks with their inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core.interface_pb2 import VariableMap

from kit.authoring.export.markdown import code, plain
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["readme"]

Task = PythonCustomizedContainerTask[Any]


_LAYOUT = """\
What runs in the containers is in `{package}/executors.py`, the definitions of the tasks
are in `{package}/tasks.py`. The `Containerfile` makes an image for them."""


def readme(project: str, package: str, tasks: Mapping[str, Task]) -> str:
    """Return the README's text."""
    blocks = [
        f"# {project}",
        "Flyte tasks, exported from a notebook by kit.",
        "```console\n$ pip install '.[test]'\n$ pytest\n"
        + "".join(f"$ kit run {package}.tasks:{name} --help\n" for name in tasks)
        + "```",
        _LAYOUT.format(package=package),
    ]
    for variable, task in tasks.items():
        blocks += _task(variable, task)
    return "\n\n".join(blocks) + "\n"


def _task(variable: str, task: Task) -> Iterator[str]:
    yield f"## {plain(variable)}"
    if task.docs is not None and task.docs.short_description:
        yield plain(task.docs.short_description)
    yield (
        f"Its name is {code(task.name)}, its image "
        f"{code(task.container_image) or 'the default image'}."
    )
    interface, variables = task.python_interface, task.interface
    rows = [
        (name, _type(kind), "" if default is None else repr(default))
        for name, (kind, default) in interface.inputs_with_defaults.items()
    ]
    if rows:
        lines = ["| input | type | default | description |", "|---|---|---|---|"]
        for name, kind, default in rows:
            said = _said(name, variables.inputs)
            shown = code(default[:100])
            lines.append(f"| {code(name)} | {code(kind)} | {shown} | {said} |")
        yield "\n".join(lines)
    if interface.outputs:
        lines = ["| output | type | description |", "|---|---|---|"]
        for name, kind in interface.outputs.items():
            said = _said(name, variables.outputs)
            lines.append(f"| {code(name)} | {code(_type(kind))} | {said} |")
        yield "\n".join(lines)


def _said(name: str, variables: VariableMap) -> str:
    """Return what is said of a variable, which is its name when nothing is."""
    said = variables.variables[name].description
    return "" if said == name else plain(said)


def _type(python_type: Any) -> str:
    """Name a type as one writes it, without the modules it is from."""
    if isinstance(python_type, type) and not hasattr(python_type, "__args__"):
        return str(python_type.__name__)
    return str(python_type).replace("typing.", "").replace("__main__.", "")
