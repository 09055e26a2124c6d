"""``kit.export``: write tasks to files that need nothing of the notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kit.authoring.export.draft import Draft
from kit.authoring.export.flytectl_archive import archive, archive_members
from kit.authoring.export.module_file import module_file
from kit.authoring.export.naming import module_name
from kit.authoring.export.plugin_package import plugin_package
from kit.authoring.export.result import Export
from kit.authoring.export.written_tree import (
    check_file,
    check_folder,
    write_file,
    write_tree,
)
from kit.definition.settings import SerializationSettings
from kit.errors import CallError, ExportError
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


def _export_module(tasks: list[Task], path: Path, *, overwrite: bool) -> Export:
    check_file(path, overwrite=overwrite)
    module = module_name(path.stem, "file")
    draft = Draft.of(tasks, (module, module))
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
    draft = Draft.of(tasks, (f"{package}.executors", f"{package}.tasks"))
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
