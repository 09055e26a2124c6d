"""Where objects live."""

from __future__ import annotations

import subprocess
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from kit.definition.executor import ShimTaskExecutor, TrackedInstance, importable_name
from kit.errors import TrackingError


class Thing(TrackedInstance):
    """Does not call the base's constructor, and is tracked all the same."""

    def __init__(self, *values, **named):
        self.values = values, named


class Typed(ShimTaskExecutor[int]):
    pass


held = Thing(1, a=2)
subscripted = ShimTaskExecutor[int]()


def test_an_object_of_a_module_knows_its_place():
    """Module and variable are found in place."""
    assert held.instantiated_in == __name__
    assert held.lhs == "held"
    assert held.find_lhs() == "held"
    assert held.location == f"{__name__}.held"


def test_a_generic_class_is_no_obstacle():
    """The frames of typing are not taken for the caller."""
    assert subscripted.location == f"{__name__}.subscripted"
    assert Typed().instantiated_in == __name__


def test_an_object_that_another_module_holds(monkeypatch):
    """The module that holds the object counts, not the one whose code made it."""
    module = types.ModuleType("acme_resolvers")
    module.mine = Thing()
    monkeypatch.setitem(sys.modules, "acme_resolvers", module)

    assert module.mine.instantiated_in == "acme_resolvers"
    assert module.mine.location == "acme_resolvers.mine"


def test_the_first_name_counts(monkeypatch):
    """Of several names the first in order is taken, as in flytekit."""
    module = types.ModuleType("acme_names")
    module.b = module.a = Thing()
    monkeypatch.setitem(sys.modules, "acme_names", module)

    assert module.a.lhs == "a"


def test_a_moved_object_is_found_again(monkeypatch):
    """An answer is kept only as long as it is true."""
    module = types.ModuleType("acme_moves")
    module.a = thing = Thing()
    monkeypatch.setitem(sys.modules, "acme_moves", module)
    assert thing.lhs == "a"

    del module.a
    module.b = thing

    assert thing.lhs == "b"


def test_modules_that_act_when_asked_are_left_alone(monkeypatch):
    """Looking does not run a module's lazy attributes."""
    module = types.ModuleType("acme_lazy")

    def fail(name):
        raise RuntimeError(name)

    module.__getattr__ = fail
    monkeypatch.setitem(sys.modules, "acme_lazy", module)

    with pytest.raises(TrackingError):
        Thing().find_lhs()


def test_an_object_without_a_name():
    """The error says what to do."""
    thing = Thing()

    with pytest.raises(TrackingError) as error:
        thing.find_lhs()

    assert f"Error looking for LHS in {__name__}" in str(error.value)
    assert "Assign it to a name at module level" in str(error.value)
    assert thing.instantiated_in == __name__


SCRIPT = """
import sys
before = list(sys.path)
print("ran")
from kit.definition.executor import TrackedInstance
thing = TrackedInstance()
print(thing.instantiated_in, thing.lhs, thing.location)
assert sys.path == before
"""


def run(*args, cwd):
    """Run Python there and return its lines."""
    done = subprocess.run(
        [sys.executable, *args], cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_a_script_is_answered_in_place(tmp_path):
    """It is not imported a second time, and sys.path stays as it is."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "script.py").write_text(SCRIPT)

    lines = run("pkg/script.py", cwd=tmp_path)

    assert lines == ["ran", "pkg.script thing pkg.script.thing"]


def test_a_script_elsewhere_is_named_by_its_file(tmp_path):
    """Outside the working directory the file's own name is all there is."""
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "here").mkdir()

    lines = run("../script.py", cwd=tmp_path / "here")

    assert lines == ["ran", "script thing script.thing"]


def test_a_module_run_with_m_has_its_real_name(tmp_path):
    """Python says which module it runs."""
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mod.py").write_text(SCRIPT)

    lines = run("-m", "pkg.mod", cwd=tmp_path)

    assert lines == ["ran", "pkg.mod thing pkg.mod.thing"]


def test_an_interactive_session_says_what_it_cannot_know(tmp_path):
    """The variable is known, the module cannot be."""
    code = """
from kit.definition.executor import TrackedInstance
from kit.errors import TrackingError
_ = _1 = thing = TrackedInstance()
print(thing.instantiated_in, thing.lhs)
try:
    thing.location
except TrackingError as error:
    print(isinstance(error, AssertionError), error)
"""
    lines = run("-c", code, cwd=tmp_path)

    assert lines[0] == "None thing"
    assert lines[1].startswith("True Unable to determine module of <")
    assert "Move it to a module (a .py file) and import it from there." in lines[1]


def test_what_is_typed_at_a_newer_prompt_has_no_module(monkeypatch):
    """Its prompt is a module of Python's, which knows nothing of what was typed."""
    prompt = types.ModuleType("__main__")
    prompt.__spec__ = ModuleSpec("_pyrepl.__main__", None)
    monkeypatch.setitem(sys.modules, "__main__", prompt)
    assert importable_name("__main__") is None


def test_a_script_that_no_import_could_name(tmp_path):
    """A file whose name is no identifier has no module name."""
    (tmp_path / "my-script.py").write_text(
        "from kit.definition.executor import TrackedInstance\n"
        "thing = TrackedInstance()\n"
        "print(thing.instantiated_in)\n"
    )

    assert run("my-script.py", cwd=tmp_path) == ["None"]


CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "from kit.definition.executor import TrackedInstance",
    "thing = TrackedInstance(); thing",
    "print(thing.instantiated_in, thing.lhs)",
    "thing.location",
):
    shell.run_cell(cell, store_history=True)
"""


def test_a_notebook_says_what_it_cannot_know(tmp_path):
    """A cell's object has a variable, not one of IPython's own, and no module."""
    lines = run("-c", CELLS, cwd=tmp_path)

    assert "None thing" in lines
    assert "Unable to determine module of <" in "".join(lines)
