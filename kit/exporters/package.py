"""The files of an exported package: project, README, tests and archive."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import sys
import tarfile
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.core.interface_pb2 import VariableMap

from kit.definition.settings import SerializationSettings
from kit.errors import CaptureError, ConversionError, ExportError
from kit.exporters.expression import Expressions, indented, laid_out
from kit.exporters.module import ExecutorModule, TaskSource
from kit.exporters.plan import ExportPlan
from kit.exporters.writing import MARK
from kit.source.imports import import_of_module, import_of_object, merged_imports
from kit.source.requirements import project_name
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import task_spec
from kit.types import default_engine

Task = PythonCustomizedContainerTask[Any]


@dataclass(frozen=True)
class PackageTests:
    """The text of the tests, and why some compare nothing."""

    text: str
    notes: tuple[str, ...]


def package_tests(
    package: str,
    tasks: Mapping[str, Task],
    executors: ExecutorModule,
    more: TaskSource,
) -> PackageTests:
    """Write a test for each task: of its last run's inputs and outputs, if known.

    Args:
        package: The package's name.
        tasks: The tasks by their variables.
        executors: The module of their executors.
        more: What defines them.
    """
    homes = dict.fromkeys(more.closure.fragments, f"{package}.tasks")
    homes |= dict.fromkeys(executors.closure.fragments, f"{package}.executors")
    imports: dict[str, None] = {}
    tests, notes = [], []
    for variable, task in tasks.items():
        try:
            test, lines = _test_of_run(variable, task, homes)
        except (CaptureError, ConversionError) as why:
            test, lines = _test_of_loading(
                variable, executors.classes[variable], package
            )
            notes.append(f"The test of {variable} runs nothing: {why}")
        tests.append(test)
        imports.update(dict.fromkeys(lines))
    imports[f"from {package} import tasks"] = None
    head = '"""The tasks do what they did in the notebook; written by kit."""\n\n'
    head += "".join(f"{line}\n" for line in merged_imports(imports))
    return PackageTests(head + "".join(f"\n\n{test}" for test in tests), tuple(notes))


def _test_of_run(
    variable: str, task: Task, homes: Mapping[str, str]
) -> tuple[str, list[str]]:
    if task.last_run is None:
        msg = "It was not run here before. Run it, or give kit.export its inputs=."
        raise CaptureError(msg)
    interface = task.python_interface
    given, came_out = task.last_run
    inputs = {
        name: default_engine.decoder(kind)(given.literals[name])
        for name, kind in interface.inputs.items()
        if name in given.literals
    }

    def outputs() -> dict[str, Any]:
        return {
            name: default_engine.decoder(kind)(came_out.literals[name])
            for name, kind in interface.outputs.items()
        }

    if not _is_comparable(outputs):
        raise CaptureError("Its outputs cannot be compared by ==.")
    write = Expressions({"tasks": None})
    given_text = write.expression(inputs, f"inputs of {variable}")
    expected = write.expression(outputs(), f"outputs of {variable}")
    kit = write.refer(sys.modules["kit"])
    items = [f"tasks.{variable}", "runner='in-process'", f"inputs={given_text}"]
    call = laid_out(f"{kit}.run", items, indent=4)
    test = (
        f"def test_{variable}_gives_what_it_gave_in_the_notebook():\n"
        f'    """It runs from its template\'s bytes, as in a container."""\n'
        f"    run = {call}\n"
        f"    run.raise_for_error()\n"
        f"    assert run.outputs == {indented(expected)}\n"
    )
    return test, [_import(name, held, homes) for name, held in write.names.items()]


def _test_of_loading(
    variable: str, executor: str, package: str
) -> tuple[str, list[str]]:
    test = (
        f"def test_{variable}_can_be_loaded():\n"
        f'    """Its executor is made as a container makes it: without arguments."""\n'
        f"    assert tasks.{variable}.executor_type is executors.{executor}\n"
        f"    assert callable(executors.{executor}().execute_from_model)\n"
    )
    return test, [f"from {package} import executors"]


def _is_comparable(make: Callable[[], Any]) -> bool:
    """Tell whether two equal values are equal: not so for nan, arrays and frames."""
    try:
        return bool(make() == make())
    except (ValueError, TypeError):
        return False


def _import(name: str, value: Any, homes: Mapping[str, str]) -> str:
    if name in homes:
        return f"from {homes[name]} import {name}"
    is_module = isinstance(value, types.ModuleType)
    find: Any = import_of_module if is_module else import_of_object
    line: str | None = find(name, value)
    if line is None:
        raise CaptureError(f"{name} of its values cannot be imported.")
    return line


def archive_members(
    tasks: Iterable[Task], settings: SerializationSettings
) -> dict[str, bytes]:
    """Return the archive's files by their names.

    Raises:
        ExportError: Two tasks have one name.
        DefinitionError: The template of a task cannot be made.
    """
    by_name: dict[str, Task] = {}
    for task in tasks:
        if task.name in by_name:
            msg = (
                f"Two tasks are named {task.name!r}, and Flyte registers one by that "
                "name. Give one another name."
            )
            raise ExportError(msg)
        by_name[task.name] = task
    digits = len(str(len(by_name) - 1))  # as flytekit pads them
    return {
        f"{index:0{digits}}_{_plain(name)}_1.pb": _spec(task, settings)
        for index, (name, task) in enumerate(by_name.items())
    }


