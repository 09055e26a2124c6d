"""Source is the one that made the object, or an error."""

from __future__ import annotations

import linecache
import subprocess
import sys
import time

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kit.errors import AuthoringError, SourceError
from kit.source.definitions import definition_of
from kit.source.module import self_contained
from kit.source.noted_cells import install
from kit.source.source_units import unit_of


def test_a_class_of_a_file_is_found_by_its_lines(write):
    """Of two classes of one name the one that stayed is returned."""
    module = write(
        "kit_local_twice",
        """
        class A:
            def m(self): return 1

        class A:
            def m(self): return 2
        """,
    )
    assert "return 2" in definition_of(module.A).text


def test_helpers_of_local_modules_come_along(write):
    """A module beside the script is in no container, so its source travels."""
    write("kit_local_helper", "K = 2\n\ndef f(n):\n    return n * K\n")
    module = write(
        "kit_local_main",
        "from kit_local_helper import f\n\ndef main(tt, n):\n    return f(n)\n",
    )
    source = self_contained(module.main)
    assert "K = 2" in source.text
    assert "kit_local_helper import" not in source.text
    found: dict = {"__name__": "fresh"}
    exec(source.text, found)  # noqa: S102 - what is tested
    assert found["main"](None, 4) == 8


def test_a_local_module_as_a_whole_is_refused(write):
    """`import helper` cannot be carried, and the error says how to write it."""
    write("kit_local_whole", "def f(n):\n    return n\n")
    module = write(
        "kit_local_user",
        "import kit_local_whole\n\ndef main(tt):\n    return kit_local_whole.f(1)\n",
    )
    with pytest.raises(AuthoringError, match=r"not installed.*from \.\.\. import"):
        self_contained(module.main)


def test_one_name_for_two_things_is_refused(write):
    """Two modules with helpers of one name cannot become one module."""
    write("kit_local_a", "def h():\n    return 1\n\ndef f():\n    return h()\n")
    module = write(
        "kit_local_b",
        "from kit_local_a import f\n\ndef h():\n    return 2\n\n"
        "def main(tt):\n    return f(), h()\n",
    )
    with pytest.raises(AuthoringError, match="'h' means two things"):
        self_contained(module.main)


def test_a_file_that_changed_since_ships_as_it_was(write, tmp_path, fresh):
    """The source on disk is not what runs any more."""
    module = write("kit_local_changed", "def main(tt):\n    return 1\n")
    (tmp_path / "kit_local_changed.py").write_text("# moved\n\ndef other(): pass\n")
    assert fresh(self_contained(module.main))(None) == 1


def test_a_script_is_its_own_namespace(tmp_path):
    """`python script.py` has a file, and its guard does not come along."""
    script = tmp_path / "script.py"
    script.write_text(
        "K = 1\nclass Main:\n    def run(self):\n        return K\n\n"
        "if __name__ == '__main__':\n"
        "    from kit.source.module import self_contained\n"
        "    print(self_contained(Main).text)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True
    )
    assert "K = 1" in done.stdout
    assert "# From script.py, line 2." in done.stdout
    assert "__main__" not in done.stdout


@pytest.mark.parametrize(
    "cell",
    ["def f(n):\n    return 'a\x0cb'\n", "K = 1\n\x0c\ndef f(n):\n    return n\n"],
)
def test_a_line_end_that_only_ipython_sees_is_explained(cell):
    """Without the hook its place, or the text it stood in, is lost."""
    shell = InteractiveShell.instance()
    try:
        shell.run_cell(cell).raise_error()
        with pytest.raises(SourceError, match=r"form feed.*after kit is imported"):
            definition_of(shell.user_ns["f"])
    finally:
        shell.reset()
        InteractiveShell.clear_instance()


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python 3.13 keeps it")
def test_code_of_the_command_line_has_no_source():
    """`python -c` keeps no source, and the error says where to write it."""
    code = (
        "from kit.source.module import self_contained\n"
        "def main(tt): pass\nself_contained(main)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "SourceError" in done.stderr
    assert "in a file" in done.stderr


def test_the_hook_survives_whatever_a_cell_leaves(capsys):
    """An object that fails when it is looked at never fails the cell."""

    class Broken:
        @property
        def info(self):
            raise RuntimeError("no")

    class Shell:
        def __init__(self):
            self.user_ns = {}
            self.events = self

        def register(self, name, hook):
            registered.append(hook)

    registered = []
    shell = Shell()
    assert install(shell)
    assert install(shell)
    (hook,) = registered
    hook(Broken())
    hook(None)
    assert "could not note" in capsys.readouterr().err


def test_importing_kit_in_a_shell_is_enough():
    """Of two classes that look alike the cell of each is known."""
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "for cell in 'import kit', 'class A:\\n v: int', 'class A:\\n v: str':\n"
        "    shell.run_cell(cell).raise_error()\n"
        "from kit.source.definitions import definition_of\n"
        "print(definition_of(shell.user_ns['A']).text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "class A:\n v: str"


def test_cells_of_ipython_7_are_cells(monkeypatch):
    """It gives them a time as files have, and lists them on their own."""
    name, text = "<ipython-input-7-abc>", "class Seven:\n    x: int = 7\n"
    entry = (len(text), time.time(), text.splitlines(keepends=True), name)
    monkeypatch.setitem(linecache.cache, name, entry)
    monkeypatch.setattr(linecache, "_ipython_cache", {name: entry}, raising=False)
    monkeypatch.setattr(linecache, "checkcache", lambda filename=None: None)
    assert unit_of(name).is_cell
    space = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), space)  # noqa: S102 - a cell
    assert definition_of(space["Seven"]).unit.place == "a notebook cell"
