"""The source of an export: the module of the executors, and what defines the tasks."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kit.errors import ExportError
from kit.exporters.expression import definition_of_task
from kit.exporters.writing import class_name
from kit.source.closure import Closure, Fragment
from kit.source.executors import namespace_of, root_definition
from kit.source.imports import requirements_of
from kit.source.literals import SecretValues
from kit.source.module import (
    import_lines,
    in_order,
    keeps_annotations,
    left_out_magics,
    module_body,
    module_text,
    self_contained,
)
from kit.task.task import PythonCustomizedContainerTask

Task = PythonCustomizedContainerTask[Any]

_IMPORT = """

try:
    import kit
except ModuleNotFoundError:  # an image without it still has the executors above
    kit = None

if kit is not None:
"""
_BASE = "ShimTaskExecutor"
_PLAIN = {"Any", "typing", "object", "dict", "str"}
"""Names that may be in the brackets: they are no reason to import kit."""


@dataclass(frozen=True)
class ExecutorModule:
    """A module of executors.

    Attributes:
        docstring: What its first line says.
        closure: What it is made of.
        classes: The name of each variable's executor's class in it.
        digests: The SHA-256 of each variable's executor's own source.
        notes: What a reader should know.
    """

    docstring: str
    closure: Closure
    classes: Mapping[str, str]
    digests: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its source."""
        names = list(dict.fromkeys(self.classes.values()))
        return module_text(self.closure, names, self.docstring)

    @property
    def needs_kit(self) -> bool:
        """Whether it imports kit, as executors do that use more than ``tt``."""
        return "kit" in requirements_of(self.imports)

    @property
    def imports(self) -> tuple[str, ...]:
        """Its import statements."""
        return import_lines(self.closure)


def executor_module(
    tasks: Mapping[str, Task], secrets: SecretValues, forbidden: Iterable[str]
) -> ExecutorModule:
    """Put the executors of tasks into one module, with what they need once.

    Args:
        tasks: The tasks by their variables.
        secrets: Keeps the values of secrets out.
        forbidden: These values.

    Raises:
        AuthoringError: An executor cannot leave the place where it was written, or two
            use one name for two things.
    """
    closure = Closure(secrets.quote)
    classes, digests = {}, {}
    for variable, task in tasks.items():
        executor = task.written_executor
        digests[variable] = self_contained(executor, forbidden=forbidden).digest
        definition, namespace = root_definition(executor), namespace_of(executor)
        classes[variable] = closure.add_executor(definition, executor, namespace)
    functions = {name: _is_function(tasks[key]) for key, name in classes.items()}
    made = _add_classes(closure, [name for name, is_one in functions.items() if is_one])
    classes = {key: made.get(name, name) for key, name in classes.items()}
    notes = (*closure.notes, *left_out_magics(closure))
    return ExecutorModule(_docstring(tasks), closure, classes, digests, notes)


def _is_function(task: Task) -> bool:
    return isinstance(task.written_executor, FunctionType)


def _add_classes(closure: Closure, functions: Iterable[str]) -> dict[str, str]:
    """Add a class for each function, and return its name."""
    made = {}
    for function in functions:
        name = class_name(function, {*closure.fragments, *closure.imports})
        made[function] = name
        closure.fragments[name] = Fragment(
            f"class {name}:\n"
            f'    """Runs {function}; a container makes it without arguments."""\n\n'
            f"    execute_from_model = staticmethod({function})\n",
            now=[function],
        )
    return made


def _docstring(tasks: Mapping[str, Task]) -> str:
    count = len(tasks)
    who = f"{next(iter(tasks))}" if count == 1 else f"{count} tasks"
    return f"What runs in the containers of {who}; written by kit."


@dataclass(frozen=True)
class TaskSource:
    """What defines tasks, as parts of a module.

    Attributes:
        closure: Imports, and the definitions that only the tasks need.
        needed: The names of those that they need themselves.
        statements: The statements that make the tasks, by their variables.
    """

    closure: Closure
    needed: tuple[str, ...]
    statements: Mapping[str, str]

    @property
    def text(self) -> str:
        """The statements, a line apart."""
        return "\n".join(self.statements.values())

    @property
    def module_text(self) -> str:
        """The source of a module of them."""
        docstring = "The tasks, whose executors run in containers; written by kit."
        head = module_text(self.closure, self.needed, docstring)
        return f"{head}\n\n{self.text}"


def task_source(
    tasks: Mapping[str, Task],
    executors: ExecutorModule,
    secrets: SecretValues,
    module: str | None,
) -> TaskSource:
    """Write the definitions of tasks whose executors stand in a module already.

    What that module has is not written again.

    Args:
        tasks: The tasks by their variables.
        executors: The module of their executors.
        secrets: Keeps the values of secrets out.
        module: From where the executors are imported; None when they stand above.

    Raises:
        AuthoringError: A fact of a definition cannot be written, or one name means two
            things.
    """
    closure = Closure(secrets.quote)
    statements: dict[str, str] = {}
    needed: dict[str, None] = {}
    for variable, task in tasks.items():
        executor = executors.classes[variable]
        line = f"from {module} import {executor}"
        closure.provide(executor, task.written_executor, line)
        made = definition_of_task(variable, task, executor)
        about = f"the definition of {variable}"
        parts = closure.add_expression(made.expression, made.namespace, about)
        needed.update(dict.fromkeys(parts))
        statements[variable] = f"{variable} = {made.expression}\n"
    if module is None:
        for executor in executors.classes.values():
            closure.imports.pop(executor, None)
    _share(closure, executors.closure, module)
    _cut_down(closure, needed, "".join(statements.values()))
    _check_variables(tasks, closure)
    own = tuple(name for name in needed if name in closure.fragments)
    return TaskSource(closure, own, statements)


