"""One module with executors and tasks, for a path that ends in ``.py``.

The executors come first and need no kit; the tasks below them are defined where kit is
installed.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from typing import Any

from kit.authoring.export.executor_module import ExecutorModule
from kit.authoring.export.task_source import TaskSource
from kit.errors import ExportError
from kit.source.layout import (
    import_lines,
    keeps_annotations,
    module_body,
    module_text,
)
from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["module_file"]

Task = PythonCustomizedContainerTask[Any]

_IMPORT = """

try:
    import kit
except ModuleNotFoundError:  # an image without it still has the executors above
    kit = None

if kit is not None:
"""


def module_file(
    tasks: Mapping[str, Task], executors: ExecutorModule, source: TaskSource
) -> str:
    """Return the text of the module.

    Raises:
        ExportError: A name would stand for two things in it.
    """
    closure = source.closure
    _check_names(tasks, executors)
    own_kit = executors.imports.count("import kit") > 0
    if not own_kit and "kit" in executors.closure.imports:
        raise ExportError(_other_kit())
    closure.imports.pop("kit", None)
    head = module_text(
        executors.closure,
        list(dict.fromkeys(executors.classes.values())),
        executors.docstring,
        future=keeps_annotations(closure),
    )
    imports = "".join(f"{line}\n" for line in import_lines(closure))
    below = "\n".join(filter(None, [imports, _body(source), source.text]))
    return head + (f"\n\n{below}" if own_kit else _IMPORT + _indented(below))


def _body(source: TaskSource) -> str:
    return module_body(source.closure, source.needed).strip("\n") + "\n"


def _other_kit() -> str:
    return (
        "An executor has a module of another name than kit's as `kit`. Import it by "
        "another name."
    )


def _check_names(tasks: Mapping[str, Task], executors: ExecutorModule) -> None:
    """Refuse tasks whose variable would take a name from the executors."""
    uses = [
        node.id
        for node in ast.walk(ast.parse(executors.text))
        if isinstance(node, ast.Name)
    ]
    taken = {*executors.closure.parts, *executors.closure.imports}
    for variable, task in tasks.items():
        own = task.written_executor.__name__ == variable
        if variable in taken and not (own and uses.count(variable) <= 1):
            msg = (
                f"In one module the task {task.name!r} would take the name "
                f"{variable!r} from something that an executor uses. Export a package: "
                "a path that does not end in .py."
            )
            raise ExportError(msg)


def _indented(text: str) -> str:
    """Indent code by four columns, but not the inside of its texts."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):  # of an f-string, from Python 3.12 on
            opened.append(token.start[0])
        if name == "STRING" or name.endswith("STRING_END"):
            begin = token.start[0] if name == "STRING" else opened.pop()
            inside.update(range(begin + 1, token.end[0] + 1))
    lines = text.splitlines(keepends=True)
    return "".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(lines, 1)
    )
