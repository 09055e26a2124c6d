"""Runs that are stopped: at a timeout, or by their user in any of their phases."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

import pytest
from contract_tasks import TEXTS
from places import DOCKER_FLYTEKIT, KIT, KIT_PROCESSES, OWN_PROCESS, Place, on
from slow_to_load import SlowExecutor

from kit.definition.metadata import TaskMetadata
from kit.errors import RunCancelled, RunTimedOut
from kit.runners import Cancellation, LogLine, Phase
from kit.runners.workspace import Workspace
from kit.running.run import Run

SOON = 15.0


def cancelled_at(place: Place, line: str, mode: str, **options) -> Run:
    """Cancel a run from another thread when it has written a line."""
    switch = Cancellation()

    def on_log(written: LogLine) -> None:
        if written.text == line:
            threading.Thread(target=switch.cancel).start()

    return place.run(mode, 60, cancellation=switch, on_log=on_log, **options)


def assert_aborted(run: Run) -> None:
    """It says so, without outputs, and soon."""
    assert run.wait().phase is Phase.ABORTED
    assert run.literals is None
    assert run.error.type == "Cancelled"
    assert (run.timings.execute or 0.0) < SOON
    with pytest.raises(RunCancelled):
        run.raise_for_error()


@on(*OWN_PROCESS, DOCKER_FLYTEKIT)
def test_a_timeout(place: Place):
    """The run says so, however far it came by then."""
    done = place.run("patient", 60, timeout=0.7)
    assert done.phase is Phase.TIMED_OUT
    assert done.error.message == "the run was stopped at its timeout of 0.7 seconds"
    assert done.timings.execute < SOON
    with pytest.raises(RunTimedOut, match="at its timeout"):
        done.raise_for_error()


@on(*KIT_PROCESSES)
def test_the_tasks_own_timeout(place: Place):
    """It counts where the run has none."""
    task = place.task(metadata=TaskMetadata(timeout=1))
    done = place.run("patient", 60, task=task)
    assert done.phase is Phase.TIMED_OUT
    assert done.error.message.endswith("timeout of 1 seconds")


@on(*OWN_PROCESS)
def test_a_task_that_ignores_sigint(place: Place):
    """It is killed when the grace period is over."""
    done = cancelled_at(place, "started", "stubborn")
    assert_aborted(done)
    assert done.exit_status == (137 if place.name == "docker" else -9)
    assert "cleaned up" not in done.logs.text()


@on(*KIT_PROCESSES)
def test_a_task_that_ignores_sigterm(place: Place):
    """It ends all the same, politely, for kit asks with SIGINT."""
    done = cancelled_at(place, "started", "deaf_to_sigterm")
    assert_aborted(done)
    assert "cleaned up" in done.logs.text()


# --- cancelled in each phase ----------------------------------------------------------


@on(*KIT)
def test_cancelled_before_the_start(place: Place):
    """Nothing starts, or what does ends before the task."""
    switch = Cancellation()
    switch.cancel()
    done = place.run("patient", 60, cancellation=switch)
    assert_aborted(done)
    assert "started" not in done.logs.text()


@on(*KIT)
def test_cancelled_while_staging(place: Place, monkeypatch: pytest.MonkeyPatch):
    """The folder is there by then, and stays as that of any unsuccessful run."""
    switch = Cancellation()
    write: Callable[..., Workspace] = Workspace.create

    def cancelling(*args, **kwargs) -> Workspace:
        switch.cancel()
        return write(*args, **kwargs)

    monkeypatch.setattr(Workspace, "create", cancelling)
    done = place.run("patient", 60, cancellation=switch)
    assert_aborted(done)
    assert done.directory.is_dir()


@on(*KIT_PROCESSES)
def test_cancelled_while_starting(place: Place):
    """The signal meets an interpreter that has not come to kit's code.

    The first process of a container gets no signal that it has no handler for by then:
    it is killed at once, for there is nothing to tidy up.
    """
    runner = dataclasses.replace(place.runner, grace=60.0)
    run = place.run("patient", 60, wait=False, runner=runner)
    run.watch(lambda run: run.cancel())
    assert_aborted(run)
    assert "started" not in run.logs.text()


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.3])
@on(*KIT_PROCESSES)
def test_cancelled_at_any_moment(place: Place, seconds: float):
    """Whenever it comes, the run ends as aborted."""
    run = place.run("patient", 60, wait=False)
    time.sleep(seconds)
    run.cancel()
    assert_aborted(run)


@on(*KIT_PROCESSES)
def test_cancelled_while_loading(place: Place):
    """The executor's module is being imported."""
    task = place.task(SlowExecutor, environment={"SLOW_TO_LOAD": "1"})
    assert_aborted(cancelled_at(place, "loading", "ok", task=task))


@on(*OWN_PROCESS, DOCKER_FLYTEKIT)
def test_cancelled_while_executing(place: Place):
    """What the task cleans up is cleaned up."""
    done = cancelled_at(place, "started", "patient")
    assert_aborted(done)
    assert done.logs.text("stdout").strip() == "started\ncleaned up"


@on(*KIT_PROCESSES)
def test_cancelled_while_outputs_are_written(place: Place):
    """There is no outputs.pb, nor half of one."""
    task = place.task(interface=TEXTS)
    done = cancelled_at(place, "converting", "slow_outputs", task=task)
    assert_aborted(done)
    assert list((done.directory / "outputs").iterdir()) == []


@on(*KIT)
def test_cancelled_when_it_has_ended(place: Place):
    """It stays as it ended."""
    done = place.run("ok")
    done.cancel()
    assert done.phase is Phase.SUCCEEDED
    assert done.outputs.text == "done 2"
