"""``kit.export``: write tasks to files that need nothing of the notebook."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Shipment
from kit.errors import CallError, ExportError
from kit.exporters.module import module_file
from kit.exporters.package import archive, archive_members, plugin_package
from kit.exporters.plan import ExportPlan
from kit.exporters.writing import (
    check_file,
    check_folder,
    module_name,
    write_file,
    write_tree,
)
from kit.notebook import Shown
from kit.source.requirements import shipped_modules
from kit.targets import load_task
from kit.task.flytekit_task import FlytekitTask, adapted
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]
_ARCHIVES = (".tgz", ".tar.gz")
_OTHER_FILES = frozenset(
    (
        *(".zip", ".tar", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".whl", ".egg"),
        *(".pyc", ".pyi", ".pyz", ".ipynb", ".pb", ".json", ".yaml", ".yml", ".toml"),
        *(".txt", ".md", ".html"),
    )
)
"""Endings of files that are neither a module nor an archive for flytectl."""


def export(
    tasks: Task | str | os.PathLike[str] | Iterable[Task | str | os.PathLike[str]],
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


@dataclass(frozen=True, repr=False)
class Export(Shown):
    """What :func:`kit.export` wrote.

    Attributes:
        path: The folder or file, as it was given.
        kind: ``"package"``, ``"module"`` or ``"archive"``.
        files: What was written, relative to the folder; the one file's name; or the
            names in the archive.
        tasks: Each task's place as ``module:variable``, which ``kit run`` takes; in an
            archive, their names.
        executors: Each executor's dotted name, which the container loads.
        requirements: What has to be installed.
        notes: What a reader should know.
        settings: What an archive's templates were made with.
    """

    path: Path
    kind: str
    files: tuple[str, ...]
    tasks: tuple[str, ...]
    executors: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    settings: SerializationSettings | None = None

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that tasks and executors are imported from."""
        places = [place.partition(":")[0] for place in self.tasks if ":" in place]
        places += [place.rpartition(".")[0] for place in self.executors]
        return tuple(dict.fromkeys(places))

    def __repr__(self) -> str:
        tasks = f"{len(self.tasks)} task{'s' * (len(self.tasks) != 1)}"
        files = f"{len(self.files)} file{'s' * (len(self.files) != 1)}"
        return f"Export({str(self.path)!r}, {self.kind}, {tasks}, {files})"


def _checked_tasks(tasks: Any) -> list[Task]:
    is_one = isinstance(tasks, (PythonCustomizedContainerTask, str, os.PathLike))
    given = [tasks] if is_one or not isinstance(tasks, Iterable) else list(tasks)
    named = (str, os.PathLike)
    several = [
        load_task(os.fspath(task)) if isinstance(task, named) else task
        for task in given
    ]
    for task in map(adapted, several):
        if isinstance(task, FlytekitTask):
            msg = (
                f"{task.name!r} is a task of flytekit, whose module is importable in "
                "its image already: there is nothing to export."
            )
            raise CallError(msg)
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
    is_path = (
        isinstance(path, (str, os.PathLike)) and str(path) and "\0" not in str(path)
    )
    if not is_path or _is_another_file(path):
        given = str(path) if isinstance(path, os.PathLike) else path
        msg = (
            f"path must be that of a folder, a .py or a .tgz file, got {given!r}. "
            'Write kit.export(task, "acme_sql/").'
        )
        raise CallError(msg)
    return Path(path)


def _is_another_file(path: str | os.PathLike[str]) -> bool:
    place = Path(path)
    ending = place.suffix.lower()
    return ending in _OTHER_FILES and not place.name.endswith(_ARCHIVES)


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
    chosen = settings or SerializationSettings()
    members = archive_members(tasks, chosen)
    write_file(path, archive(members))
    shipments = [task.shipment(settings) for task in tasks]
    return Export(
        path,
        "archive",
        files=tuple(members),
        tasks=tuple(task.name for task in tasks),
        executors=tuple(dict.fromkeys(shipment.location for shipment in shipments)),
        notes=tuple(dict.fromkeys(_notes_of_archive(tasks, shipments))),
        settings=chosen,
    )


def _notes_of_archive(
    tasks: Iterable[Task], shipments: Iterable[Shipment]
) -> Iterator[str]:
    """Say which modules of one's own the images must contain."""
    for task, shipment in zip(tasks, shipments, strict=True):
        for module, place in shipped_modules(shipment).only_here().items():
            yield (
                f"The image of {task.name} must contain the module {module}, which is "
                f"only in {place} here: kit.build_image(task) builds one that does."
            )


def _export_module(tasks: list[Task], path: Path, *, overwrite: bool) -> Export:
    check_file(path, overwrite=overwrite)
    module = module_name(path.stem, "file")
    plan = ExportPlan.of(tasks, (module, module))
    text = module_file(plan.tasks, plan.executors, plan.source)
    data = plan.check({path.name: text}, path)
    write_file(path, data[path.name])
    plan.bind(path, path.parent)
    return _result(plan, path, "module", [path.name])


def _export_package(
    tasks: list[Task],
    path: Path,
    inputs: Mapping[str, Any] | None,
    *,
    overwrite: bool,
) -> Export:
    folder = path.resolve()
    check_folder(folder, overwrite=overwrite)
    package = module_name(folder.name, "folder")
    plan = ExportPlan.of(tasks, (f"{package}.executors", f"{package}.tasks"))
    _run(plan.tasks, inputs)
    made = plugin_package(package, plan)
    data = plan.check(made.files, path)
    write_tree(folder, data)
    plan.bind(path, folder)
    done = _result(plan, path, "package", data)
    return replace(done, notes=(*done.notes, *made.notes))


def _result(plan: ExportPlan, path: Path, kind: str, files: Iterable[str]) -> Export:
    locations = (item.location for item in plan.exported(path).values())
    return Export(
        path=path,
        kind=kind,
        files=tuple(files),
        tasks=tuple(f"{plan.home[1]}:{variable}" for variable in plan.tasks),
        executors=tuple(dict.fromkeys(locations)),
        requirements=plan.requirements.every,
        notes=plan.notes,
    )


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
