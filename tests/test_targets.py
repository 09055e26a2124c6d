"""What a TASK may be: one grammar, in every command and in Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit
from kit.cli import main
from kit.errors import (
    CallError,
    DisplayError,
    TargetError,
    TargetNotFoundError,
    TemplateError,
)
from kit.targets import parse_target, read_target
from kit.template.serialize import LOCAL_SETTINGS

MARKER = """
import pathlib
pathlib.Path(__file__).with_suffix(".imported").touch()
"""
TASKS = f"""
{MARKER}
import kit

@kit.container_task(image="a:1")
def load(tt, n: int = 3) -> int:
    return 2 * n
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a module, and its template as a file and in a package."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "wage.py").write_text(TASKS)
    (folder / "weigh.py").write_text(MARKER)
    for words in ("show wage:load -o weigh.pb", "export wage:load weigh.tgz"):
        command = [sys.executable, "-m", "kit", *words.split()]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (folder / "wage.imported").unlink()
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with copies of them; nothing is imported yet."""
    for path in files.glob("w*"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    yield tmp_path
    for name in ("wage", "weigh"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("text", "kind", "place", "task"),
    [
        ("tasks", "module", "tasks", ""),
        ("tasks:load", "module", "tasks", "load"),
        ("etl.tasks:Loads.first", "module", "etl.tasks", "Loads.first"),
        ("tasks.py", "python file", "tasks.py", ""),
        ("../a b/tasks.py:load", "python file", "../a b/tasks.py", "load"),
        ("load.pb", "template", "load.pb", ""),
        ("LOAD.PB", "template", "LOAD.PB", ""),
        ("s3://bucket/load.json", "template", "s3://bucket/load.json", ""),
        ("https://h/load.yaml?v=1", "template", "https://h/load.yaml?v=1", ""),
        ("tasks.tgz::etl.load", "package", "tasks.tgz", "etl.load"),
        ("tasks.tar.gz", "package", "tasks.tar.gz", ""),
        ("git:HEAD~1:tasks.py:load", "revision", "git:HEAD~1:tasks.py:load", ""),
    ],
)
def test_a_text_names_one_thing(text, kind, place, task):
    """By its form alone: nothing is opened."""
    target = parse_target(text)
    assert (target.kind, target.place, target.task) == (kind, place, task)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' names no module: expected module:task"),
        (":load", "':load' names no module: expected module:task"),
        ("load.pb::a", "only packages (.tgz, .tar.gz, .tar) contain several tasks"),
        ("two words:load", "'two words:load' is not a module name: expected"),
        ("etl/tasks", "'etl/tasks' is not a task: expected module:task"),
        ("notes.txt", "'notes.txt' is a file, but not of a task: expected"),
        ("flyte:p/d/n@v", "is not flyte://project/domain/name@version"),
    ],
)
def test_a_text_that_names_nothing_is_an_error(text, message, tmp_path, monkeypatch):
    """It says what was expected; a file that exists is never taken for a module."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("target", ["weigh.pb", "./weigh.pb", "weigh.tgz"])
@pytest.mark.parametrize(
    "words",
    [["show"], ["check"], ["diff", "weigh.pb"], ["run"], ["prove"], ["compare"]],
    ids=lambda words: words[0],
)
def test_looking_at_a_file_imports_nothing(words, target, folder: Path, capsys):
    """Neither the module beside it nor the one that the template names."""
    status = main([*words, target])
    capsys.readouterr()
    assert status == {"run": 2, "prove": 3, "compare": 3}.get(words[0], status)
    assert [path.name for path in folder.glob("*.imported")] == []


@pytest.mark.parametrize("target", ["weigh.pb", "weigh.tgz::wage.load", "wage:load"])
@pytest.mark.usefixtures("folder")
def test_a_file_is_shown_and_checked_as_its_task_is(target, capsys):
    """The same task, read from the file."""
    assert main(["show", target]) == 0
    assert "task wage.load" in capsys.readouterr().out
    main(["check", target])
    assert "check wage.load" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_the_functions_take_what_the_commands_take():
    """`kit.check("weigh.pb")` is `kit check weigh.pb`."""
    assert kit.check("weigh.pb").ok
    assert kit.check(Path("weigh.tgz")).subject == "wage.load"
    assert kit.check("wage.py:load").ok
    assert not kit.diff("weigh.pb", against="wage.py:load")
    assert kit.run("wage:load", n=4).outputs == {"o0": 8}
    assert kit.preview("wage:load").template.id.name == "wage.load"
    assert kit.prove("wage.py:load").task == "wage.load"
    with pytest.raises(TargetError, match="does not contain the source"):
        kit.prove("weigh.pb")
    with pytest.raises(
        (TargetError, DisplayError), match="does not contain the source"
    ):
        kit.preview("weigh.pb")


