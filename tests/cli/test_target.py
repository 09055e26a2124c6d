from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import cli_tasks
import pytest

from kit.cli import main
from kit.errors import TargetError
from kit.targets import load_task

SOURCE = """
    from kit.definition.executor import ShimTaskExecutor
    from kit.definition.interface import Interface
    from kit.task.task import PythonCustomizedContainerTask

    class Hello(ShimTaskExecutor):
        def execute_from_model(self, tt):
            return tt.custom["word"]

    class HelloTask(PythonCustomizedContainerTask[None]):
        def get_custom(self, settings):
            return {{"word": "hello"}}

    {name} = HelloTask("{name}", None, "acme/x:1", Hello,
                       interface=Interface(outputs={{"word": str}}))
"""


def write_module(path: Path, name: str = "task") -> Path:
    """Write a module with one task."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(SOURCE.format(name=name)), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch):
    """Forget what a test imports, and the folders it added."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_and_a_name():
    """module:task is the task itself."""
    assert load_task("cli_tasks:echo") is cli_tasks.echo


def test_the_only_task_of_a_module_needs_no_name(tmp_path: Path):
    """A file with one task is enough to say which."""
    path = write_module(tmp_path / "only_mod.py")
    assert load_task(str(path)).name == "task"


def test_a_file_in_a_package_has_its_dotted_name(tmp_path: Path):
    """The executor's path is what an import from the package's folder would give."""
    path = write_module(tmp_path / "a_pkg" / "sub" / "mod.py")
    for folder in (path.parent, path.parent.parent):
        (folder / "__init__.py").touch()
    task = load_task(f"{path}:task")
    assert task.executor_type.__module__ == "a_pkg.sub.mod"


def test_a_task_of_a_file_runs_in_a_fresh_process(tmp_path: Path):
    """The child finds the module where this process found it."""
    path = write_module(tmp_path / "with space" / "file_mod.py")
    done = subprocess.run(
        [sys.executable, "-m", "kit", "run", "--format", "json", f"{path}:task"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert '"word": "hello"' in done.stdout


def test_modules_of_the_current_folder_are_found(tmp_path: Path, monkeypatch):
    """As ``python -m`` finds them."""
    write_module(tmp_path / "here_mod.py")
    monkeypatch.chdir(tmp_path)
    assert load_task("here_mod:task").name == "task"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("cli_tasks", "has 3 tasks: name one. Its tasks: cli_tasks:echo"),
        ("cli_tasks:ecko", "has no 'ecko'. Did you mean 'echo'"),
        ("cli_tasks:NOT_A_TASK", "is not a task, but of type int"),
        ("cli_tasks:EchoExecutor", "is not a task, but of type type"),
        ("no_such_module:task", "No module 'no_such_module'"),
        ("cli_tasks.sub:task", r"No module 'cli_tasks\.sub'"),
        ("no/such/file.py:task", "No file 'no/such/file.py'"),
        (":task", "names no module"),
        ("two words:task", "is not a module name"),
        ("json", "has no task at its top level"),
    ],
)
def test_what_cannot_be_loaded_says_why(target, words):
    """The error names the target, and what there is instead."""
    with pytest.raises(TargetError, match=words):
        load_task(target)


def test_a_module_that_fails_shows_its_own_frames(tmp_path: Path, capsys):
    """The traceback is the module's, kit's frames are left out, and the status is 3."""
    path = tmp_path / "broken_mod.py"
    path.write_text("def f():\n    raise KeyError('\\x1b[31m')\nf()\n")
    assert main(["show", str(path)]) == 3
    err = capsys.readouterr().err
    assert "Importing broken_mod failed" in err
    assert "broken_mod.py" in err
    assert "target.py" not in err
    assert "\x1b" not in err


def test_a_missing_dependency_is_not_taken_for_a_missing_module(tmp_path: Path):
    """What the module imports in vain is named."""
    path = tmp_path / "needy_mod.py"
    path.write_text("import not_installed_at_all\n")
    with pytest.raises(TargetError, match="Importing needy_mod failed") as caught:
        load_task(str(path))
    assert "No module named 'not_installed_at_all'" in caught.value.detail


def test_names_that_cannot_be_imported_are_refused(tmp_path: Path):
    """A file's name must be one that an import statement can have, and be free."""
    with pytest.raises(TargetError, match="'my-task' is not a Python name"):
        load_task(str(write_module(tmp_path / "my-task.py")))
    with pytest.raises(TargetError, match="'json' is already taken"):
        load_task(str(write_module(tmp_path / "json.py")))
