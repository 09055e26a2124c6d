"""Runs of real tasks, in this process and in fresh ones."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import runner_tasks
from flyteidl.core.literals_pb2 import LiteralMap
from footprint import is_alive
from runner_tasks import lab, lab_task
from waiting import until

from kit.definition.executor import ShimTaskExecutor
from kit.errors import (
    AuthoringError,
    CallError,
    ConversionError,
    DefinitionError,
    RunCrashed,
    RunFailed,
)
from kit.runners import (
    InProcessRunner,
    LogLine,
    MockRunner,
    Phase,
    SubprocessRunner,
)
from kit.running.start import make_request, run

BOTH = pytest.mark.parametrize("runner", ["subprocess", "in-process"])


@BOTH
def test_defaults_are_applied(runner):
    """An input that is left out takes its default."""
    assert run(lab, mode="ok", runner=runner).outputs["double"] == 4


def test_the_exception_itself_is_there_in_process():
    """A debugger can start from the exception of a run in this process."""
    failed = run(lab, mode="fail", runner="in-process")
    assert isinstance(failed.exception, ValueError)
    with pytest.raises(RunFailed) as caught:
        failed.raise_for_error()
    assert caught.value.__cause__ is failed.exception


@BOTH
def test_no_verdict_is_no_success(runner):
    """IgnoreOutputs leaves no outputs, so there is nothing to call a success."""
    crashed = run(lab, mode="ignore", runner=runner)
    assert crashed.phase is Phase.FAILED
    assert crashed.error.type == "NoOutputs"
    with pytest.raises(RunCrashed, match="IgnoreOutputs"):
        crashed.raise_for_error()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_is_killed_names_the_signal(number):
    """The signal is named, and SIGKILL's usual reason is."""
    crashed = run(lab, mode="killed", n=int(number))
    assert crashed.error.type == number.name
    assert crashed.exit_status == -number
    assert ("memory" in crashed.error.message) == (number is signal.SIGKILL)


@BOTH
def test_variables_are_the_containers(runner, monkeypatch):
    """Task variables and the engine's are set, and gone afterwards."""
    monkeypatch.delenv("MODE", raising=False)
    done = run(lab, mode="environment", runner=runner)
    assert done.outputs["text"] == "task lab.task 1"
    assert "MODE" not in os.environ
    done = run(lab, mode="environment", runner=runner, environment={"MODE": "mine"})
    assert done.outputs["text"] == "mine lab.task 1"


def test_secrets_of_this_machine_reach_a_fresh_process(monkeypatch):
    """A variable without Flyte's prefix is enough, and nothing shown tells it."""
    failed = run(runner_tasks.secretive, mode="secret")
    assert "grp" in failed.error.message
    monkeypatch.setenv("GRP_PW", "hush")
    done = run(runner_tasks.secretive, mode="secret")
    assert done.outputs["text"] == "hush"
    assert "hush" not in done.command


@BOTH
def test_decks_are_written(runner):
    """A task with decks leaves a deck.html, another does not."""
    done = run(runner_tasks.decked, mode="deck", runner=runner)
    assert done.succeeded
    assert "<b>bold</b>" in done.deck.read_text()
    names = ("mine", "Source Code", "Dependencies", "Timeline", "Input", "Output")
    assert done.decks.names == names
    assert done.decks["mine"].html == "<b>bold</b>"
    assert "Ends as the input" in done.decks["Source Code"].html
    assert "protobuf" in done.decks["Dependencies"].html
    steps = re.findall("<tr><th>([a-z]+)</th>", done.decks["Timeline"].html)
    assert steps == ["inputs", "executor", "outputs"]
    assert "<code>&#x27;deck&#x27;</code>" in done.decks["Input"].html
    assert "<code>&#x27;decked&#x27;</code>" in done.decks["Output"].html
    without = run(lab, mode="ok", runner=runner)
    assert without.deck is None
    assert list(without.decks) == []


@BOTH
def test_decks_can_be_published_while_running(runner):
    """The file is there while the task runs, and whole at its end."""
    done = run(runner_tasks.decked, mode="published", runner=runner)
    assert done.outputs["text"] == "1"
    assert done.decks.names[:2] == ("early", "Source Code")


@BOTH
def test_a_task_that_fails_has_decks(runner):
    """With what it drew until then."""
    done = run(runner_tasks.decked, mode="broken_deck", runner=runner)
    assert not done.succeeded
    assert "<b>before</b>" in done.decks["default"].html
    assert "Output" not in done.decks.names
    assert "Input" in done.decks.names


def test_the_command_does_the_same_again(tmp_path: Path):
    """Pasted into a shell, the command repeats the run."""
    done = run(lab, mode="ok", directory=tmp_path / "a b")
    outputs = tmp_path / "a b" / "outputs" / "outputs.pb"
    outputs.unlink()
    subprocess.run(["/bin/sh", "-c", done.command], check=True, capture_output=True)
    assert LiteralMap.FromString(outputs.read_bytes()) == done.literals
    assert done.argv[:3] == (sys.executable, "-m", "kit.entrypoint")


def test_templates_of_the_flytekit_runtime_run_in_process_with_kit():
    """Kit's resolver stands in for flytekit's, which takes the same arguments."""
    done = run(runner_tasks.flytekit_hello, name="you", runner="in-process")
    assert done.outputs == {"text": "hello you"}


