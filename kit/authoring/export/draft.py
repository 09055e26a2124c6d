"""What is to be written of tasks: found, looked at once more, and bound to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.authoring.decorator import FunctionTask
from kit.authoring.export.executor_module import ExecutorModule, executor_module
from kit.authoring.export.naming import variables
from kit.authoring.export.requirements import Requirements, requirements
from kit.authoring.export.result import Export
from kit.authoring.export.task_source import TaskSource, task_source
from kit.authoring.export.verification import verify
from kit.authoring.export.without_base import leave_out_base
from kit.definition.shipment import Exported
from kit.source.exported import make_importable
from kit.source.layout import import_lines, requirements_of
from kit.source.secret_values import SecretValues
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["Draft"]

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class Draft:
    """What is to be written of tasks.

    Attributes:
        tasks: The tasks by their variables.
        executors: The module of their executors.
        source: What defines them.
        needs: What all that imports.
        home: The modules of the executors and of the tasks, which may be one.
        secrets: Keeps the values of secrets out.
    """

    tasks: Mapping[str, Task]
    executors: ExecutorModule
    source: TaskSource
    needs: Requirements
    home: tuple[str, str]
    secrets: SecretValues

    @classmethod
    def of(cls, tasks: list[Task], home: tuple[str, str]) -> Draft:
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
        lines = (*executors.imports, *import_lines(source.closure))
        needs = requirements(
            set(requirements_of(lines)) - {home[0].partition(".")[0]},
            cache=any(task.metadata.cache for task in tasks),
        )
        return cls(by_variable, executors, source, needs, home, secrets)

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

    def result(self, path: Path, kind: str, files: Iterable[str]) -> Export:
        """Return what was written."""
        locations = (item.location for item in self.exported(path).values())
        return Export(
            path=path,
            kind=kind,
            files=tuple(files),
            tasks=tuple(f"{self.home[1]}:{variable}" for variable in self.tasks),
            executors=tuple(dict.fromkeys(locations)),
            requirements=self.needs.every,
            notes=(*self.executors.notes, *self.needs.notes, *self._of_flytekit()),
        )

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