def _share(closure: Closure, other: Closure, module: str | None) -> None:
    """Take what the other module has from there."""
    for name, part in list(closure.fragments.items()):
        known = other.fragments.get(name)
        if known is not None and known.text == part.text:
            del closure.fragments[name]
            if module is not None:
                closure.imports[name] = f"from {module} import {name}"
        elif module is None and (known is not None or name in other.imports):
            raise _clash(name)
    if module is None:
        for name, line in closure.imports.items():
            if name in other.fragments or other.imports.get(name, line) != line:
                raise _clash(name)


def _clash(name: str) -> ExportError:
    return ExportError(
        f"The name {name!r} means one thing to an executor and another to the "
        "definition of a task, and both would stand in one module. Rename one, or "
        "export a package: a path that does not end in .py."
    )


def _cut_down(closure: Closure, needed: Iterable[str], statements: str) -> None:
    """Leave out parts that nothing reaches any more, and imports for them."""
    parts = closure.fragments
    for part in parts.values():
        part.now = [name for name in part.now if name in parts]
        part.later = [name for name in part.later if name in parts]
    reached = in_order(
        [name for name in needed if name in parts],
        {key: part.now for key, part in parts.items()},
        {key: part.later for key, part in parts.items()},
    )
    for name in parts.keys() - set(reached):
        del parts[name]
    text = "".join(part.text for part in parts.values()) + statements
    words = set(re.findall(r"\w+", text))
    for imports in (closure.imports, closure.type_imports):
        for name in imports.keys() - words:
            del imports[name]
    for line in list(closure.extra_imports):
        if line.split()[1].partition(".")[0] not in words:
            del closure.extra_imports[line]


def _check_variables(tasks: Mapping[str, Task], closure: Closure) -> None:
    for variable, task in tasks.items():
        if variable in closure.fragments or variable in closure.imports:
            msg = (
                f"The task {task.name!r} would be called {variable!r}, and so is "
                "something that a definition needs. Assign it to another variable."
            )
            raise ExportError(msg)


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
    taken = {*executors.closure.fragments, *executors.closure.imports}
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


def leave_out_base(closure: Closure) -> None:
    """Take kit's base class from the executors of a module that needs no more of kit.

    A module that uses kit for something else is left as it is.
    """
    name = _name_of_base(closure.imports)
    if name is None:
        return
    trees = {key: ast.parse(part.text) for key, part in closure.fragments.items()}
    bases = {key: list(_bases(tree, name)) for key, tree in trees.items()}
    used = sum(_uses(tree, name.partition(".")[0]) for tree in trees.values())
    if used != sum(map(len, bases.values())):
        return
    texts = {
        key: _cut(closure.fragments[key].text, found)
        for key, found in bases.items()
        if found
    }
    if None not in texts.values():
        for key, text in texts.items():
            closure.fragments[key].text = str(text)
        del closure.imports[name.partition(".")[0]]


def _name_of_base(imports: Mapping[str, str]) -> str | None:
    """Return what the base class is called, if a module has it from kit."""
    for name, line in imports.items():
        if line == "import kit":
            return f"{name}.{_BASE}"
        if line in {f"from kit import {_BASE}", f"from kit import {_BASE} as {name}"}:
            return name
    return None


def _bases(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield bases that are kit's alone, with or without a type in brackets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.keywords:
            alone = node.bases if len(node.bases) == 1 else []
            yield from [base for base in alone if _is_base(base, name)]


def _is_base(base: ast.expr, name: str) -> bool:
    if isinstance(base, ast.Subscript):
        inner = {item.id for item in ast.walk(base.slice) if isinstance(item, ast.Name)}
        return ast.unparse(base.value) == name and inner <= _PLAIN
    return ast.unparse(base) == name


def _uses(tree: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(tree))


def _cut(text: str, bases: list[ast.expr]) -> str | None:
    """Take bases and their parentheses out; None where a comment stands in these."""
    lines = text.splitlines(keepends=True)
    for base in sorted(bases, key=lambda item: item.lineno, reverse=True):
        begin = _position(lines, base.lineno, base.col_offset)
        end = _position(lines, base.end_lineno or 0, base.end_col_offset or 0)
        opened, closed = text.rindex("(", 0, begin), text.index(")", end)
        if text[opened + 1 : begin].strip() or text[end:closed].strip(" \n,"):
            return None
        text = text[:opened] + text[closed + 1 :]
    return text


def _position(lines: list[str], line: int, column: int) -> int:
    """Return where in a text a line's column is, which ast counts in bytes."""
    before = lines[line - 1].encode()[:column].decode()
    return sum(map(len, lines[: line - 1])) + len(before)