def archive(members: dict[str, bytes]) -> bytes:
    """Return a ``.tgz`` of files, the same for the same files at any time."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(members):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(members[name]), 0o644
            tar.addfile(entry, io.BytesIO(members[name]))
    return packed.getvalue()


def _plain(name: str) -> str:
    """Return a task's name as part of a file's: flytectl reads it from inside."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)[:200]


def _spec(task: Task, settings: SerializationSettings) -> bytes:
    return task_spec(task, settings).SerializeToString(deterministic=True)


_TITLE = "Flyte tasks, exported from a notebook by kit."
_LONGEST = 200
_LAYOUT = """\
What runs in the containers is in `{package}/executors.py`, the definitions of the tasks
are in `{package}/tasks.py`. The `Containerfile` makes an image for them."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@$^=])")


@dataclass(frozen=True)
class PluginPackage:
    """The texts of a package's files by their paths, and what to know of them."""

    files: Mapping[str, str]
    notes: tuple[str, ...]


def plugin_package(package: str, plan: ExportPlan) -> PluginPackage:
    """Write the files of a package.

    Args:
        package: The package's name.
        plan: What it contains.
    """
    project = project_name(package)
    tasks, source = plan.tasks, plan.source
    tests = package_tests(package, tasks, plan.executors, source)
    files = {
        "pyproject.toml": project_file(project, package, plan),
        "README.md": readme(project, package, tasks),
        "Containerfile": containerfile(package, tasks.values()),
        f"{package}/__init__.py": f'"""{_TITLE}"""\n',
        f"{package}/executors.py": plan.executors.text,
        f"{package}/tasks.py": source.module_text,
        "tests/test_tasks.py": tests.text,
    }
    return PluginPackage(files, tests.notes)


def _about(tasks: Iterable[Task]) -> str:
    """Return the first line that a task's author wrote."""
    for task in tasks:
        if task.docs is not None and task.docs.short_description:
            return task.docs.short_description
    return ""


def project_file(project: str, package: str, plan: ExportPlan) -> str:
    """Return the text of the pyproject.toml.

    Args:
        project: The project's name.
        package: The name of its one package.
        plan: What it contains.
    """
    description = " ".join(_about(plan.tasks.values()).split())
    line = description[:_LONGEST] or "Flyte tasks."
    major, minor = sys.version_info[:2]
    return f"""\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = {_text(project)}
version = "0.1.0"
description = {_text(line)}
readme = "README.md"
requires-python = ">={major}.{minor}"
dependencies = {_list(plan.requirements.every)}

[project.optional-dependencies]
test = ["pytest>=8"]

[tool.hatch.build.targets.wheel]
packages = [{_text(package)}]

[tool.pytest.ini_options]
testpaths = ["tests"]

{MARK}
# Written by kit.export, which replaces its files when it is told to overwrite them.
"""


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"  {_text(item)},\n" for item in items)
    return f"[\n{lines}]"


def _text(value: str) -> str:
    """Write a basic string of TOML: JSON's escapes, but for DEL and surrogates."""
    whole = value.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def containerfile(package: str, tasks: Iterable[Task]) -> str:
    """Return the text of a Containerfile that makes an image for tasks."""
    tasks = list(tasks)
    named = dict.fromkeys(_line(task.container_image) for task in tasks)
    images = [image for image in named if image]
    literal = [image for image in images if "{{" not in image]
    tag = f" -t {literal[0]}" if literal else ""
    major, minor = sys.version_info[:2]
    lines = [
        f"# The tasks name {', '.join(images) or 'no image of their own'}.",
        f"# Build it with: docker build -f Containerfile{tag} .",
        f"FROM python:{major}.{minor}-slim",
        "WORKDIR /root",
        "COPY pyproject.toml README.md /opt/package/",
        f"COPY {package} /opt/package/{package}",
        "RUN pip install --no-cache-dir /opt/package",
    ]
    if any(task.runtime == "flytekit" for task in tasks):
        version = SerializationSettings().flytekit_version
        lines.append(f"RUN pip install --no-cache-dir flytekit=={version}")
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


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


def plain(text: str) -> str:
    r"""Return a text on one line that no renderer takes for markup.

    >>> plain("a | b <script>[x](y)")
    'a \\| b &lt;script&gt;\\[x\\]\\(y\\)'
    """
    shown = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(shown.split())
    return _SPECIAL.sub(r"\\\1", html.escape(line, quote=False))


def code(text: str) -> str:
    r"""Return a text as code, which may stand in a table.

    >>> code("dict[str, int | None]")
    '`dict[str, int \\| None]`'
    """
    shown = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(shown.split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""
