"""What a run tells of itself from inside, and what is believed of it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kit
from kit.shim.report import (
    RunReport,
    RunTelemetry,
    parse_report,
    peak_memory,
    read_report,
    value_type,
)
from kit.shim.telemetry import REPORT_VARIABLE, take_telemetry, use_telemetry
from kit.types import FlyteFile

TASKS = """
import os
import click
import kit

VARIABLE = "REPORT_LAB_A"

@kit.container_task(image="acme/a:1", name="inner", ship="module")
def inner(tt, x: str) -> str:
    return x

@kit.container_task(image="acme/a:1", name="look", ship="module")
def look(tt, rows: list[dict[str, float]], secret: str) -> tuple[str, int]:
    import yaml
    inner(x=secret)
    os.environ.get("REPORT_LAB_B")
    return ",".join(name for name in os.environ if "REPORT" in name), len(rows)

@kit.container_task(image="acme/a:1", name="wrong", ship="module")
def wrong(tt, fail: bool) -> tuple[int, int]:
    if fail:
        raise ValueError("values: sesame")
    return [1]
"""

ODD = """
import kit

class Meta(type):
    @property
    def __module__(cls):
        raise RuntimeError("asked for its module")

class Odd(metaclass=Meta): ...

@kit.container_task(image="acme/a:1", name="odd", ship="module")
def odd(tt, n: int) -> int:
    return n
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Import a module of tasks, which fresh processes find too."""
    (tmp_path / "report_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "report_tasks", raising=False)
    monkeypatch.setenv("REPORT_LAB_A", "sesame")
    import report_tasks

    return report_tasks


@pytest.mark.parametrize("runner", ["in-process", "subprocess"])
def test_what_a_run_tells(tasks, runner):
    """Times, types, versions, variables, folder, user, memory; and no values."""
    inputs = {"rows": [{"a": 1.5}], "secret": "sesame"}
    run = kit.run(tasks.look, inputs=inputs, runner=runner)
    report = run.raise_for_error().report
    assert report.inputs == {"rows": "list[dict[str, float]]", "secret": "str"}
    assert report.outputs == {"o0": "str", "o1": "int"}
    assert list(report.seconds) == ["load", "inputs", "execute", "outputs"]
    assert report.python == ".".join(map(str, sys.version_info[:3]))
    assert report.packages["kit"] == kit.__version__
    assert list(report.packages) == ["kit", "flyteidl", "protobuf", "click", "yaml"]
    assert "REPORT_LAB_A" in report.named_variables
    assert report.peak_memory > 2**20
    assert "sesame" not in report.to_bytes().decode()
    place = Path.cwd() if runner == "in-process" else "work"
    assert report.directory.endswith(str(place))


@pytest.mark.parametrize("runner", ["in-process", "subprocess"])
def test_what_refuses_to_be_looked_at_costs_the_report_alone(
    runner, tmp_path, monkeypatch
):
    """Objects of the task's may raise whatever they are asked; it succeeds."""
    (tmp_path / "report_of_odd_things.py").write_text(ODD)
    monkeypatch.syspath_prepend(str(tmp_path))
    import report_of_odd_things

    run = kit.run(report_of_odd_things.odd, n=3, runner=runner).raise_for_error()
    assert run.outputs.o0 == 3
    assert run.report is None


def test_the_task_does_not_see_who_asks(tasks):
    """Neither its variables nor the command that is shown have it."""
    run = kit.run(tasks.look, rows=[], secret="")
    assert run.outputs.o0 == "REPORT_LAB_A"
    assert REPORT_VARIABLE not in run.command
    assert REPORT_VARIABLE not in run.environment


def test_timings_are_told_apart(tasks):
    """They make up the whole, and a runner that is not told has them in one."""
    timings = kit.run(tasks.look, rows=[], secret="").timings
    assert timings.decks is None
    parts = (timings.start, timings.load, timings.inputs, timings.execute)
    assert all(part > 0 for part in parts)
    assert timings.start > timings.execute


@pytest.mark.parametrize(
    ("fail", "seen"), [(True, {}), (False, {"(returned)": "list[int]"})]
)
def test_a_run_that_fails_reports_as_well(tasks, fail, seen):
    """What was reached is told."""
    run = kit.run(tasks.wrong, fail=fail)
    assert not run.succeeded
    assert run.report.inputs == {"fail": "bool"}
    assert run.report.outputs == seen
    assert "sesame" not in run.report.to_bytes().decode()


