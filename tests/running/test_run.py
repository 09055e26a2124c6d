"""A run: live, watched, waited for, cancelled, listed, run again."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from flyteidl.core.literals_pb2 import LiteralMap
from running_tasks import decked, divide, double, patient, shout
from waiting import until

import kit
from kit.errors import CallError, DefinitionError, RunFailed, StorageError
from kit.runners import MockRunner, Outcome, Phase, RunRequest, SubprocessRunner
from kit.running.run import announced


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_run_waits_for_its_end_where_one_asks_for_it():
    """Outputs are there when they are asked for, as items and as attributes."""
    run = kit.run(double, n=4, wait=False)
    assert not run.is_done
    assert run.outputs["o0"] == run.outputs.o0 == 8
    assert run.is_done
    assert run.phase is Phase.SUCCEEDED
    assert run.literals.literals["o0"].scalar.primitive.integer == 8
    assert run.logs.text() == "n is 4\n"
    assert run.template.id.name == "double"
    assert run.inputs.literals["n"].scalar.primitive.integer == 4


def test_an_output_that_is_none_names_those_that_are():
    """As an item and as an attribute."""
    outputs = kit.run(double, n=4).outputs
    with pytest.raises(KeyError, match="it made o0"):
        outputs["o1"]
    with pytest.raises(AttributeError, match="it made o0"):
        _ = outputs.o1
    assert "o0" in dir(outputs)


def test_phases_are_told_to_those_who_watch():
    """Queued, running, ended; and no more after one has stopped watching."""
    phases: list[Phase] = []
    run = kit.run(patient, seconds=0.5, wait=False)
    forget = run.watch(lambda run: phases.append(run.phase))
    late = run.watch(lambda run: phases.append(Phase.QUEUED))
    late()
    late()
    run.wait()
    assert until(lambda: phases[-1:] == [Phase.SUCCEEDED])
    assert phases in ([Phase.RUNNING, Phase.SUCCEEDED], [Phase.SUCCEEDED])
    forget()


def test_the_log_is_live():
    """Lines are there while the task runs, and what started it is known."""
    run = kit.run(patient, seconds=30.0, wait=False)
    assert until(lambda: "started" in run.logs.text())
    assert run.phase is Phase.RUNNING
    assert "kit.entrypoint" in run.command
    assert run.directory.is_dir()
    run.cancel()
    run.cancel()
    assert run.wait(20).phase is Phase.ABORTED
    assert run.error.type == "Cancelled"
    assert run.directory.is_dir()


class _SlowToStart:
    """A subprocess runner that takes a while until it starts anything."""

    name = "slow-to-start"

    def run(self, request: RunRequest) -> Outcome:
        time.sleep(0.3)
        return SubprocessRunner().run(request)


def test_what_is_known_at_the_start_waits_no_longer():
    """Asked for while the run is queued, it is there before the run's end."""
    run = kit.run(patient, seconds=30.0, wait=False, runner=_SlowToStart())
    assert run.phase is Phase.QUEUED
    assert run.directory.is_dir()
    assert run.phase is Phase.RUNNING
    run.cancel()
    run.wait()


def test_the_command_of_a_good_run_works_in_a_shell(scratch):
    """The folder that it names is gone with the run, and comes back for it."""
    run = kit.run(double, n=4)
    assert run.directory is None
    assert list(scratch.iterdir()) == []
    command = run.command
    assert run.command == command
    subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602 - a shell is what it is for
    outputs = run.directory / "outputs" / "outputs.pb"
    assert LiteralMap.FromString(outputs.read_bytes()) == run.literals


def test_a_folder_that_is_somebody_elses_by_now_is_left_alone(scratch):
    """Nothing is written to it."""
    run = kit.run(double, n=4)
    folder = Path(shlex.split(run.outcome.command)[-2]).parent
    folder.mkdir()
    assert "kit.entrypoint" in run.command
    assert run.directory is None
    assert list(folder.iterdir()) == []


def test_waiting_can_take_so_long_and_no_longer():
    """The run goes on."""
    run = kit.run(patient, seconds=30.0, wait=False)
    began = time.monotonic()
    assert run.wait(0.2) is run
    assert time.monotonic() - began < 5
    assert not run.is_done
    run.cancel()
    run.wait()