WAITING = """
import signal, sys
sys.path[:0] = {path!r}
from runner_tasks import lab
from kit.runners import SubprocessRunner; from kit.running.start import run
{prepare}
try:
    done = run(lab, mode="sleep", runner=SubprocessRunner(grace=20.0),
               on_log=lambda line: print(line.text, flush=True))
    print("phase", done.phase.value)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start_waiting(prepare: str, folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a process that waits for a run: it, and the id of the run's child."""
    path = [str(Path(__file__).parent)]
    parent = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(path=path, prepare=prepare)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    return parent, int(parent.stdout.readline())


def test_runs_can_be_interrupted_where_the_parent_ignores_sigint(tmp_path: Path):
    """A Jupyter kernel ignores SIGINT between cells; runs must not inherit that."""
    prepare = (
        "import threading; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from kit.runners import Cancellation; import functools;"
        "switch = Cancellation(); run = functools.partial(run, cancellation=switch);"
        "threading.Timer(3, switch.cancel).start()"
    )
    parent, pid = start_waiting(prepare, tmp_path)
    out, _ = parent.communicate(timeout=30)
    assert out == "cleaned up\nkit-execute: Aborted!\nphase ABORTED\n"
    assert until(lambda: not is_alive(pid))


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ({}, CallError, "mode"),
        ({"mode": "ok", "nn": 1}, CallError, "Did you mean 'n'"),
        ({"mode": "ok", "n": "two"}, ConversionError, "n"),
    ],
)
def test_wrong_inputs_are_refused_before_anything_starts(inputs, error, words):
    """The runner is never asked."""
    runner = MockRunner(outputs={"text": "", "double": 0})
    with pytest.raises(error, match=words):
        run(lab, runner=runner, **inputs)
    assert runner.requests == []


def test_inputs_may_be_named_like_parameters():
    """``inputs`` takes what the keywords of ``run`` leave no room for."""
    with pytest.raises(CallError, match="multiple values for argument 'n'"):
        run(lab, mode="ok", n=1, inputs={"n": 2})
    assert run(lab, inputs={"mode": "ok"}, runner="in-process").succeeded


def test_unknown_runners_and_timeouts_are_refused():
    """Names and numbers that cannot be are named."""
    with pytest.raises(CallError, match="no runner 'subproces'"):
        run(lab, mode="ok", runner="subproces")
    with pytest.raises(CallError, match="positive number of seconds, got 0"):
        run(lab, mode="ok", timeout=0)
    with pytest.raises(CallError, match="cannot be stopped after 1 seconds"):
        run(lab, mode="ok", timeout=1, runner="in-process")


def test_an_executor_of_main_cannot_run_elsewhere(monkeypatch):
    """Where its source is not known either, it is refused before anything runs."""

    class Mine(ShimTaskExecutor):
        def execute_from_model(self, tt, mode, n):
            return {"text": "mine", "double": n}

    Mine.__module__, Mine.__qualname__ = "__main__", "Mine"
    monkeypatch.setattr(sys.modules["__main__"], "Mine", Mine, raising=False)
    task = runner_tasks.LabTask(
        "mine", None, "acme/lab:1", Mine, interface=runner_tasks.INTERFACE
    )
    with pytest.raises(AuthoringError, match=r"__main__\.Mine.*cannot travel"):
        run(task, mode="ok")


def test_a_program_that_is_not_there_is_a_crash():
    """A container command for another image's program says what is missing."""
    task = lab_task()
    task.get_command = lambda _: ["no-such-program", "--flag"]
    crashed = run(task, mode="ok")
    assert crashed.error.type == "NotStarted"
    assert "'no-such-program' cannot be started" in crashed.error.message


def test_mock_runner_answers_with_outputs():
    """The answer goes through literals, so it has the declared types."""
    runner = MockRunner(
        outputs={"text": "mocked", "double": 9}, logs=[LogLine("stdout", "hi")]
    )
    done = run(lab, mode="ok", runner=runner)
    assert done.outputs == {"text": "mocked", "double": 9}
    assert done.logs.text() == "hi\n"
    assert len(runner.requests) == 1
    wrong = MockRunner(outputs={"text": 1, "double": 9})
    assert run(lab, mode="ok", runner=wrong).phase is Phase.FAILED


def test_mock_runner_calls_a_side_effect():
    """The side effect gets the inputs; what it raises is the run's error."""
    runner = MockRunner(side_effect=lambda mode, n: {"text": mode, "double": -n})
    assert run(lab, mode="x", n=5, runner=runner).outputs == {"text": "x", "double": -5}
    failed = run(lab, mode="x", runner=MockRunner(side_effect=ValueError("no")))
    assert (failed.phase, failed.error.type) == (Phase.FAILED, "ValueError")


def test_a_request_holds_bytes_only(tmp_path: Path):
    """The same request gives the same outputs in any runner."""
    request = make_request(lab, {"mode": "ok", "n": 3})
    runs = [
        runner.run(dataclasses.replace(request, directory=tmp_path / runner.name))
        for runner in (InProcessRunner(), SubprocessRunner())
    ]
    assert runs[0].literals == runs[1].literals
    assert runs[0].outputs == {}


@pytest.mark.parametrize("runner", ["subprocess", "in-process", "docker", MockRunner()])
@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"A=B": "x"}, "'A=B' is not one"),
        ({"A": "x\0"}, "A has a NUL character"),
        ({"A": "\udc80"}, "A is '\\\\udc80', which has a surrogate"),
        ({"A": 1}, "A must be text, got 1"),
        ({"A": None}, "A of a run must be text, got None"),
        (5, "must map names to texts, got 5"),
    ],
)
def test_variables_that_no_container_has(runner, variables, says):
    """They are refused alike wherever the task is to run, before it does."""
    with pytest.raises(DefinitionError, match=says):
        run(lab, mode="ok", environment=variables, runner=runner)
