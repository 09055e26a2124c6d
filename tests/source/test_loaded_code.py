"""What travels is the code that runs, not what its file says by now."""

# ruff: noqa: E501 - the modules are data

from __future__ import annotations

import importlib
import linecache
import sys
from pathlib import Path

import pytest

from kit.errors import SourceError
from kit.source.definitions import definition_of
from kit.source.loaded_code import find_code
from kit.source.loaded_text import _Watch, watch
from kit.source.module import self_contained
from kit.source.source_units import unit_of

HELPER = "K = 1\n\ndef scale(n):\n    return n * K\n\nclass Row:\n    def get(self):\n        return K\n"
MAIN = "from kit_local_helper import {0}\ndef main(tt, n):\n    return {1}\n"


MUL = "def mul(k):\n    def d(f):\n        def w(*a):\n            return f(*a) * k\n        return w\n    return d\n"
DATA = "import dataclasses\n@dataclasses.dataclass(order=True)\nclass Row:\n    x: int = 1\n    y: list = dataclasses.field(default_factory=lambda: [1])\n"
EDITS = [
    ("def f(n):\n    return n * K", "f(n)", "n * K", "n * K + 100"),
    ("def f(n):\n    return n * K", "f(n)", "def f(n)", "def f(n, more=1)"),
    ("def f(n):\n    return n * K", "f(n)", "n * K", "n * n"),
    ("def f(n, k=1 + 1):\n    return n * k", "f(n)", "1 + 1", "90"),
    ("def f(n, *, k=[1]):\n    return n * len(k)", "f(n)", "[1]", "[1, 2]"),
    ("def f(n: int):\n    return f.__annotations__", "f(n)", "n: int", "n: float"),
    (MUL + "@mul(2)\ndef f(n):\n    return n", "f(n)", "mul(2)", "mul(9)"),
    (MUL + "@mul(2)\ndef f(n):\n    return n", "f(n)", "@mul(2)\n", ""),
    (MUL + "def f(n):\n    return n", "f(n)", "def f(", "@mul(2)\ndef f("),
    ("f = lambda n: n * 2", "f(n)", "n * 2", "n * 9"),
    ("f = lambda n: n * 2", "f(n)", "f =", "# moved\nf ="),
    ("class f:\n    x = 1", "f.x", "x = 1", "x = 9"),
    ("class f:\n    x = 1 + 1\n    def get(self):\n        return K", "f.x", "1 + 1", "9"),
    ("class f:\n    def get(self):\n        return K", "f().get()", "return K", "return -K"),
    ("class A:\n    x = 1\nclass B:\n    x = 2\nclass f(A):\n    pass", "f.x", "f(A)", "f(B)"),
    (DATA + "f = Row", "f() < f(2)", "order=True", "order=False"),
    (DATA + "f = Row", "f().x", "x: int = 1", "x: int = 9"),
    (DATA + "f = Row", "f().y", "lambda: [1]", "lambda: [9]"),
    (DATA + "f = Row", "f.__dataclass_fields__['x'].type", "x: int", "x: str"),
    ("import enum\nclass f(enum.Enum):\n    A = 1 + 1", "f.A.value", "1 + 1", "9"),
    ("from typing import NamedTuple\nclass f(NamedTuple):\n    x: int = 1", "f().x", "int = 1", "int = 9"),
]  # fmt: skip


@pytest.mark.parametrize(("helper", "use", "old", "new"), EDITS)
def test_a_file_that_was_edited_ships_as_it_was_loaded(
    helper, use, old, new, write, fresh, tmp_path
):
    """New text and old values would be a program that never ran."""
    write("kit_local_helper", f"K = 1\n{helper}\n")
    main = write("kit_local_main", MAIN.format("f", use)).main
    edit(tmp_path / "kit_local_helper.py", old, new)
    edit(tmp_path / "kit_local_helper.py", "K = 1", "K = 100")
    source = self_contained(main)
    assert fresh(source)(None, 3) == main(None, 3)
    assert any("kit_local_helper.py was changed" in note for note in source.notes)


def test_a_file_that_was_edited_before_anybody_looked_is_refused(
    write, tmp_path, monkeypatch
):
    """What it was when it was loaded is known to nobody then."""
    monkeypatch.setattr(sys, "meta_path", [f for f in sys.meta_path if f is not _Watch])
    write("kit_local_helper", HELPER)
    main = write("kit_local_main", MAIN.format("scale, Row", "scale(n)")).main
    watch()
    edit(tmp_path / "kit_local_helper.py", "n * K", "n * K + 100")
    with pytest.raises(
        SourceError, match=r"helper\.py was changed after it was loaded"
    ):
        self_contained(main)


def test_what_is_of_an_earlier_load_is_refused_where_it_differs(write, tmp_path):
    """The function is the old one, and its code alone does not show which."""
    helper = write("kit_local_helper", f"{MUL}@mul(2)\ndef f(n):\n    return n\n")
    main = write("kit_local_main", MAIN.format("f", "f(n)")).main
    edit(tmp_path / "kit_local_helper.py", "mul(2)", "mul(9)")
    reload(helper)
    with pytest.raises(SourceError, match="earlier load of module 'kit_local_helper'"):
        self_contained(main)


def reload(module):
    """Load a module again, whatever the time of its file."""
    Path(importlib.util.cache_from_source(module.__file__)).unlink(missing_ok=True)
    importlib.reload(module)


def edit(path: Path, old: str, new: str) -> None:
    """Change a file, and let nobody take the old lines for it."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    linecache.clearcache()


def test_lines_that_moved_change_nothing(write, tmp_path, fresh):
    """`%autoreload` leaves functions that only moved as they are."""
    write("kit_local_helper", HELPER)
    main = write("kit_local_main", MAIN.format("scale, Row", "scale(n) + Row().get()"))
    edit(tmp_path / "kit_local_helper.py", "K = 1\n", "K = 1\n\n# A comment\n\n")
    assert fresh(self_contained(main.main))(None, 3) == 4


def test_a_reloaded_module_travels_as_it_is_now(write, tmp_path, fresh):
    """After a reload the new code is the one that runs."""
    helper = write("kit_local_helper", HELPER)
    main = write("kit_local_main", MAIN.format("scale", "scale(n)"))
    edit(tmp_path / "kit_local_helper.py", "n * K", "n * K + 1000")
    reload(helper)
    reload(main)
    assert fresh(self_contained(main.main))(None, 3) == 1003


def test_code_that_a_loader_rewrote_is_known_by_names_and_constants():
    """Pytest rewrites this very test's asserts; its source is still its own."""
    assert "rewritten_here" in definition_of(rewritten_here).text


def rewritten_here(n):
    """Have an assert, which pytest compiles to something else."""
    assert n == 3, "no"
    return n


def test_what_autoreload_compiled_from_text_is_found_in_the_file(write):
    """IPython 9 compiles functions that were added from their text alone."""
    module = write("kit_local_helper", HELPER)
    added = "def scale(n):\n    return n * K"
    space = {**vars(module)}
    exec(added, space)  # noqa: S102 - as the extension does
    found = definition_of(space["scale"])
    assert (found.unit.place, found.line) == ("kit_local_helper.py", 3)
    other = {**vars(module)}
    exec("def scale(n):\n    return n", other)  # noqa: S102 - idem
    assert find_code(other["scale"], unit_of(module.__file__)) is None
