"""``kit.export``: write tasks to files that need nothing of the notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kit.authoring.export.executor_module import ExecutorModule, executor_module
from kit.authoring.export.flytectl_archive import archive, archive_members
from kit.authoring.export.module_file import module_file
from kit.authoring.export.naming import module_name, variables
from kit.authoring.export.plugin_package import plugin_package
from kit.authoring.export.requirements import Requirements, requirements
from kit.authoring.export.result import Export
from kit.authoring.export.task_source import TaskSource, task_source
from kit.authoring.export.verification import verify
from kit.authoring.export.without_base import leave_out_base
from kit.authoring.export.written_tree import (
    check_file,
    check_folder,
    write_file,
    write_tree,
)
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Exported
from kit.errors import CallError, ExportError
from kit.source.exported import make_importable
from kit.source.layout import import_lines, requirements_of
from kit.source.secret_values import SecretValues
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["export"]

Task = PythonCustomizedContainerTask[Any]

_ARCHIVES = (".tgz", ".tar.gz")


def export(
    tasks: Task | Iterable[Task],
    path: str | os.PathLike[str],
    /,
    *,
    overwrite: bool = False,
    settings: SerializationSettings | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Export:
    """Write tasks as a package, a module, or an archive for flytectl.

    A path that ends in ``.py`` is one module; one that ends in ``.tgz`` is what
    ``flytectl register files --archive`` takes; any other is the folder of an
    installable package, with its requirements, tests, README and Containerfile.
    Before anything is written, a fresh interpreter imports the executors without kit,
    and makes of the tasks the very templates that they make here.

    Tasks with ``ship="export"`` name their exported executor from then on. This process
    and its runs can import it without its being installed; ``sys.path`` stays as it is.

    Args:
        tasks: One task, or several that go together.
        path: Where to write.
        overwrite: Whether an earlier export there is replaced; other files stay.
        settings: What an archive's templates are made with. By default project, domain
            and version are empty, for flytectl to fill in.
        inputs: What the package's test runs a task on, by name; for several tasks, by
            the tasks' variables. They are run on that now. By default it is what each
            was last run on in this session.

    Returns:
        What was written.

    Raises:
        ExportError: It would hide or replace something, or be another task.
        AuthoringError: Something of a task cannot leave the notebook.
        StorageError: It cannot be written. What was there is as it was.
        CallError: What is given is no task, or no path.
    """
    chosen = _checked_tasks(tasks)
    place = _checked_path(path)
    if place.name.endswith(_ARCHIVES):
        _refuse_inputs(inputs)
        return _export_archive(chosen, place, settings, overwrite=overwrite)
    if settings is not None:
        msg = "settings are for archives: what ends in .tgz. Leave them out."
        raise CallError(msg)
    if place.suffix == ".py":
        _refuse_inputs(inputs)
        return _export_module(chosen, place, overwrite=overwrite)
    return _export_package(chosen, place, inputs, overwrite=overwrite)


def _checked_tasks(tasks: Any) -> list[Task]:
    is_one = isinstance(tasks, PythonCustomizedContainerTask)
    several = [tasks] if is_one or not isinstance(tasks, Iterable) else list(tasks)
    for task in several:
        if not isinstance(task, PythonCustomizedContainerTask):
            msg = (
                "kit.export takes a task, as @kit.container_task makes it, or several, "
                f"got {task!r:.200}."
            )
            raise CallError(msg)
    if not several:
        raise CallError("kit.export was given no task. Give one, or several.")
    return list({id(task): task for task in several}.values())


def _checked_path(path: Any) -> Path:
    if isinstance(path, (str, os.PathLike)) and str(path) and "\0" not in str(path):
        return Path(path)
    msg = (
        f"path must be that of a folder, a .py or a .tgz file, got {path!r}. Write "
        'kit.export(task, "acme_sql/").'
    )
    raise CallError(msg)


def _refuse_inputs(inputs: Any) -> None:
    if inputs is not None:
        msg = "inputs are for the test of a package: a path without .py or .tgz."
        raise CallError(msg)


def _export_archive(
    tasks: list[Task],
    path: Path,
    settings: SerializationSettings | None,
    *,
    overwrite: bool,
) -> Export:
    check_file(path, overwrite=overwrite)
    members = archive_members(tasks, settings or SerializationSettings())
    write_file(path, archive(members))
    names = tuple(task.name for task in tasks)
    locations = (task.shipment(settings).location for task in tasks)
    return Export(
        path, "archive", tuple(members), names, tuple(dict.fromkeys(locations))
    )


@dataclass(frozen=True)
class _Draft:
    """What is to be written of tasks, and where it is imported from."""

    tasks: Mapping[str, Task]
    executors: ExecutorModule
    source: TaskSource
    needs: Requirements
    home: tuple[str, str]

    @classmethod
    def of(cls, tasks: list[Task], home: tuple[str, str]) -> _Draft:
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
        return cls(by_variable, executors, source, needs, home)

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
        forbidden = [s for task in self.tasks.values() for s in task.known_secrets()]
        secrets = SecretValues(forbidden)
        for name, text in files.items():
            secrets.check(text, name)
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
            notes=(*self.executors.notes, *self.needs.notes),
        )


def _export_module(tasks: list[Task], path: Path, *, overwrite: bool) -> Export:
    check_file(path, overwrite=overwrite)
    module = module_name(path.stem, "file")
    draft = _Draft.of(tasks, (module, module))
    text = module_file(draft.tasks, draft.executors, draft.source)
    data = draft.check({path.name: text}, path)
    write_file(path, data[path.name])
    draft.bind(path, path.parent)
    return draft.result(path, "module", [path.name])


def _export_package(
    tasks: list[Task], path: Path, inputs: Mapping[str, Any] | None, *, overwrite: bool
) -> Export:
    folder = path.resolve()
    check_folder(folder, overwrite=overwrite)
    package = module_name(folder.name, "folder")
    draft = _Draft.of(tasks, (f"{package}.executors", f"{package}.tasks"))
    _run(draft.tasks, inputs)
    made = plugin_package(
        package, draft.tasks, draft.executors, draft.source, draft.needs
    )
    data = draft.check(made.files, path)
    write_tree(folder, data)
    draft.bind(path, folder)
    done = draft.result(path, "package", data)
    return replace(done, notes=(*done.notes, *made.notes))


def _run(tasks: Mapping[str, Task], inputs: Mapping[str, Any] | None) -> None:
    """Run tasks on the inputs that were given, from their source."""
    if inputs is None:
        return
    by_variable: Mapping[str, Any] = inputs
    if len(tasks) == 1:
        by_variable = {next(iter(tasks)): inputs}
    for variable, values in by_variable.items():
        if variable not in tasks or not isinstance(values, Mapping):
            msg = (
                f"inputs must map {' or '.join(map(repr, tasks))} to inputs by their "
                f"names, got {variable!r}: {values!r:.100}."
            )
            raise ExportError(msg)
        with tasks[variable].shipped_as("inline"):
            tasks[variable].local_execute(None, **values)
