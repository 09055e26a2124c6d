"""The public names of kit: each one exists, is documented, and is said once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kit

SOURCE = ast.parse(Path(kit.__file__).read_text())


def _names_for_type_checkers() -> set[str]:
    """Return what `kit/__init__.py` imports for type checkers."""
    block = next(
        node
        for node in SOURCE.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {
        alias.name
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def test_all_is_sorted_and_without_repetition() -> None:
    """A reader finds a name where the alphabet has it, capitals first."""
    names = sorted(set(kit.__all__), key=lambda name: (not name.isupper(), name))
    assert kit.__all__ == names


def test_type_checkers_see_what_runs() -> None:
    """The imports for type checkers, the homes and `__all__` are one list."""
    assert _names_for_type_checkers() == set(kit.__all__) == set(kit._HOME_OF)


@pytest.mark.parametrize("name", kit.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    """Each public class and function says what it is."""
    value = getattr(kit, name)
    if callable(value):
        assert value.__doc__
        assert value.__module__.startswith("kit.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    """`kit.nonsense` fails as on any module."""
    with pytest.raises(AttributeError, match="'kit' has no attribute 'nonsense'"):
        kit.nonsense  # noqa: B018


def test_public_names_are_listed_before_they_are_loaded() -> None:
    """Completion in a notebook shows them."""
    assert set(kit.__all__) <= set(dir(kit))
