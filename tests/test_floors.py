"""A module imports from its own floor or below: the code map, as a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("kit.errors", "kit.notebook", "kit.storage"),
    ("kit.types",),
    ("kit.definition",),
    ("kit.template", "kit.forecast"),
    (
        *("kit.shim", "kit.resolver", "kit.entrypoint", "kit.inline", "kit.source"),
        "kit.renderers",
    ),
    ("kit.task",),
    ("kit.runners",),
    ("kit.running",),
    (
        "kit.decorator",
        "kit.exporters",
        "kit.images",
        "kit.proof",
        "kit.checks",
        "kit.difference",
    ),
    ("kit.display", "kit.forms"),
    ("kit.widgets",),
    ("kit.cli", "kit.magics", "kit.__main__", "kit"),
)
"""Lowest first; ``kit`` itself also stands for what is named nowhere."""


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


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and module of every import of kit's, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [_imported(node, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if _is_in(name, "kit"):
                yield node.lineno, name


def _imported(node: ast.ImportFrom, name: str) -> str:
    """Return the module that ``from a import b`` loads: ``a.b`` if that is one."""
    module = f"{node.module}.{name}"
    path = ROOT.joinpath(*module.split("."))
    is_module = path.is_dir() or path.with_suffix(".py").is_file()
    return module if is_module else str(node.module)


MODULES = dict(modules())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_its_own_floor_or_below(module):
    """No module knows one that stands above it, not even inside a function."""
    own = floor_of(module)
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}"
        for line, name in imports(MODULES[module])
        if floor_of(name) > own and not _is_version(name, module)
    ]
    assert wrong == []


def _is_version(name: str, module: str) -> bool:
    """Tell whether a module only asks the package for its version.

    ``import kit`` for ``kit.__version__`` loads nothing that is not loaded already.
    """
    source = MODULES[module].read_text(encoding="utf-8")
    used = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "kit"
    }
    return name == "kit" and used <= {"__version__"}


def test_every_package_stands_on_a_floor():
    """A new package is put on a floor on purpose: only the faces may be unnamed."""
    packages = {".".join(name.split(".")[:2]) for name in MODULES}
    named = {entry for entries in FLOORS for entry in entries}
    assert packages <= named


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_and_fits_a_few_screens(module):
    """Each module has a docstring, and one concept's length."""
    source = MODULES[module].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), f"{module} has no docstring"
    longest = 480 if module == "kit.errors" else 1900  # the tree of errors is one
    assert source.count("\n") <= longest, f"{module} holds more than one concept"
