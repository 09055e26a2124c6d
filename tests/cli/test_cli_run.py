"""``kit run``, called as the command line calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cli_tasks  # noqa: F401 - so that its folder is on the import path
import pytest

from kit.cli import main

HERE = Path(__file__).parent
QUICK = ["run", "--runner", "in-process"]


def told(capsys, *words: str) -> str:
    """Run the echo task in this process and return what it told."""
    status = main([*QUICK, "--format", "json", "cli_tasks:echo", *words])
    result = json.loads(capsys.readouterr().out)
    assert status == 0
    return result["outputs"]["told"]


def test_a_run_in_a_fresh_process(capsys):
    """The task's lines and its outputs are printed, each on its stream."""
    assert main(["run", "cli_tasks:echo", "--min-rows", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("to stdout\n")
    assert "run cli.echo  SUCCEEDED" in printed.out
    assert "twice  4" in printed.out
    assert printed.err == "to stderr\n"


def test_flags_have_the_types_of_the_interface(capsys):
    """Each flag's text becomes a value of the declared type."""
    text = told(
        capsys,
        *("--min-rows", "-3", "--ratio", "1e3", "--names", '["x", "y"]'),
        *("--no-verbose", "--when", "2024-06-01T12:00:00Z", "--pause", "90s"),
        *("--size", "large", "--note", "@@me", "--input-timeout", "1"),
    )
    assert "min_rows=-3" in text
    assert "ratio=1000.0" in text
    assert "names=['x', 'y']" in text
    assert "verbose=False" in text
    assert "when=datetime.datetime(2024, 6, 1, 12, 0, tzinfo=" in text
    assert "pause=datetime.timedelta(seconds=90)" in text
    assert "large" in text
    assert "note='@me'" in text
    assert "timeout=1" in text


def test_defaults_and_optionals_may_be_left_out(capsys):
    """Only what has no default and may not be None is required."""
    text = told(capsys, "--min_rows", "1")
    assert "ratio=0.5" in text
    assert "note=None" in text


def test_values_come_from_files(capsys, tmp_path: Path):
    """@file reads a value."""
    (tmp_path / "names.json").write_text('["from", "file"]')
    names = f"@{tmp_path}/names.json"
    assert "['from', 'file']" in told(capsys, "--min-rows", "1", "--names", names)


def test_help_lists_the_inputs(capsys):
    """Flags, types, defaults and descriptions are there, at 80 columns."""
    assert main(["run", "cli_tasks:echo", "--help"]) == 0
    out = capsys.readouterr().out
    flat = " ".join(out.split())
    assert "Tell the inputs." in flat
    assert "--min-rows, --min_rows INTEGER How many rows there are at least." in flat
    assert "[required]" in flat
    assert "--ratio FLOAT A ratio. [default: 0.5]" in flat
    assert '--names JSON Names. [default: ["a"]]' in flat
    assert "--verbose / --no-verbose Whether to talk. [default: true]" in flat
    assert "--when TIME A time. [default: 2024-05-01T00:00:00+00:00]" in flat
    assert "--pause DURATION A duration. [default: 1m]" in flat
    assert "--size small|large How large. [default: small]" in flat
    assert "A [bold]note[/bold]. [null: None]" in flat
    assert "--runner [in-process|subprocess|docker|flyte]" in flat
    assert "--input-timeout INTEGER" in flat, "kit has an option --timeout"
    assert "--timeout SECONDS" in flat
    assert "@FILE is the content of a file" in flat
    assert "Exit status: 0" in flat
    assert max(map(len, out.splitlines())) <= 80


def test_general_help_says_how_to_go_on(capsys):
    """``kit run --help`` needs no task."""
    assert main(["run", "--help"]) == 0
    out = capsys.readouterr().out
    assert "kit run TASK --help" in out
    assert "--format json" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Missing option '--min-rows'"),
        (["--min-rows", "x"], "'x' is no whole number"),
        (["--min-rows", "1", "--names", "[1]"], "1 is no str"),
        (["--min-rows", "1", "--size", "huge"], "none of small, large"),
        (["--min-rows", "1", "--nmaes", "[]"], "--names"),
        (["--min-rows", "1", "--names", "@nowhere"], "'nowhere' cannot be read"),
        (["--min-rows", "1", "extra"], "unexpected extra argument"),
    ],
)
def test_wrong_command_lines_end_with_2(words, message, capsys):
    """Nothing runs, and the error says which flag and why."""
    assert main([*QUICK, "cli_tasks:echo", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_a_task_that_fails_ends_with_1(capsys):
    """The error is shown, and cannot act on the terminal."""
    assert main(["run", "cli_tasks:fail"]) == 1
    out, err = capsys.readouterr()
    assert "run cli.fail  FAILED" in out
    assert "error: ValueError: \\x1b[31mbad [red]" in out
    assert (out + err).count('raise ValueError("\\x1b[31mbad [red]")') == 1
    assert "\x1b" not in out + err


def test_json_of_a_failure(capsys):
    """Standard output is one JSON document in any case."""
    assert main([*QUICK, "--format", "json", "cli_tasks:fail"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["phase"] == "FAILED"
    assert result["error"]["type"] == "ValueError"
    assert result["error"]["origin"] == "USER"
    assert result["outputs"] == {}


def test_a_timeout_ends_with_124(capsys):
    """As the command ``timeout`` does."""
    assert main(["run", "--timeout", "2", "cli_tasks:sleep"]) == 124
    assert "TIMED_OUT" in capsys.readouterr().out


def test_options_may_stand_behind_the_task(capsys, tmp_path: Path):
    """Options of kit are taken on either side of the task's name."""
    place = tmp_path / "run"
    words = ["--directory", str(place), "--runner", "in-process", "--format", "json"]
    assert main(["run", "cli_tasks:echo", "--min-rows", "1", *words]) == 0
    assert json.loads(capsys.readouterr().out)["directory"] == str(place)
    assert (place / "outputs" / "outputs.pb").is_file()


def start(*words: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "kit", *words],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_stops_the_task_and_the_command(number, status):
    """No traceback, no task left behind, and the shell's status."""
    process = start("run", "cli_tasks:sleep")
    assert process.stdout.readline() == "sleeping\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == status, err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("delay", [0.05, 0.15, 0.3, 0.6, 0.9])
def test_ctrl_c_at_any_phase_ends_with_130(delay):
    """While modules load, while the task starts, and while it runs."""
    source = (
        "from kit.cli import main; print('up', flush=True); raise SystemExit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", source, "run", "cli_tasks:sleep"],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "up\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.endswith("Cancelled.\n")  # what the task says before it is its own
    assert "kit/cli" not in err


def test_a_reader_that_leaves_early_is_no_error():
    """``kit run … | head -1`` prints no complaint."""
    line = f"{sys.executable} -m kit run cli_tasks:echo --min-rows 1 | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.stdout == "to stdout\n"
    assert "BrokenPipe" not in done.stderr


def test_details_show_the_outputs_on_the_wire(capsys):
    """They are named where they are not shown; 80 columns are enough for them."""
    words = [*QUICK, "cli_tasks:echo", "--min-rows", "2"]
    assert main(words) == 0
    assert "Not shown: On the wire." in capsys.readouterr().out
    assert main([*words, "--details"]) == 0
    out = capsys.readouterr().out
    assert "INTEGER 4" in out
    assert max(map(len, out.splitlines())) <= 80