def test_what_the_runner_raises_comes_to_the_one_who_waits(tmp_path: Path):
    """In a thread nobody hears it; the run says it, too."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        kit.run(double, n=1, directory=tmp_path / "file")
    run = kit.run(double, n=1, directory=tmp_path / "file", wait=False)
    with pytest.raises(StorageError):
        run.wait()
    with pytest.raises(StorageError):
        _ = run.outputs
    assert run.phase is Phase.FAILED
    assert run.error.type == "StorageError"
    assert run.error.origin == "SYSTEM"


def test_in_process_runs_can_be_started_in_a_thread():
    """Their lines are theirs, and this thread prints as before."""
    run = kit.run(double, n=2, runner="in-process", wait=False)
    assert run.outputs.o0 == 4
    assert run.logs.text() == "n is 2\n"


def test_the_folder_of_a_good_run_goes():
    """That of a failed one stays, and that which is asked for."""
    assert kit.run(double, n=1).directory is None
    kept = kit.run(double, n=1, keep=True).directory
    assert (kept / "outputs" / "outputs.pb").is_file()
    assert (kept / "log.txt").read_text() == "stdout\tn is 1\n"
    failed = kit.run(divide, a=1, b=0)
    assert (failed.directory / "outputs" / "error.pb").is_file()


def test_the_folder_stays_while_outputs_or_decks_are_in_it(tmp_path: Path):
    """What was returned can be read."""
    source = tmp_path / "in.txt"
    source.write_text("quiet")
    run = kit.run(shout, file=kit.FlyteFile(str(source)))
    assert Path(run.outputs.o0).read_text() == "QUIET"
    assert "<b>3</b>" in kit.run(decked, n=3).decks["mine"].html


def test_timings_tell_the_parts():
    """Making the messages, staging, running, collecting; None is not told apart."""
    timings = kit.run(double, n=1).timings
    assert min(timings.serialize, timings.stage, timings.execute) > 0
    assert timings.total < 60


def test_runs_are_listed_with_the_newest_last():
    """All of a session, or those of a task."""
    first = kit.run(double, n=1)
    second = kit.run(divide, a=1, b=0)
    assert list(kit.runs()[-2:]) == [first, second]
    assert second.number == first.number + 1
    assert kit.runs("divide")[-1] is second
    assert f"{second.number}  Run('divide', subprocess, FAILED" in repr(kit.runs())
    assert len(kit.runs("none of that name")) == 0


def test_a_run_is_run_again_with_an_input_changed():
    """Everything else is as it was."""
    failed = kit.run(divide, a=8, b=0, runner="in-process")
    with pytest.raises(RunFailed):
        failed.raise_for_error()
    again = failed.rerun(b=2)
    assert again.outputs.o0 == 4
    assert again.runner == "in-process"
    with pytest.raises(CallError):
        failed.rerun(c=2)


def test_a_runner_of_ones_own_keeps_its_log():
    """A runner need not know of live logs."""
    runner = MockRunner(outputs={"o0": 3})
    assert kit.run(double, n=1, runner=runner).outputs.o0 == 3


def test_runs_can_go_side_by_side():
    """Each has its own lines and outputs."""
    runs = [kit.run(double, n=n, wait=False) for n in range(6)]
    assert [run.outputs.o0 for run in runs] == [0, 2, 4, 6, 8, 10]
    assert [run.logs.text() for run in runs] == [f"n is {n}\n" for n in range(6)]
    assert not [t for t in threading.enumerate() if t.name.startswith("kit-run")]


def test_a_run_is_announced_before_it_runs():
    """Also one in this process, which is returned at its end; to this thread alone."""
    seen = []
    with announced(lambda run: seen.append((run.phase, run))):
        made = kit.run(double, n=1, runner="in-process")
        other = threading.Thread(target=kit.run, args=(double,), kwargs={"n": 2})
        other.start()
        other.join()
    kit.run(double, n=3, runner="in-process")
    assert seen == [(Phase.QUEUED, made)]


@pytest.mark.parametrize("runner", ["subprocess", "in-process", "docker"])
@pytest.mark.parametrize(
    "environment", [{"A=B": "x"}, {"": "x"}, {"A": "\0"}, {"A": "\ud800"}, {"A": 1}]
)
def test_variables_that_no_container_takes_are_refused(runner, environment):
    """On every runner alike, and before anything has started."""
    with pytest.raises(DefinitionError, match="nvironment variable"):
        kit.run(double, n=1, runner=runner, environment=environment)


def test_the_folder_of_a_cancelled_run_goes_with_this_process(tmp_path):
    """That of a failed one stays, to be looked at."""
    source = """
import sys
from running_tasks import divide, patient
import kit
run = kit.run(patient, seconds=60.0, wait=False)
folder = run.directory
run.cancel()
run.wait()
failed = kit.run(divide, a=1, b=0)
print(folder, folder.is_dir(), failed.directory)
"""
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=Path(__file__).parent,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    cancelled, was_there, failed = done.stdout.split()
    assert was_there == "True"
    assert not Path(cancelled).exists()
    assert Path(failed).is_dir()
