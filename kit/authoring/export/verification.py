"""A second look at what is written: a fresh interpreter makes the same templates.

It imports the executors with kit hidden, if they are to need none, and then the tasks;
what it makes of them must be, byte for byte, what the tasks here make.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.shipment import Exported
from kit.errors import ExportError
from kit.task.customized_container import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

__all__ = ["verify"]

Task = PythonCustomizedContainerTask[Any]

_SECONDS = 120
_LINES = 12
_CHILD = Path(__file__).with_name("child.py")


def verify(
    files: Mapping[str, bytes],
    tasks: Mapping[str, Task],
    exported: Mapping[str, Exported],
    *,
    tasks_module: str,
    executors_module: str,
    without_kit: bool,
) -> None:
    """Refuse an export whose tasks are not those that are here.

    Args:
        files: What is to be written.
        tasks: The tasks by their variables.
        exported: Where the executor of each is.
        tasks_module: The module that defines them.
        executors_module: The module of their executors.
        without_kit: Whether that can be imported without kit.

    Raises:
        ExportError: It cannot be imported, or makes another template.
        DefinitionError: The template of a task cannot be made here.
    """
    with tempfile.TemporaryDirectory(prefix="kit-export-") as folder:
        for name, data in files.items():
            place = Path(folder, "files", name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        plan = {
            "folder": str(Path(folder, "files")),
            "kit": str(Path(__file__).parents[3]),
            "tasks": tasks_module,
            "executors": executors_module,
            "top": tasks_module.partition(".")[0],
            "without_kit": without_kit,
            "names": list(tasks),
            "answer": str(Path(folder, "answer.json")),
        }
        made = _ask(plan, folder)
    for variable, task in tasks.items():
        _compare(variable, task, exported[variable], bytes.fromhex(made[variable]))


def _ask(plan: Mapping[str, Any], folder: str) -> dict[str, str]:
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-E", str(_CHILD)],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        msg = (
            f"The export was imported for {_SECONDS} seconds and was not done. Take "
            "long work out of what runs when a module is imported."
        )
        raise ExportError(msg) from error
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-_LINES:])
        msg = (
            "The export could not be imported by a fresh interpreter, so nothing was "
            f"written:\n{tail}"
        )
        raise ExportError(msg)
    answer: dict[str, str] = json.loads(Path(plan["answer"]).read_text())
    return answer


def _compare(variable: str, task: Task, exported: Exported, made: bytes) -> None:
    with task.shipped_as("export", exported):
        here = template_bytes(task, LOCAL_SETTINGS)
        is_stable = here == template_bytes(task, LOCAL_SETTINGS)
    if here == made or not is_stable:
        return
    fields = _differing(TaskTemplate.FromString(here), TaskTemplate.FromString(made))
    msg = (
        f"The export of {variable} would make another template than the task here: "
        f"{', '.join(fields)} differ. Was the task changed after it was made, or does "
        "its custom read what only this process has? Nothing was written."
    )
    raise ExportError(msg)


def _differing(one: Any, other: Any) -> list[str]:
    """Name the fields that differ, those of the container in its place."""
    found = []
    for field in one.DESCRIPTOR.fields:
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if mine != theirs:
            inside = _differing(mine, theirs) if field.name == "container" else []
            found += [f"container.{name}" for name in inside] or [field.name]
    return found