def test_a_template_file_runs_when_it_is_trusted(folder: Path, capsys):
    """Its inputs are options, and the code that it names runs only then."""
    assert main(["run", "weigh.pb", "--n", "4"]) == 2
    assert "If you trust its author, pass --trust" in capsys.readouterr().err
    assert not (folder / "wage.imported").exists()
    with pytest.raises(CallError, match=r"pass --trust \(trust=True\)"):
        kit.run("weigh.pb", n=4)
    assert main(["run", "weigh.pb", "--trust", "--n", "4"]) == 0
    assert main(["run", "--trust", "weigh.pb", "--n", "4"]) == 0
    assert "o0  8" in capsys.readouterr().out
    assert (folder / "wage.imported").exists()
    assert kit.run("weigh.tgz", trust=True, n=5).outputs == {"o0": 10}


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["show", "x.pb"], 2, "Error: No file 'x.pb'."),
        (["check", "x.yaml"], 2, "Error: No file 'x.yaml'."),
        (["diff", "weigh.pb", "x.tgz"], 2, "Error: No file 'x.tgz'."),
        (["run", "x.pb"], 2, "Error: No file 'x.pb'."),
        (["show", "x.py:load"], 2, "Error: No file 'x.py'."),
        (["show", "wage.load"], 2, "Did you mean 'wage:load'?"),
        (["run", "wage.py", "load"], 2, "Did you mean 'wage.py:load'?"),
        (["show", "wage.py", "load"], 2, "Did you mean 'wage.py:load'?"),
        (["check", "wage:laod"], 3, "wage has no 'laod'. Did you mean 'load'?"),
        (["show", "weigh.pb", "--version", "v1"], 2, "leave --version out"),
        (["check", "weigh.pb", "--platform", "sandbx"], 2, "expected sandbox, flyte"),
        (["register", "wage.py:load"], 2, "Missing option '--version'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_says_what_to_write(words, status, message, capsys):
    """With exit status 2 for a wrong command line, 3 for what is in the module."""
    assert main(words) == status
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_definition_error_is_a_sentence_with_its_place(tmp_path: Path, capsys):
    """As of a compiler: file, line, and no traceback."""
    path = tmp_path / "wrong_definition.py"
    path.write_text(TASKS + "\nkit.Resources(cpu='many')\n")
    line = len(TASKS.splitlines()) + 2
    assert main(["show", str(path)]) == 3
    err = capsys.readouterr().err
    assert err.startswith(f"Error: {path}:{line}: ")
    assert "'many'" in err
    assert len(err.splitlines()) == 1


def test_a_task_of_flytekit_is_taken(tmp_path: Path, monkeypatch):
    """Whether it is named or the only one there."""
    pytest.importorskip("flytekit")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    path = tmp_path / "of_flytekit.py"
    path.write_text(
        "from flytekit import task\n@task\ndef load(n: int) -> int:\n    return n\n"
    )
    for target in (f"{path}:load", str(path)):
        assert read_target(target).name == "of_flytekit.load"
    with pytest.raises(TargetNotFoundError):
        read_target("of_flytekit.load2:x")


def _first(tt, n: int = 3) -> int:
    return n


def test_show_takes_what_the_command_takes(tmp_path: Path):
    """A task, a message, a file; nothing of a template is imported."""
    first = kit.container_task(image="a:1", name="first")(_first)
    template = kit.task_template(first, LOCAL_SETTINGS)
    path = tmp_path / "first.pb"
    kit.write_template(template, path)
    for thing in (first, template, path, str(path)):
        view = kit.show(thing)
        assert view.template == template
        assert repr(view) == f"TaskView({template.id.name!r})"
        assert template.id.name in view._repr_mimebundle_()["text/plain"]
    settings = kit.SerializationSettings(version="v7")
    assert kit.show(first, settings=settings).template.id.version == "v7"
    with pytest.raises(TemplateError, match="leave settings out"):
        kit.show(path, settings=settings)
    with pytest.raises(TemplateError, match=r"takes a task .*, got 3"):
        kit.show(3)
    with pytest.raises(TargetNotFoundError, match=r"No file 'x.pb'"):
        kit.show("x.pb")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "nb.ipynb",
            "'nb.ipynb' is a notebook, which is not imported. Write its tasks",
        ),
        ("nb.ipynb:load", "kit.export(task, 'tasks.py')"),
        (".", "'.' is a folder: expected module:task"),
        ("tasks/", "Its files: rows.py."),
        ("tasks", "'tasks' is a folder"),
        ("tasks:load", "'tasks:load' is a folder"),
    ],
)
def test_notebooks_and_folders_are_not_modules(text, words, tmp_path, monkeypatch):
    """The error says what to name instead."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nb.ipynb").write_text("{}")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "rows.py").write_text("")
    with pytest.raises(TargetError) as raised:
        kit.show(text)
    assert words in str(raised.value)


def test_a_package_is_no_folder(folder: Path):
    """It is imported by its name."""
    (folder / "jobs").mkdir()
    shutil.copy(folder / "wage.py", folder / "jobs" / "__init__.py")
    assert kit.show("jobs").template.id.name == "jobs.load"
    assert kit.show("jobs:load").template.id.name == "jobs.load"


def test_every_function_takes_the_same_texts(folder: Path):
    """What is a task of a module in one is one in all."""
    assert kit.export("wage.py:load", folder / "out.py").tasks
    assert "FROM" in kit.containerfile("wage:load")
    assert kit.panel("wage:load", n=4).read()["n"].value == 4
    assert kit.ready("wage:load", until="check").task == "wage.load"
    for function in (kit.panel, kit.containerfile, kit.compare_runs, kit.prove):
        with pytest.raises(TargetError, match=r"'weigh\.pb' names a template"):
            function("weigh.pb")
    with pytest.raises(TargetNotFoundError, match=r"No file 'nosuch\.py'"):
        kit.export("nosuch.py:load", folder / "other.py")
    with pytest.raises(TargetNotFoundError, match=r"No file 'nosuch\.pb'"):
        kit.run("nosuch.pb")
