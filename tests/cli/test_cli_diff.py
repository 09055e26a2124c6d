"""``kit diff``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cli_tasks
import pytest

from kit.cli import main
from kit.definition.settings import SerializationSettings
from kit.template.files import write_template
from kit.template.serialize import task_template

HERE = Path(__file__).parent
SETTINGS = SerializationSettings(project="lab", domain="development", version="v1")


@pytest.fixture
def same(tmp_path):
    """Return a file that has the task as it is."""
    path = tmp_path / "same.pb"
    write_template(task_template(cli_tasks.echo, SETTINGS), path)
    return str(path)


@pytest.fixture
def other(tmp_path):
    """Return a file that has an older task."""
    template = task_template(cli_tasks.echo, SETTINGS)
    template.container.image = "acme/cli:0"
    del template.interface.inputs.variables["size"]
    path = tmp_path / "other.yaml"
    write_template(template, path)
    return str(path)


def test_nothing_different_ends_with_0(same, capsys, monkeypatch):
    """As diff does; the file says where the task is registered."""
    monkeypatch.chdir(Path(same).parent)
    assert main(["diff", "same.pb", "cli_tasks:echo"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("diff cli.echo  identical\n")
    assert "old  same.pb" in out
    assert "task with identical structure already exists" in out


def test_something_different_ends_with_1(other, capsys):
    """With what it means, within 80 columns."""
    assert main(["diff", other, "cli_tasks:echo"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("diff cli.echo  2 changes\n")
    assert "error: Callers of the old one break: interface.inputs.size." in out
    assert "  - acme/cli:0\n  + acme/cli:1\n" in out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out


def test_old_comes_before_new(other, capsys):
    """The other way round the input is removed."""
    assert main(["diff", "cli_tasks:echo", other]) == 1
    assert "callers that pass it are refused" in capsys.readouterr().out


def test_json_has_every_change(other, capsys):
    """For programs: values, meaning, verdict."""
    assert main(["diff", other, "cli_tasks:echo", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["different"]
    assert told["verdict"]["outcome"] == "refused"
    assert told["impacts"] == ["interface break", "image"]
    added, image = told["changes"]
    assert added["path"] == "interface.inputs.size"
    assert added["after"]["type"] == {"enum_type": {"values": ["small", "large"]}}
    assert (image["before"], image["after"]) == ("acme/cli:0", "acme/cli:1")


@pytest.mark.parametrize(("ending", "start"), [("json", "{\n"), ("txt", "diff ")])
def test_it_goes_into_a_file(other, tmp_path, ending, start):
    """Whose ending says the format."""
    path = tmp_path / f"changes.{ending}"
    assert main(["diff", other, "cli_tasks:echo", "-o", str(path)]) == 1
    assert path.read_text().startswith(start)


def test_flags_are_settings_of_the_tasks(same, capsys):
    """The others stay those of the file."""
    words = ["--runtime", "flytekit", "--version", "v2", "--format", "json"]
    assert main(["diff", same, "cli_tasks:echo", *words]) == 1
    changes = json.loads(capsys.readouterr().out)["changes"]
    found = {change["path"]: change["after"] for change in changes}
    assert found["id.version"] == "v2"
    assert found["container.args[0]"] == "pyflyte-execute"
    assert "id.project" not in found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.pb"], "missing.pb"),
        (["."], "'.' is a folder"),
        (["cli_tasks:nothing"], "has no 'nothing'"),
        (["no_such_module:task"], "No module 'no_such_module'"),
        (["git:HEAD"], "git:REVISION:path/module.py:task"),
        (["git:no-such-revision:tasks.py:task"], "git"),
        (["flyte:x@v1"], "is not flyte://project"),
        (["package.tgz::x"], "package.tgz"),
        ([], "Missing argument 'NEW'"),
        (["cli_tasks:echo", "--format", "xml"], "is not one of"),
        (["cli_tasks:echo", "-o", "/proc/no/x.json"], "/proc/no"),
    ],
)
def test_trouble_ends_with_2(words, message, capsys):
    """Never with 1, which means that something differs."""
    assert main(["diff", "cli_tasks:echo", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_a_module_that_fails_is_trouble_too(tmp_path, capsys):
    """With its own traceback."""
    path = tmp_path / "failing_cli_module.py"
    path.write_text("1 / 0\n")
    assert main(["diff", "cli_tasks:echo", f"{path}:task"]) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_exit_status_reaches_the_shell(other):
    """In a process of its own."""
    command = [sys.executable, "-m", "kit", "diff", other, "cli_tasks:echo"]
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith("diff cli.echo")


def test_the_help_tells_sides_and_statuses(capsys):
    """With examples, within 80 columns."""
    assert main(["diff", "--help"]) == 0
    out = capsys.readouterr().out
    assert "kit diff git:HEAD~1:tasks.py:load tasks.py:load" in out
    assert "0 nothing differs; 1 something does; 2 trouble" in out
    assert max(map(len, out.splitlines())) <= 80
