"""Find the exact source of what was defined in a cell, a script or a module.

``inspect.getsource`` fails for every class of a notebook, for ``__main__`` has no file.
Functions know the cell they were compiled from; a class is found by what is certain,
in this order: the cells that its methods were compiled from, the cell that was noted
(:mod:`~kit.source.noted_cells`), and last the one cell with a class of its name and
body.
Where two sources are as likely the answer is an error, never one of them.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kit.annotations import own_annotations
from kit.errors import CaptureError, SourceError
from kit.source.class_statements import function_of, is_made_by, methods_of
from kit.source.imports import is_importable
from kit.source.loaded_code import find_code, units_of
from kit.source.loaded_text import noted_texts
from kit.source.source_units import (
    CELL_OF,
    TIMED,
    DefinitionNode,
    SourceUnit,
    cells,
    first_line,
    has_odd_ends,
    timed_body,
    timed_unit_of,
    timed_units,
    unit_of_text,
)

_ANNOTATIONS = 0x1000000  # __future__.annotations.compiler_flag, without the import


@dataclass(frozen=True)
class Definition:
    """A function or class and where it is written.

    Attributes:
        qualname: Its qualified name on the unit.
        node: Its syntax tree; line numbers are the unit's.
        unit: The cell or file.
        text: Its source with decorators, dedented.
        future: Whether ``from __future__ import annotations`` held for it.
    """

    qualname: str
    node: DefinitionNode | ast.Lambda | ast.stmt
    unit: SourceUnit
    text: str
    future: bool

    @property
    def name(self) -> str:
        """The name that it binds."""
        return self.qualname.rpartition(".")[2]

    @property
    def line(self) -> int:
        """Where it begins on its unit."""
        return first_line(self.node)


def definition_of(value: Any) -> Definition:
    """Return the definition that made a function or a class.

    A decorated function's own code is asked, not what it wraps.

    Raises:
        SourceError: Its source cannot be had, or not for certain.
    """
    if isinstance(value, type):
        return _definition_of_class(value)
    if isinstance(value, types.FunctionType):
        return _definition_of_function(value)
    raise SourceError(
        f"{value!r:.80} has no source: a function or class was expected, got "
        f"{type(value).__name__}."
    )


def units_of_function(function: types.FunctionType) -> tuple[SourceUnit, ...]:
    """Return the units that a function may have been compiled from, the latest first.

    Raises:
        SourceError: There are none.
    """
    code = function.__code__
    units: tuple[SourceUnit, ...]
    if code.co_filename == TIMED:
        timed = timed_unit_of(code)
        units = () if timed is None else (timed,)
    else:
        units = units_of(code.co_filename, function.__globals__)
    module = sys.modules.get(function.__module__)
    filename = getattr(module, "__file__", None)
    if not units and code.co_filename == "<string>" and filename is not None:
        # compiled from its text by `%autoreload`
        found = units_of(filename, function.__globals__)
        units = tuple(unit for unit in found if find_code(function, unit))
    if not units:
        raise SourceError(_not_available(function))
    return units


def _not_available(function: types.FunctionType) -> str:
    filename = function.__code__.co_filename
    text = f"The source of {function.__qualname__} is not available: "
    if filename in {"<stdin>", "-"}:
        return (
            f"{text}it was typed at Python's prompt, or came from standard input, "
            "which keep no source. Write it in a file or a notebook, or use IPython."
        )
    if noted_texts(filename) == ():
        return text + _changed_file(filename)
    return (
        f"{text}it was compiled from {filename!r}. Define it in a cell of its own (not "
        "in exec or another magic), or in a file."
    )


def _definition_of_function(function: types.FunctionType) -> Definition:
    units = units_of_function(function)
    found: dict[str, Definition] = {}
    for unit in units:
        definition = _definition_on(unit, function)
        if definition is not None:
            found.setdefault(definition.text, definition)
        if found and unit is units[0] and _is_of_latest(function):
            break
    if not found:
        raise SourceError(_not_there(function, units[0]))
    if len(found) > 1:
        raise SourceError(_loaded_twice(function))
    return next(iter(found.values()))


def _definition_on(unit: SourceUnit, function: types.FunctionType) -> Definition | None:
    code = function.__code__
    written = code if unit.is_cell else find_code(function, unit)
    hit = unit.at(written.co_name, written.co_firstlineno) if written else None
    if written is None or hit is None or not _fits(hit[1], code):
        return None
    qualname, node = hit
    future = bool(written.co_flags & _ANNOTATIONS)
    return Definition(qualname, node, unit, unit.text_of(node), future)


def _is_of_latest(made: Any) -> bool:
    """Tell whether a function or class is what its module has since its last load."""
    module = sys.modules.get(made.__module__)
    path, _, _ = str(made.__qualname__).partition(".<locals>")
    kept: Any = module
    for name in path.split("."):
        kept = vars(kept).get(name) if hasattr(kept, "__dict__") else None
    if kept is made or not isinstance(made, types.FunctionType):
        return kept is made
    return any(
        each is made
        or (each.__code__ is made.__code__ and each.__defaults__ is made.__defaults__)
        for each in _inside(function_of(kept), 0)
    )


def _loaded_twice(made: Any) -> str:
    return (
        f"{made.__qualname__} is of an earlier load of module {made.__module__!r}, "
        "which was loaded again since, and its definition differs. Import it again."
    )


def _not_there(function: types.FunctionType, unit: SourceUnit) -> str:
    line = function.__code__.co_firstlineno
    where = f"The source of {function.__qualname__} is not on line {line} of "
    if unit.is_cell:
        return (
            f"{where}its cell as the shell kept it: a character such as a form feed, "
            "which IPython takes for the end of a line, is in the cell. Write it as an "
            "escape (\\x0c), or run the cell again after kit is imported."
        )
    return (
        f"The code of {function.__qualname__} that runs is not in {unit.name!r}: "
        + _changed_file(unit.name)
        + " A lambda is best written as a def."
    )


def _changed_file(filename: str) -> str:
    return (
        f"the file {Path(filename).name} was changed after it was loaded. Reload the "
        "module (importlib.reload, or restart the kernel)."
    )


def _fits(node: DefinitionNode, code: types.CodeType) -> bool:
    return has_parameters(node, code) and not _has_lost_text(node, code)


def _has_lost_text(node: ast.AST, code: types.CodeType) -> bool:
    """Tell whether the code has line ends in its text that its source has not."""
    if not any(map(has_odd_ends, _texts(code))):
        return False
    return not any(
        isinstance(item, ast.Constant)
        and isinstance(item.value, str)
        and has_odd_ends(item.value)
        for item in ast.walk(node)
    )


def _texts(code: types.CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _texts(constant)


def has_parameters(node: DefinitionNode | ast.Lambda, code: types.CodeType) -> bool:
    """Tell whether a definition has the parameters that some code has."""
    if isinstance(node, ast.ClassDef):
        return False
    args = node.args
    names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return tuple(names) == code.co_varnames[: len(names)] and len(names) == (
        code.co_argcount + code.co_kwonlyargcount
    )


def _definition_of_class(value: type) -> Definition:
    methods = methods_of(value)
    found = _definitions_fitting(value, methods, exactly=True)
    found = found or _definitions_fitting(value, methods, exactly=False)
    if len(found) == 1:
        return next(iter(found.values()))
    raise SourceError(_no_class(value, several=bool(found)))


def _definitions_fitting(
    value: type, methods: list[types.FunctionType], *, exactly: bool
) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for unit in _units_of_class(value, methods):
        nodes = unit.definitions.get(value.__qualname__, [])
        certain = unit.is_cell and CELL_OF.get(value) == "".join(unit.lines)
        fitting = [
            node
            for node in nodes
            if is_made_by(value, node, unit, methods, exactly=exactly)
        ]
        if not fitting and certain and len(nodes) == 1:
            fitting = nodes  # a metaclass or decorator gave it other members
        certain |= not unit.is_cell and _is_of_latest(value)
        if fitting:
            node = fitting[-1]  # the last one of a cell is the one that stayed
            text = unit.text_of(node)
            future = _has_future(value, node, unit, methods)
            found.setdefault(
                text, Definition(value.__qualname__, node, unit, text, future)
            )
            if certain:
                break
    return found


def _no_class(value: type, *, several: bool) -> str:
    module = sys.modules.get(value.__module__)
    filename = getattr(module, "__file__", None)
    if filename is not None and noted_texts(filename) is not None:
        why = _loaded_twice(value) if several else _changed_file(filename)
        return f"The source of class {value.__qualname__} is not certain: {why}"
    why = "more than one cell could have defined it" if several else "no cell fits it"
    return (
        f"The source of class {value.__qualname__} cannot be told for certain: {why}. "
        "Run its cell again after kit is imported; if it was made by a call "
        "(namedtuple, make_dataclass, type, exec), write it as a class statement."
    )


def _units_of_class(
    value: type, methods: list[types.FunctionType]
) -> Iterator[SourceUnit]:
    """Yield the units that can hold a class, the most certain kind only."""
    names = dict.fromkeys(method.__code__.co_filename for method in methods)
    module = sys.modules.get(value.__module__)
    space = None if module is None else vars(module)
    units = [unit for name in names for unit in units_of(name, space)]
    units += timed_units() if TIMED in names else []
    units = [unit for unit in units if value.__qualname__ in unit.definitions]
    if units:
        yield from units
        return
    noted = CELL_OF.get(value)
    if noted is not None:
        yield timed_body(unit_of_text(noted)) or unit_of_text(noted)
        return
    filename = getattr(module, "__file__", None)
    if filename is not None:
        source = inspect.getsourcefile(module)  # type: ignore[arg-type]
        yield from units_of(source or filename, space)
    if filename is None or value.__module__ == "__main__":
        yield from cells().defining(
            value.__qualname__
        )  # also those typed after a script has run


def _has_future(
    value: type,
    node: DefinitionNode,
    unit: SourceUnit,
    methods: list[types.FunctionType],
) -> bool:
    """Tell whether the annotations of a class were left as text by a future import."""
    if methods:
        return any(method.__code__.co_flags & _ANNOTATIONS for method in methods)
    written = {
        statement.target.id: statement.annotation
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
    }
    kept = own_annotations(value)
    return any(
        isinstance(kept.get(name), str) and not isinstance(annotation, ast.Constant)
        for name, annotation in written.items()
    ) or "from __future__ import annotations" in "".join(unit.lines)


def lambda_definition(name: str, function: types.FunctionType) -> Definition | None:
    """Return the assignment at the top level of a unit that made a lambda.

    Args:
        name: The name it goes by; where a line holds several lambdas it tells them
            apart.
        function: The lambda.

    Returns:
        None when its line does not tell for certain which lambda it is.
    """
    try:
        unit = units_of_function(function)[0]
    except SourceError:
        return None
    code = function.__code__ if unit.is_cell else find_code(function, unit)
    if code is None:
        return None
    found = dict(_on_line(unit, code))
    own = name if name in found else next(iter(found), name)
    if own not in found or (own != name and len({*found.values()}) > 1):
        return None
    segment = unit.segment(found[own])
    expression = f"({segment})" if "\n" in segment else segment
    return Definition(own, found[own], unit, f"{own} = {expression}\n", future=False)


def _on_line(
    unit: SourceUnit, code: types.CodeType
) -> Iterator[tuple[str, ast.Lambda]]:
    """Yield the lambdas that are named on the line where some code begins."""
    for statement in unit.tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        value = statement.value
        targets = getattr(statement, "targets", None) or [statement.target]  # type: ignore[union-attr]
        if (
            isinstance(value, ast.Lambda)
            and value.lineno == code.co_firstlineno
            and has_parameters(value, code)
        ):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value


_DEEPEST = 6


def written_definition(name: str, value: Any) -> tuple[Definition, Any] | None:
    """Return the definition below a name, and the object that it made by itself.

    Decorated functions are looked for inside their wrappers, because a definition
    travels with its decorators.

    Returns:
        None when the object was not made by a definition of a cell or local module.

    Raises:
        SourceError: It was, and its source cannot be had.
        CaptureError: It was made in a way that a definition alone does not repeat.
    """
    if isinstance(value, type):
        if is_importable(value.__module__) or "<locals>" in value.__qualname__:
            return None
        return definition_of(value), value
    if _is_lambda(value) and not is_importable(value.__module__):
        found = lambda_definition(name, value)
        return None if found is None else (found, value)
    for made in _inside(value, 0):
        if made is not value and made.__name__ != name and not _is_wrapped(value):
            continue
        if "<" in made.__qualname__ or is_importable(made.__module__):
            continue  # a lambda, or made inside another function
        found = definition_of(made)
        decorated = getattr(found.node, "decorator_list", ())
        if "<locals>" in found.qualname or "." in found.qualname:
            continue
        if made is not value and not decorated:
            raise CaptureError(
                f"{name!r} is {found.qualname} wrapped by a call outside of its "
                "definition. Write the wrapper as a decorator (@...) above it."
            )
        return found, made
    return None


def _is_lambda(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and value.__qualname__ == "<lambda>"


def _is_wrapped(value: Any) -> bool:
    return hasattr(value, "__wrapped__")


def _inside(value: Any, depth: int) -> Iterator[types.FunctionType]:
    """Yield functions from the outermost inwards."""
    if depth > _DEEPEST:
        return
    if isinstance(value, types.FunctionType):
        yield value
    wrapped = getattr(value, "__wrapped__", None) if callable(value) else None
    if wrapped is not None:
        yield from _inside(wrapped, depth + 1)
        return
    held: list[Any] = []
    if isinstance(value, types.FunctionType):
        held = [_content(cell) for cell in value.__closure__ or ()]
    elif callable(value) and not isinstance(value, type | types.MethodType):
        held = list(getattr(value, "__dict__", {}).values())
    for item in held:
        if isinstance(item, types.FunctionType):
            yield from _inside(item, depth + 1)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def is_dispatching(value: Any) -> bool:
    """Tell whether a function chooses among cases by its first argument."""
    return hasattr(value, "registry") and hasattr(value, "dispatch")


def cases(name: str, value: Any) -> Iterator[tuple[Definition, types.FunctionType]]:
    """Yield the definitions that were registered, in their order.

    Raises:
        CaptureError: One was not registered by a decorator above its definition.
        SourceError: The source of one cannot be had.
    """
    done: set[int] = set()
    for kind, function in list(value.registry.items())[1:]:  # the first is the default
        if id(function) in done:
            continue
        done.add(id(function))
        found = definition_of(function) if _is_plain(function) else None
        if found is None or not getattr(found.node, "decorator_list", ()):
            raise CaptureError(
                f"The case of {name} for {kind.__qualname__} was not registered by a "
                f"decorator. Write @{name}.register above its definition."
            )
        yield found, function


def _is_plain(function: Any) -> bool:
    return isinstance(function, types.FunctionType) and "<" not in function.__qualname__


def is_alias(value: Any) -> bool:
    """Tell whether something was made by a ``type`` statement."""
    kind = type(value)
    return (kind.__module__, kind.__name__) == ("typing", "TypeAliasType")


def alias_definition(value: Any) -> Definition | None:
    """Return the last ``type`` statement of an alias, in the module that has it."""
    module = sys.modules.get(value.__module__)
    for unit in _units_of_module(module) if module is not None else ():
        for statement in reversed(unit.tree.body):
            if type(statement).__name__ != "TypeAlias":
                continue
            name = statement.name.id  # type: ignore[attr-defined]
            if name == value.__name__:
                text = f"{unit.segment(statement)}\n"
                return Definition(name, statement, unit, text, future=False)
    return None


def _units_of_module(module: types.ModuleType) -> Iterator[SourceUnit]:
    """Yield the file of a module, and the cells that it was typed in."""
    filename = getattr(module, "__file__", None)
    if filename is not None:
        source = inspect.getsourcefile(module) or filename
        yield from units_of(source, vars(module))[:1]
    if filename is None or module.__name__ == "__main__":
        yield from cells().units


def without_task_class(
    definition: Definition, namespace: Mapping[str, Any]
) -> Definition:
    """Leave out the task's class in ``class Ex(ShimTaskExecutor[MyTask])``.

    It is for type checkers, and would bring along all that the task's class needs.
    """
    node = definition.node
    if not isinstance(node, ast.ClassDef):
        return definition
    text, bases = definition.text, list(node.bases)
    for index, base in enumerate(bases):
        if isinstance(base, ast.Subscript) and _is_for_checkers(base, namespace):
            bases[index] = base.value
            unit = definition.unit
            head, found, tail = text.partition(f"class {node.name}")
            written, bare = unit.segment(base), unit.segment(base.value)
            text = head + found + tail.replace(written, bare, 1)
    if bases == node.bases:
        return definition
    copy = type(node)(**{name: getattr(node, name) for name in node._fields})
    copy.bases = bases
    return replace(definition, node=ast.copy_location(copy, node), text=text)


def _is_for_checkers(base: ast.Subscript, namespace: Mapping[str, Any]) -> bool:
    generic = _value_of(base.value, namespace)
    argument = _value_of(base.slice, namespace)
    return (
        getattr(generic, "__name__", "") == "ShimTaskExecutor"
        and isinstance(argument, type)
        and not is_importable(argument.__module__)
    )


def _value_of(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """Return what a dotted name stands for; None if there is nothing."""
    if isinstance(node, ast.Attribute):
        return getattr(_value_of(node.value, namespace), node.attr, None)
    return namespace.get(node.id) if isinstance(node, ast.Name) else None


def globals_of(made: Any) -> Mapping[str, Any]:
    """Return the namespace of the module that a function or class was written in.

    Raises:
        SourceError: The module has another class of that name by now.
    """
    if isinstance(made, types.FunctionType):
        return made.__globals__
    for method in methods_of(made) if isinstance(made, type) else ():
        return method.__globals__
    module = sys.modules.get(made.__module__)
    path = getattr(made, "__qualname__", made.__name__)
    held = functools.reduce(
        lambda outer, name: getattr(outer, name, None), path.split("."), module
    )
    if module is None or (held is not made and isinstance(made, type)):
        raise SourceError(
            f"The class {path} is not the one that module {made.__module__!r} has now, "
            "so the names that it uses cannot be looked up. Load the module again, or "
            f"import {path} again."
        )
    return vars(module)