def test_a_saved_run_keeps_its_report(tasks, tmp_path):
    """It is the same when it is loaded."""
    run = kit.run(tasks.look, rows=[], secret="")
    loaded = kit.Run.load(run.save(tmp_path / "run.zip"))
    assert loaded.report == run.report


def test_nobody_asked(tmp_path, tasks):
    """Then nothing is written, and nothing is loaded for it."""
    code = (
        "import sys; from kit.shim.container import run_command;"
        "status = run_command(sys.argv[1:]);"
        "assert 'kit.shim.report' not in sys.modules; sys.exit(status)"
    )
    run = kit.run(tasks.wrong, fail=False, directory=tmp_path / "run")
    words = run.argv[run.argv.index("--inputs") :]
    (tmp_path / "run" / "report.json").unlink()
    environment = {**os.environ, **run.environment}
    subprocess.run([sys.executable, "-c", code, *words], env=environment, check=True)
    assert not (tmp_path / "run" / "report.json").exists()


def test_only_the_run_that_was_meant_is_followed():
    """A run inside of it takes the telemetry that does nothing."""
    telemetry = RunTelemetry()
    with use_telemetry(telemetry):
        assert take_telemetry() is telemetry
        assert take_telemetry() is not telemetry
    assert take_telemetry() is not telemetry


REPORT = RunReport(began=1.0, seconds={"load": 0.5}, python="3.11.7", peak_memory=5)


def test_a_report_is_read_as_it_was_written(tmp_path):
    """Every field comes back."""
    (tmp_path / "report.json").write_bytes(REPORT.to_bytes())
    assert read_report(tmp_path / "report.json") == REPORT
    assert read_report(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("began", "now"),
        ("began", -1),
        ("began", float("nan")),
        ("began", True),
        ("seconds", {"load": "long"}),
        ("seconds", [1]),
        ("python", 3),
        ("packages", {"kit": 1}),
        ("packages", {f"p{n}": "1" for n in range(2_000)}),
        ("variables", 3),
        ("variables", [3]),
        ("inputs", None),
        ("peak_memory", "much"),
    ],
)
def test_what_no_run_can_say_is_not_believed(field, value):
    """A task may write the file itself."""
    facts = {**dataclasses.asdict(REPORT), field: value}
    assert parse_report(json.dumps(facts).encode()) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{}", b"[" * 100_000])
def test_what_is_no_report(data):
    """It is none, and no error."""
    assert parse_report(data) is None


def test_a_report_that_is_too_large(tmp_path):
    """It is not read."""
    long = dataclasses.replace(REPORT, directory="x" * 300_000)
    (tmp_path / "report.json").write_bytes(long.to_bytes())
    assert read_report(tmp_path / "report.json") is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "None"),
        ([1, 2.5, None], "list[None | float | int]"),
        ({"a": [{"b": 1}]}, "dict[str, list[dict[str, int]]]"),
        ([[[[[1]]]]], "list[list[list[list[list]]]]"),
        ({}, "dict"),
        ((1, "a"), "tuple[int, str]"),
        (tuple(range(10)), "tuple[int, int, int, int, int, int, int, int, …]"),
        ({1, 2}, "set[int]"),
        (Path(), f"pathlib.{type(Path()).__name__}"),
        (FlyteFile("/a"), "kit.FlyteFile"),
        (np.zeros(3), "numpy.ndarray[float64]"),
        (np.int64(1), "numpy.int64[int64]"),
        (pd.DataFrame({"secret": [1], "b": [1.5]}), "pandas.DataFrame[int64, float64]"),
    ],
)
def test_the_name_of_a_type(value, name):
    """It tells what is inside, and no value of it."""
    assert value_type(value) == name


def test_a_class_that_plays_tricks():
    """Nothing of it is called."""

    class Tricky(list):
        __module__ = 3

        def __iter__(self):
            raise AssertionError

        __repr__ = __len__ = __iter__

    assert value_type(Tricky()).endswith(".Tricky")


def test_the_peak_is_the_processes_own():
    """A process does not begin with what its parent held."""
    held = bytearray(200 * 2**20)
    held[:: 2**12] = b"x" * len(held[:: 2**12])
    code = "from kit.shim.report import peak_memory; print(peak_memory())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert int(done.stdout) < 100 * 2**20 < peak_memory()
