"""The public names of kit: listed once, documented, and seen by type checkers."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kit

SOURCE = Path(kit.__file__)
PUBLIC = {
    *("types", "runners", "runners.docker", "storage", "renderers"),
    *("resolver", "entrypoint", "inline", "errors", "porting"),
}
"""The modules that users import names from; all others are internal."""


def test_the_imports_for_type_checkers_are_the_public_names() -> None:
    """Each imports one name as itself, which is what the loader reads."""
    block = next(node for node in ast.parse(SOURCE.read_text()).body if _is_list(node))
    names = []
    for statement in ast.walk(block):
        if isinstance(statement, ast.ImportFrom) and statement.module != "typing":
            (alias,) = statement.names
            assert alias.asname == alias.name
            names.append(alias.name)
    assert sorted(names) == kit.__all__


def _is_list(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_public_modules_and_no_others_list_their_names() -> None:
    """In an internal module `__all__` would only repeat what a leading `_` says."""
    found = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        for path in SOURCE.parent.rglob("*.py")
        if re.search(r"^__all__\b", path.read_text(), re.MULTILINE)
    }
    assert {name.removesuffix(".__init__") for name in found} == PUBLIC


@pytest.mark.parametrize("name", kit.__all__)
def test_a_public_name_exists_and_is_documented(name: str) -> None:
    """Each public class and function has a docstring."""
    value = getattr(kit, name)
    if callable(value):
        assert value.__doc__
        assert value.__module__.startswith("kit.")


def test_a_star_import_binds_the_public_names() -> None:
    """As for any module with `__all__`."""
    names: dict[str, object] = {}
    exec("from kit import *", names)  # noqa: S102 - the statement under test
    assert set(kit.__all__) <= set(names)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nonsense", "module 'kit' has no attribute 'nonsense'."),
        ("previw", "module 'kit' has no attribute 'previw'. Did you mean 'preview'?"),
        ("__wrapped__", "module 'kit' has no attribute '__wrapped__'."),
    ],
)
def test_an_unknown_name_is_an_attribute_error(name: str, message: str) -> None:
    """`kit.nonsense` fails as on any module, with the nearest name."""
    with pytest.raises(AttributeError) as caught:
        getattr(kit, name)
    assert str(caught.value) == message


def test_a_suggestion_is_made_once() -> None:
    """Python adds its own to an AttributeError that has a name and an object."""
    command = [sys.executable, "-c", "import kit; kit.previw"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.count("Did you mean") == 1


def test_public_names_are_listed_before_they_are_loaded() -> None:
    """Completion in a notebook shows them."""
    assert set(kit.__all__) <= set(dir(kit))


def test_no_module_has_the_name_of_a_public_name() -> None:
    """As soon as `kit.diff.…` were imported, `kit.diff` would be that module."""
    modules = {module.name for module in pkgutil.iter_modules(kit.__path__)}
    assert modules & set(kit.__all__) == set()


def test_type_checkers_see_every_name(tmp_path: Path) -> None:
    """None is missing or `Any` for mypy; importing the package is enough."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    reveal = "\n".join(f"reveal_type(kit.{name})" for name in kit.__all__)
    (tmp_path / "names.py").write_text(f"import kit\n{reveal}\nkit.previw\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "names.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(SOURCE.parents[1]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    revealed = [line for line in done.stdout.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(kit.__all__), done.stdout
    assert [line for line in revealed if line.endswith('"Any"')] == []
    assert 'Module has no attribute "previw"' in done.stdout
