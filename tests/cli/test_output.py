"""One pair of flags for what every command writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kit.cli import main

COMMANDS = {
    "check": ["check", "cli_tasks:echo"],
    "prove": ["prove", "cli_tasks:echo"],
    "diff": ["diff", "cli_tasks:echo", "cli_tasks:fail"],
    "run": ["run", "--runner", "in-process", "cli_tasks:fail"],
    "show": ["show", "cli_tasks:echo"],
}
ALL = pytest.mark.parametrize("command", COMMANDS)
REPORTS = pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name != "show"]
)


def words(command: str, *more: str) -> list[str]:
    """Return a command line, with further options in front."""
    first, *rest = COMMANDS[command]
    return [first, *more, *rest]


@ALL
def test_a_page_stands_for_itself(command, capsys, tmp_path: Path):
    """It has its style, no script, and the same exit status as text."""
    status = main(words(command))
    capsys.readouterr()
    path = tmp_path / "page.html"
    assert main(words(command, "-o", str(path))) == status
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<style>" in page
    assert "<script" not in page
    assert capsys.readouterr().out == ""


@ALL
def test_yaml_and_json_say_the_same(command, capsys):
    """Both are data."""
    main(words(command, "--format", "json"))
    as_json = json.loads(capsys.readouterr().out)
    main(words(command, "--format", "yaml"))
    as_yaml = yaml.safe_load(capsys.readouterr().out)
    for document in (as_json, as_yaml):
        document.pop("directory", None)
        for step in document.get("steps", ()):
            step.pop("seconds")
    assert as_json == as_yaml
    assert as_json


@ALL
def test_the_ending_tells_the_format(command, tmp_path: Path):
    """And text goes into a file as it goes to a screen."""
    for ending, start in (("json", "{"), ("yml", ""), ("txt", "")):
        path = tmp_path / f"out.{ending}"
        main(words(command, "-o", str(path)))
        text = path.read_text(encoding="utf-8")
        assert text.startswith(start)
        assert "echo" in text or "fail" in text


@ALL
def test_an_ending_that_tells_nothing_is_refused(command, capsys, tmp_path: Path):
    """Before anything is done."""
    assert main(words(command, "-o", str(tmp_path / "out.docx"))) == 2
    assert "end it in .json, or pass --format" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@REPORTS
@pytest.mark.parametrize("form", ["pb", "pbtxt"])
def test_a_report_is_no_message(command, form, capsys):
    """It says what is: the task's own, by another command."""
    assert main(words(command, "--format", form)) == 2
    error = capsys.readouterr().err
    assert "is not a protobuf message" in " ".join(error.split())
    assert "kit show" in error


@pytest.mark.parametrize(
    ("command", "forms"),
    [
        *((name, "text|html|json|yaml") for name in COMMANDS if name != "show"),
        ("show", "text|html|json|yaml|pbtxt|pb"),
    ],
)
def test_help_names_the_forms_that_there_are(command, forms, capsys):
    """Those of a message where there is one."""
    assert main([command, "--help"]) == 0
    assert f"[{forms}]" in capsys.readouterr().out


def test_a_file_is_written_whole_or_not_at_all(capsys, tmp_path: Path):
    """A folder that cannot be written is an error, and the status says so."""
    path = tmp_path / "file"
    path.touch()
    assert main(words("check", "-o", str(path / "out.json"))) == 1
    assert "Cannot write" in capsys.readouterr().err
