"""What an export will contain, and whether it makes the tasks that are here."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.decorator import FunctionTask
from kit.definition.shipment import Exported
from kit.errors import ExportError
from kit.exporters.module import (
    ExecutorModule,
    TaskSource,
    executor_module,
    leave_out_base,
    task_source,
)
from kit.exporters.requirements import Requirements, export_requirements
from kit.exporters.writing import variables
from kit.source.imports import make_importable
from kit.source.literals import SecretValues
from kit.source.requirements import ImportedModules
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes

Task = PythonCustomizedContainerTask[Any]
_SECONDS = 120
_LINES = 12
_CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class ExportPlan:
    """What is to be written of tasks.

    Attributes:
        tasks: The tasks by their variables.
        executors: The module of their executors.
        source: What defines them.
        requirements: What all that imports, inside of functions too.
        home: The modules of the executors and of the tasks, which may be one.
        secrets: Keeps the values of secrets out.
    """

    tasks: Mapping[str, Task]
    executors: ExecutorModule
    source: TaskSource
    requirements: Requirements
    home: tuple[str, str]
    secrets: SecretValues

    @classmethod
    def of(cls, tasks: list[Task], home: tuple[str, str]) -> ExportPlan:
        """Find all that the tasks need.

        Args:
            tasks: The tasks.
            home: The modules of the executors and of the tasks, which may be one.
        """
        by_variable = variables(tasks)
        forbidden = [text for task in tasks for text in task.known_secrets()]
        secrets = SecretValues(forbidden)
        executors = executor_module(by_variable, secrets, forbidden)
        module = None if home[0] == home[1] else home[0]
        source = task_source(by_variable, executors, secrets, module)
        leave_out_base(executors.closure)
        reached = ImportedModules()
        for text in (executors.text, source.module_text):
            reached.follow_source(text)
        needed = export_requirements(reached.needed - {home[0].partition(".")[0]})
        return cls(by_variable, executors, source, needed, home, secrets)

    def exported(self, path: Path) -> dict[str, Exported]:
        """Return where each task's executor will be."""
        return {
            variable: Exported(
                f"{self.home[0]}.{self.executors.classes[variable]}", str(path), digest
            )
            for variable, digest in self.executors.digests.items()
        }

    def check(self, files: Mapping[str, str], path: Path) -> dict[str, bytes]:
        """Return the files as they are written, once all of them are as they should."""
        for name, text in files.items():
            self.secrets.check(text, name)
        data = {name: text.encode() for name, text in files.items()}
        verify(
            data,
            self.tasks,
            self.exported(path),
            executors_module=self.home[0],
            tasks_module=self.home[1],
            without_kit=not self.executors.needs_kit,
        )
        return data

    def bind(self, path: Path, folder: Path) -> None:
        """Let tasks that ship by export name what was written."""
        for variable, exported in self.exported(path).items():
            self.tasks[variable].note_export(exported)
        if any(task.ship == "export" for task in self.tasks.values()):
            make_importable(self.home[0].partition(".")[0], folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know."""
        return (*self.executors.notes, *self.requirements.notes, *self._of_flytekit())

    def _of_flytekit(self) -> Iterator[str]:
        """Say which tasks flytekit would mix the outputs of up: it takes them in order.

        Its shim task gives them the names in the order that the template's map has.
        """
        for variable, task in self.tasks.items():
            is_function = isinstance(task, FunctionTask)
            if (
                is_function
                and task.runtime == "flytekit"
                and len(task.output_names) > 1
            ):
                yield (
                    f"{variable} has several outputs, whose order flytekit does not "
                    "keep for exported functions: take the kit runtime, or return one "
                    "dictionary or dataclass."
                )


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
            "kit": str(Path(__file__).parents[2]),
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
    made_here, made_there = (TaskTemplate.FromString(data) for data in (here, made))
    named = made_there.container.args[-1:]
    own = task.executor_type
    if list(named) == [f"{own.__module__}.{own.__qualname__}"]:
        raise _names_own_executor(variable, task)
    msg = (
        f"The export of {variable} would make another template than the task here: "
        f"{', '.join(_differing(made_here, made_there))} differ. Was the task changed "
        "after it was made, or does its custom read what only this process has? "
        "Nothing was written."
    )
    raise ExportError(msg)


def _names_own_executor(variable: str, task: Task) -> ExportError:
    """Explain a class of an installed module, which would not use what was exported."""
    kind, executor = type(task), task.executor_type
    return ExportError(
        f"{variable} cannot be exported: its class {kind.__module__}."
        f"{kind.__qualname__} is imported from where it is installed, and names the "
        f"executor {executor.__module__}.{executor.__qualname__} itself, so that the "
        "exported one would never run. It needs no export: install the package of "
        f"{kind.__module__} in the image (ship='module')."
    )


def _differing(one: Any, other: Any) -> list[str]:
    """Name the fields that differ, those of the container in its place."""
    found = []
    for field in one.DESCRIPTOR.fields:
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if mine != theirs:
            inside = _differing(mine, theirs) if field.name == "container" else []
            found += [f"container.{name}" for name in inside] or [field.name]
    return found
