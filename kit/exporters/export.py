"""``kit.export``: write tasks to files that need nothing of the notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.decorator import FunctionTask
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import Exported
from kit.errors import CallError, ExportError
from kit.exporters.module import (
    ExecutorModule,
    TaskSource,
    executor_module,
    leave_out_base,
    module_file,
    task_source,
)
from kit.exporters.package import (
    Requirements,
    archive,
    archive_members,
    plugin_package,
    requirements,
)
from kit.exporters.writing import (
    check_file,
    check_folder,
    module_name,
    variables,
    write_file,
    write_tree,
)
from kit.notebook import Shown
from kit.source.imports import make_importable, requirements_of
from kit.source.module import import_lines
from kit.source.redaction import SecretValues
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, template_bytes


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
    """

    path: Path
    kind: str
    files: tuple[str, ...]
    tasks: tuple[str, ...]
    executors: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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


TaskOfDraft = PythonCustomizedContainerTask[Any]


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

    tasks: Mapping[str, TaskOfDraft]
    executors: ExecutorModule
    source: TaskSource
    needs: Requirements
    home: tuple[str, str]
    secrets: SecretValues

    @classmethod
    def of(cls, tasks: list[TaskOfDraft], home: tuple[str, str]) -> Draft:
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


TaskOfExport = PythonCustomizedContainerTask[Any]

_ARCHIVES = (".tgz", ".tar.gz")


def export(
    tasks: TaskOfExport | Iterable[TaskOfExport],
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


def _checked_tasks(tasks: Any) -> list[TaskOfExport]:
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
    tasks: list[TaskOfExport],
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


def _export_module(tasks: list[TaskOfExport], path: Path, *, overwrite: bool) -> Export:
    check_file(path, overwrite=overwrite)
    module = module_name(path.stem, "file")
    draft = Draft.of(tasks, (module, module))
    text = module_file(draft.tasks, draft.executors, draft.source)
    data = draft.check({path.name: text}, path)
    write_file(path, data[path.name])
    draft.bind(path, path.parent)
    return draft.result(path, "module", [path.name])


def _export_package(
    tasks: list[TaskOfExport],
    path: Path,
    inputs: Mapping[str, Any] | None,
    *,
    overwrite: bool,
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


def _run(tasks: Mapping[str, TaskOfExport], inputs: Mapping[str, Any] | None) -> None:
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
