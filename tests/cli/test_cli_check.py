"""``kit check``: findings on a terminal, for programs, and as an exit status."""

from __future__ import annotations

import json

import pytest

import kit
from kit.cli.app import run_app

TASKS = """
import kit

@kit.container_task(image="ghcr.io/acme/app:1.0", name="etl.good",
                    requests=kit.Resources(cpu="2100m"), ship="inline")
def good(tt, x: int) -> int:
    return x

@kit.container_task(image="ghcr.io/acme/app:1.0", name="etl.bad",
                    requests=kit.Resources(cpu="1100m"), limits=kit.Resources(cpu="1"),
                    ship="inline")
def bad(tt, x: int) -> int:
    return x
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Return the file of a good and a bad task, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / f"checked_{tmp_path.name}.py"
    path.write_text(TASKS)
    return path.name


def test_a_good_task_ends_with_zero(tasks, capsys):
    """And says so in a word."""
    assert run_app(["check", f"{tasks}:good"]) == 0
    assert "check etl.good  nothing found" in capsys.readouterr().out


def test_a_bad_task_ends_with_one(tasks, capsys):
    """The rule, when, the place, the words, the fix and the repair, in 80 columns."""
    assert run_app(["check", f"{tasks}:bad"]) == 1
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    flat = " ".join(told.split())
    for text in (
        "check etl.bad 1 error",
        "error: RS005 (at registration) container.resources.requests[CPU]:",
        "Raise the limit, or lower the request.",
        "“Requested CPU default [1100m] is greater than the limit [1].",
        "limits=kit.Resources(cpu='1100m'),",
    ):
        assert text in flat


def test_programs_read_json(tasks, capsys):
    """Each finding with all that is known of it."""
    assert run_app(["check", f"{tasks}:bad", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["task"], document["ok"]) == ("etl.bad", False)
    assert document["repairs"] == ["limits=kit.Resources(cpu='1100m'),"]
    (finding,) = document["findings"]
    assert finding["rule"] == "RS005"
    assert finding["severity"] == "error"
    assert finding["stage"] == "registration"
    assert finding["path"] == "container.resources.requests[CPU]"


def test_the_platform_decides(tasks, tmp_path, capsys):
    """A preset, or a file; a wrong file is said."""
    assert run_app(["check", f"{tasks}:good", "--platform", "sandbox"]) == 0
    assert run_app(["check", f"{tasks}:good", "--platform", "flyte-core"]) == 1
    assert "RS007" in capsys.readouterr().out
    (tmp_path / "ours.yaml").write_text("limits: {cpu: '8'}\ndomains: [lab]\n")
    ours = ["check", f"{tasks}:good", "--platform", "ours.yaml"]
    assert run_app(ours) == 0
    assert run_app([*ours, "--domain", "staging"]) == 1
    assert "domain [staging] is unrecognized by system" in capsys.readouterr().out
    (tmp_path / "ours.yaml").write_text("limit: {}\n")
    assert run_app(ours) == 3
    assert "Did you mean 'limits'?" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["pb", "json", "yaml", "pbtxt"])
def test_template_files_are_checked(tasks, ending, capsys):
    """Whoever wrote them."""
    assert run_app(["show", f"{tasks}:bad", "-o", f"task.{ending}"]) == 0
    assert run_app(["check", f"task.{ending}"]) == 1
    assert "RS005" in capsys.readouterr().out


def test_what_is_no_task_ends_with_three(tasks, capsys):
    """With what is there."""
    assert run_app(["check", f"{tasks}:god"]) == 3
    assert "good" in capsys.readouterr().err


def test_a_report_is_shown_in_cells_with_its_repairs():
    """In both faces; nothing in it can act."""
    task = _task("<script>alert(1)</script>")
    bundle = kit.check(task)._repr_mimebundle_()
    for face in bundle.values():
        assert "CT008" in face
        assert "environment={" in face
    assert "<script>" not in bundle["text/html"]


def _task(value):
    @kit.container_task(
        image="a/a:1",
        name="etl.<b>bold</b>",
        environment={"FLYTE_ATTEMPT_NUMBER": "1", "A": value},
    )
    def shown(tt) -> int:
        return 1

    return shown
