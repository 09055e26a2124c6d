"""Every way in which a task can end, in every place where it can run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from contract_tasks import TWO, LackingExecutor
from flyteidl.core.literals_pb2 import LiteralMap
from places import (
    DOCKER,
    DOCKER_COPIED,
    DOCKER_FLYTEKIT,
    EVERYWHERE,
    KIT,
    KIT_PROCESSES,
    OWN_PROCESS,
    Place,
    on,
)

from kit.definition.resources import Resources
from kit.errors import RunCrashed, RunFailed
from kit.runners import LogLine, Phase
from kit.running.start import make_request

USER_ERRORS = {
    "kit": ("USER", "NON_RECOVERABLE"),
    "flytekit": ("SYSTEM", "RECOVERABLE"),  # 1.16 says so of every error of such tasks
}


@on(*EVERYWHERE, DOCKER_COPIED, DOCKER_FLYTEKIT)
def test_success(place: Place, tmp_path: Path):
    """Outputs, lines, files and timings are where the run says."""
    lines: list[LogLine] = []
    done = place.run("ok", 4, on_log=lines.append, directory=tmp_path / "größe ✓")
    assert done.phase is Phase.SUCCEEDED
    assert done.outputs == {"text": "done 4"}
    assert done.literals.literals["text"].scalar.primitive.string_value == "done 4"
    assert done.error is None
    assert done.raise_for_error() is done
    assert LogLine("stdout", "out 4") in lines
    assert LogLine("stderr", "err 4") in lines
    assert list(done.logs) == lines
    assert done.exit_status == (0 if place.is_own_process else None)
    outputs = tmp_path / "größe ✓" / "outputs" / "outputs.pb"
    assert LiteralMap.FromString(outputs.read_bytes()) == done.literals
    assert outputs.stat().st_uid == tmp_path.stat().st_uid
    assert ("pyflyte-execute" in done.command) == (place.runtime == "flytekit")
    assert repr(done) == f"Run('lab.contract', {place.name}, SUCCEEDED)"
    timings = done.timings
    assert min(timings.serialize, timings.stage, timings.execute, timings.collect) > 0


@on(*EVERYWHERE, DOCKER_COPIED, DOCKER_FLYTEKIT)
def test_an_error_of_the_user(place: Place):
    """It has the user's own traceback, and whose it is as the engine sees it."""
    failed = place.run("fail", 3)
    assert failed.phase is Phase.FAILED
    assert failed.outputs == {}
    assert failed.literals is None
    assert (failed.error.type, failed.error.message) == ("ValueError", "n is 3")
    assert (failed.error.origin, failed.error.kind) == USER_ERRORS[place.runtime]
    assert 'raise ValueError(f"n is {n}")' in failed.error.traceback
    assert "kit/shim" not in failed.error.traceback
    with pytest.raises(RunFailed, match="ValueError: n is 3") as caught:
        failed.raise_for_error()
    assert failed.error.traceback in str(caught.value)
    assert str(failed.directory) in str(caught.value)
    assert (failed.directory / "outputs" / "error.pb").is_file()


@on(*EVERYWHERE, DOCKER_FLYTEKIT)
def test_an_error_that_may_pass(place: Place):
    """The engine is to try again."""
    failed = place.run("recoverable")
    assert failed.error.kind == "RECOVERABLE"
    assert failed.error.message.endswith("again")


@on(*EVERYWHERE)
def test_an_error_of_the_system(place: Place, tmp_path: Path):
    """Inputs that do not fit the interface are not the executor's fault."""
    request = make_request(place.task(), {"mode": "ok"})
    inputs = LiteralMap.FromString(request.inputs)
    del inputs.literals["n"]
    inputs.literals["n"].scalar.primitive.string_value = "two"
    wrong = dataclasses.replace(
        request, inputs=inputs.SerializeToString(), directory=tmp_path / "run"
    )
    failed = place.runner.run(wrong)
    assert failed.phase is Phase.FAILED
    assert failed.error.origin == "SYSTEM"
    assert "n" in failed.error.message


@on(*EVERYWHERE, DOCKER_FLYTEKIT)
def test_an_output_of_the_wrong_type(place: Place):
    """It is no success, and names the output."""
    failed = place.run("wrong_type", 7)
    assert failed.phase is Phase.FAILED
    assert failed.literals is None
    assert "text" in f"{failed.error}"


@on(*KIT)
def test_an_output_that_is_missing(place: Place):
    """The one that lacks is named."""
    failed = place.run("ok", task=place.task(LackingExecutor, interface=TWO))
    assert failed.phase is Phase.FAILED
    assert "double" in failed.error.message


@on(*EVERYWHERE, DOCKER_FLYTEKIT)
def test_sys_exit(place: Place):
    """Kit's runtime tells it as an error; flytekit's ends with the status."""
    failed = place.run("sys_exit", 3)
    assert failed.phase is Phase.FAILED
    if place.runtime == "kit":
        assert failed.error.type == "SystemExit"
        assert failed.error.message.startswith("3: the task ended its process.")
    else:
        assert (failed.error.type, failed.exit_status) == ("ExitStatus", 3)


@on(*KIT)
def test_a_keyboard_interrupt_of_the_executor(place: Place):
    """It is the user's error, with the user's traceback, and not Ctrl-C."""
    failed = place.run("interrupts_itself")
    assert failed.phase is Phase.FAILED
    assert (failed.error.type, failed.error.origin) == ("KeyboardInterrupt", "USER")
    assert "nobody stopped the run" in failed.error.message
    assert "raise KeyboardInterrupt" in failed.error.traceback


@on(*OWN_PROCESS, DOCKER_FLYTEKIT)
@pytest.mark.parametrize(("status", "kind"), [(0, "NoOutputs"), (3, "ExitStatus")])
def test_os_exit(place: Place, status: int, kind: str):
    """A process without a verdict has crashed, whatever its status."""
    crashed = place.run("os_exit", status)
    assert crashed.phase is Phase.FAILED
    assert (crashed.error.type, crashed.exit_status) == (kind, status)
    assert crashed.error.origin == "SYSTEM"
    with pytest.raises(RunCrashed, match="stdout: last words"):
        crashed.raise_for_error()


@on(*OWN_PROCESS, DOCKER_FLYTEKIT)
def test_a_segmentation_fault(place: Place):
    """It is called that, and the lines before it are there."""
    crashed = place.run("segfault")
    assert crashed.phase is Phase.FAILED
    assert crashed.error.type == "SIGSEGV"
    assert crashed.logs.text("stdout").endswith("last words\n")


@on(*KIT_PROCESSES)
def test_memory_that_the_process_limits(place: Place):
    """Python's own error is the user's, with a traceback."""
    failed = place.run("limited_memory", 4096)
    assert (failed.error.type, failed.error.origin) == ("MemoryError", "USER")
    assert "bytearray" in failed.error.traceback


@on(DOCKER)
def test_memory_that_the_template_limits(place: Place):
    """The kernel's kill is called what it is, with the limit and what to do."""
    task = place.task(limits=Resources(mem="128Mi"))
    crashed = place.run("memory", 400, task=task)
    assert crashed.error.type == "OutOfMemory"
    assert crashed.exit_status == 137
    assert "its 134,217,728 bytes" in crashed.error.message
    assert "limits=kit.Resources(mem=" in crashed.error.message


@on(*KIT)
def test_a_run_that_ended_can_be_asked_for_again(place: Place):
    """With other inputs, in the same place."""
    failed = place.run("fail")
    again = failed.rerun(mode="ok", n=6)
    assert again.outputs.text == "done 6"
    assert again.runner == place.name
