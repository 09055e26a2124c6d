"""``kit show`` and the group around the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cli_tasks
import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf import json_format

import kit
from kit.cli import main
from kit.forecast.arrival import arriving_template
from kit.template.files import read_template
from kit.template.serialize import LOCAL_SETTINGS, task_template

EXPECTED = task_template(cli_tasks.echo, LOCAL_SETTINGS)


def test_the_summary_fits_80_columns(capsys):
    """The text has the interface in its order, the message and, asked for, more."""
    assert main(["show", "cli_tasks:echo", "--details"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("task cli.echo  [acme/cli:1]  [module]\n")
    assert "\n✓ Check passed" in out
    inputs = out[out.index("\nInterface\n") : out.index("\nMessage\n")]
    assert inputs.index("min_rows") < inputs.index("ratio") < inputs.index("timeout")
    assert "--inputs {{.input}} \\" in out
    assert "cli_tasks.EchoExecutor" in out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert out == "".join(f"{line.rstrip()}\n" for line in out.splitlines())


def test_json_is_the_message(capsys):
    """The JSON form parses back to the very template."""
    assert main(["show", "cli_tasks:echo", "--format", "json"]) == 0
    parsed = json_format.ParseDict(json.loads(capsys.readouterr().out), TaskTemplate())
    assert parsed == EXPECTED


@pytest.mark.parametrize("ending", ["json", "yaml", "yml", "pbtxt", "pb"])
def test_files_have_the_format_of_their_ending(ending, tmp_path: Path):
    """Each kind of file reads back as the template."""
    path = tmp_path / f"task.{ending}"
    assert main(["show", "cli_tasks:echo", "-o", str(path)]) == 0
    assert read_template(str(path)) == EXPECTED


def test_binary_goes_through_a_pipe():
    """The bytes of --format pb are not changed on their way."""
    done = subprocess.run(
        [sys.executable, "-m", "kit", "show", "cli_tasks:echo", "--format", "pb"],
        cwd=Path(__file__).parent,
        capture_output=True,
        check=True,
    )
    assert TaskTemplate.FromString(done.stdout) == EXPECTED


def test_text_goes_into_a_file_too(tmp_path: Path):
    """The summary can be kept."""
    path = tmp_path / "task.txt"
    assert main(["show", "cli_tasks:echo", "-o", str(path)]) == 0
    assert path.read_text().startswith("task cli.echo  [acme/cli:1]")


def test_html_is_a_page(tmp_path: Path):
    """By the ending of the file, or to standard output."""
    path = tmp_path / "task.html"
    assert main(["show", "cli_tasks:echo", "-o", str(path)]) == 0
    assert path.read_text().startswith("<!doctype html>")
    assert "cli_tasks.EchoExecutor" in path.read_text()


def test_details_show_where_every_field_comes_from(capsys):
    """The whole message, with its sources."""
    assert main(["show", "cli_tasks:echo", "--details"]) == 0
    out = capsys.readouterr().out
    assert "comes from" in out
    assert "taskargumentinterface" in "".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_broken_task_is_shown_as_far_as_it_goes(form, capsys):
    """The view has the error in its place, and the exit status tells it."""
    assert main(["show", "broken_tasks:broken", "--format", form]) == 3
    printed = capsys.readouterr()
    assert "ZeroDivisionError" in printed.out
    assert "cli_tasks.EchoExecutor" in printed.out
    assert "The custom of 'cli.broken' cannot be made: ZeroDivisionError" in printed.err


def test_runtime_and_identity_are_options(capsys):
    """The template can be made for flytekit, and for a project."""
    words = ["--runtime", "flytekit", "--project", "p1", "--version", "v9"]
    assert main(["show", "cli_tasks:echo", *words]) == 0
    out = capsys.readouterr().out
    assert "pyflyte-execute" in out
    assert "p1" in out
    assert "v9" in out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["show"], 2, "Missing argument 'TASK'"),
        (["show", "cli_tasks:echo", "-o", "task.docx"], 2, "pass --format"),
        (["show", "cli_tasks:echo", "--format", "toml"], 2, "not one of"),
        (["show", "cli_tasks:nothing"], 3, "has no 'nothing'"),
        (["show", "cli_tasks:echo", "-o", "/proc/no/x.pb"], 1, "/proc/no"),
        (["sohw"], 2, "No such command 'sohw'"),
    ],
)
def test_each_error_has_its_status(words, status, message, capsys):
    """Errors are sentences on standard error."""
    assert main(words) == status
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_version(capsys):
    """``kit --version`` tells it."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kit {kit.__version__}\n"


def test_help_is_light():
    """``kit --help`` loads neither rich nor protobuf nor a command's module."""
    source = (
        "import sys; from kit.cli import main; status = main(['--help']);"
        "heavy = {'rich', 'google.protobuf', 'kit.runners', 'kit.cli.commands.run'};"
        "sys.exit(status or ' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "check-env" in done.stdout


def test_without_click_the_command_says_what_to_install():
    """The extra is named in a sentence, not in a traceback."""
    source = "import sys; sys.modules['click'] = None; from kit.cli import main;"
    done = subprocess.run(
        [sys.executable, "-c", f"{source} sys.exit(main([]))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'flyte-task-kit[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_arriving_template(capsys, tmp_path: Path):
    """With what changed on the way first, and the message itself in a file."""
    wanted = ["show", "cli_tasks:echo", "--arrives", "--platform", "flyte-core"]
    assert main(wanted) == 0
    out = capsys.readouterr().out
    assert out.startswith("arriving task cli.echo")
    changes = out[out.index("\nChanged on the way\n") : out.index("\nInterface\n")]
    assert "settled" in changes
    assert max(map(len, out.splitlines())) <= 80
    path = tmp_path / "task.pb"
    assert main([*wanted, "-o", str(path)]) == 0
    platform = kit.Platform.flyte_core()
    assert read_template(str(path)) == arriving_template(EXPECTED, platform)


def test_a_platform_needs_what_it_settles(capsys):
    """What is registered does not depend on it."""
    assert main(["show", "cli_tasks:echo", "--platform", "sandbox"]) == 2
    assert "pass --arrives too" in capsys.readouterr().err
    assert main(["show", "cli_tasks:echo", "--arrives", "--platform", "x"]) == 2
    assert "no file 'x'" in capsys.readouterr().err
