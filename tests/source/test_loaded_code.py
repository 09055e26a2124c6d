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
from kit.source.module import self_contained
from kit.source.source_units import unit_of

HELPER = "K = 1\n\ndef scale(n):\n    return n * K\n\nclass Row:\n    def get(self):\n        return K\n"
MAIN = "from kit_local_helper import {0}\ndef main(tt, n):\n    return {1}\n"


@pytest.mark.parametrize(
    ("name", "use", "old", "new"),
    [
        ("scale", "scale(n)", "n * K", "n * K + 100"),
        ("scale", "scale(n)", "def scale(n)", "def scale(n, more=1)"),
        ("scale", "scale(n)", "n * K", "n * n"),
        ("Row", "Row().get()", "return K\n", "return -K\n"),
    ],
)
def test_a_file_that_was_edited_and_not_reloaded_is_refused(
    name, use, old, new, write, tmp_path
):
    """New text and old values would be a program that never ran."""
    write("kit_local_helper", HELPER)
    main = write("kit_local_main", MAIN.format(name, use)).main
    edit(tmp_path / "kit_local_helper.py", old, new)
    with pytest.raises(
        SourceError, match=r"changed after it was loaded|cannot be told"
    ):
        self_contained(main)


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
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        Path(importlib.util.cache_from_source(helper.__file__)).unlink(missing_ok=True)
        importlib.reload(helper)
        importlib.reload(main)
    finally:
        sys.dont_write_bytecode = before
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
