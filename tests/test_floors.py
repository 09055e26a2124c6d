"""A module imports from its own floor or below: the code map, as a test."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    (
        *("kit.annotations", "kit.errors", "kit.escape", "kit.messages"),
        *("kit.notebook", "kit.storage"),
    ),
    ("kit.types",),
    ("kit.definition",),
    ("kit.template", "kit.forecast"),
    (
        *("kit.shim", "kit.resolver", "kit.entrypoint", "kit.inline", "kit.source"),
        *("kit.renderers", "kit.remote"),
    ),
    ("kit.task",),
    ("kit.targets", "kit.evidence", "kit.porting"),
    ("kit.runners",),
    ("kit.running",),
    (
        "kit.decorator",
        "kit.exporters",
        "kit.images",
        "kit.proof",
        "kit.checks",
        "kit.difference",
        "kit.pods",
        "kit.flyte",
    ),
    ("kit.readiness",),
    ("kit.display", "kit.forms"),
    ("kit.widgets",),
    (
        *("kit.cli", "kit.demo", "kit.magics", "kit.faces", "kit.pytest_plugin"),
        *("kit.__main__", "kit"),
    ),
)
"""Lowest first; ``kit`` itself also stands for what is named nowhere."""

CONTRACTS = {"kit.entrypoint", "kit.inline", "kit.resolver"}
"""Modules whose names are written into templates: a string that names one is data."""


def floor_of(module: str) -> int:
    """Return the floor of a module, by its longest matching entry."""
    best = max(
        (entry for entries in FLOORS for entry in entries if _is_in(module, entry)),
        key=len,
    )
    return next(index for index, entries in enumerate(FLOORS) if best in entries)


def _is_in(module: str, entry: str) -> bool:
    return module == entry or module.startswith(f"{entry}.")


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the dotted name and the file of each of kit's modules."""
    for path in sorted((ROOT / "kit").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


class Import(NamedTuple):
    """An import of a module of kit.

    Attributes:
        line: Where it is.
        module: What is imported.
        is_typing: Whether only type checkers see it.
    """

    line: int
    module: str
    is_typing: bool


def imports(path: Path) -> Iterator[Import]:
    """Yield the imports of kit's modules, inside functions too."""
    tree = parsed(path)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [_imported(node, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if _is_in(name, "kit"):
                yield Import(node.lineno, name, id(node) in typing_only)


def _imported(node: ast.ImportFrom, name: str) -> str:
    """Return the module that ``from a import b`` loads: ``a.b`` if that is one."""
    module = f"{node.module}.{name}"
    path = ROOT.joinpath(*module.split("."))
    is_module = path.is_dir() or path.with_suffix(".py").is_file()
    return module if is_module else str(node.module)


def named(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings that name a module of kit, except the names of loggers."""
    tree = parsed(path)
    loggers = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("getLogger")
        for argument in node.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in loggers:
            value = node.value
            if isinstance(value, str) and value != "kit" and value in MODULES:
                yield node.lineno, value


MODULES = dict(modules())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_its_own_floor_or_below(module):
    """No module knows one that is above it, not even inside a function."""
    own = floor_of(module)
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}"
        for line, name, _ in imports(MODULES[module])
        if floor_of(name) > own and not _is_version(name, module)
    ]
    assert wrong == []


def test_no_string_names_a_module_above():
    """An import by name is an import; the faces are registered instead."""
    found = {
        (module, name)
        for module, path in MODULES.items()
        for _, name in named(path)
        if floor_of(name) > floor_of(module) and name not in CONTRACTS
    }
    assert found == set()


def test_modules_import_each_other_in_no_circle():
    """Inside functions neither, but two files may use each other's types."""
    found = {frozenset(circle) for circle in circles(graph()) if not _is_typing(circle)}
    assert found == set()


@functools.cache
def graph() -> dict[str, dict[str, bool]]:
    """Return what each module imports, and whether only type checkers see that."""
    made: dict[str, dict[str, bool]] = {module: {} for module in MODULES}
    for module, path in MODULES.items():
        for _, name, is_typing in imports(path):
            if name in MODULES and "kit" not in (name, module) and name != module:
                made[module][name] = made[module].get(name, True) and is_typing
    return made


def _is_typing(circle: list[str]) -> bool:
    """Return whether two modules import each other, one of them only for its types."""
    known = graph()
    return len(circle) == len("ab") and any(
        known[one].get(other) is True for one, other in (circle, circle[::-1])
    )


def circles(known: dict[str, dict[str, bool]]) -> list[list[str]]:
    """Return the modules that reach each other, in groups of more than one."""
    below = {module: _reached(module, known) for module in known}
    groups = {
        tuple(sorted(other for other in below[module] if module in below[other]))
        for module in known
        if module in below[module]
    }
    return [list(group) for group in sorted(groups)]


def _reached(module: str, known: dict[str, dict[str, bool]]) -> set[str]:
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        new = known[waiting.pop()].keys() - reached
        reached |= new
        waiting += new
    return reached


def _is_version(name: str, module: str) -> bool:
    """Tell whether a module only asks the package for its version.

    ``import kit`` for ``kit.__version__`` loads nothing that is not loaded already.
    """
    used = {
        node.attr
        for node in ast.walk(parsed(MODULES[module]))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "kit"
    }
    return name == "kit" and used <= {"__version__"}


def test_every_package_is_on_a_floor():
    """A new package is put on a floor on purpose; a floor names only what exists."""
    packages = {".".join(name.split(".")[:2]) for name in MODULES}
    assert packages == {entry for entries in FLOORS for entry in entries}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is(module):
    """Each module has a docstring."""
    assert ast.get_docstring(parsed(MODULES[module])), f"{module} has no docstring"
