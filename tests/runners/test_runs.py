"""Runs of real tasks, in this process and in fresh ones."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import runner_tasks
from flyteidl.core.literals_pb2 import LiteralMap
from runner_tasks import lab, lab_task

from kit.definition.executor import ShimTaskExecutor
from kit.errors import (
    AuthoringError,
    CallError,
    ConversionError,
    RunCancelled,
    RunCrashed,
    RunFailed,
    RunTimedOut,
    StorageError,
)
from kit.runners import (
    Cancellation,
    InProcessRunner,
    LogLine,
    MockRunner,
    Phase,
    SubprocessRunner,
)
from kit.running.start import make_request, run

BOTH = pytest.mark.parametrize("runner", ["subprocess", "in-process"])


def is_alive(pid: int) -> bool:
    """A zombie that nobody reaps counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition, seconds: float = 20.0) -> bool:
    """Say whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@BOTH
def test_a_run_that_succeeds(runner, tmp_path: Path):
    """Outputs have their declared types and order, and the files are where it says."""
    lines: list[LogLine] = []
    done = run(
        lab, mode="ok", n=4, runner=runner, on_log=lines.append, directory=tmp_path
    )
    assert done.phase is Phase.SUCCEEDED
    assert list(done.outputs.items()) == [("text", "hello"), ("double", 8)]
    assert done.literals.literals["double"].scalar.primitive.integer == 8
    assert done.error is None
    assert done.raise_for_error() is done
    assert LogLine("stdout", "out 4") in lines
    assert LogLine("stderr", "err 4") in lines
    assert list(done.logs) == lines
    assert done.directory == tmp_path
    assert (tmp_path / "outputs" / "outputs.pb").is_file()
    assert repr(done) == f"Run('lab.task', {runner}, SUCCEEDED)"
    assert done.timings.execute > 0


@BOTH
def test_defaults_are_applied(runner):
    """An input that is left out takes its default."""
    assert run(lab, mode="ok", runner=runner).outputs["double"] == 4


@BOTH
def test_an_executors_exception(runner):
    """What the executor raises is a USER error with its own traceback."""
    failed = run(lab, mode="fail", n=3, runner=runner)
    assert failed.phase is Phase.FAILED
    assert failed.outputs == {}
    assert failed.literals is None
    assert (failed.error.type, failed.error.message) == ("ValueError", "n is 3")
    assert (failed.error.origin, failed.error.kind) == ("USER", "NON_RECOVERABLE")
    assert 'raise ValueError(f"n is {n}")' in failed.error.traceback
    assert "kit/shim" not in failed.error.traceback
    with pytest.raises(RunFailed, match="ValueError: n is 3") as caught:
        failed.raise_for_error()
    assert failed.error.traceback in str(caught.value)
    assert str(failed.directory) in str(caught.value)


def test_the_exception_itself_is_there_in_process():
    """A debugger can start from the exception of a run in this process."""
    failed = run(lab, mode="fail", runner="in-process")
    assert isinstance(failed.exception, ValueError)
    with pytest.raises(RunFailed) as caught:
        failed.raise_for_error()
    assert caught.value.__cause__ is failed.exception


@BOTH
def test_recoverable_errors_say_so(runner):
    """The kind of the error is the engine's."""
    assert run(lab, mode="recoverable", runner=runner).error.kind == "RECOVERABLE"


@BOTH
def test_no_verdict_is_no_success(runner):
    """IgnoreOutputs leaves no outputs, so there is nothing to call a success."""
    crashed = run(lab, mode="ignore", runner=runner)
    assert crashed.phase is Phase.FAILED
    assert crashed.error.type == "NoOutputs"
    with pytest.raises(RunCrashed, match="IgnoreOutputs"):
        crashed.raise_for_error()


@pytest.mark.parametrize(
    ("mode", "n", "kind"),
    [("exit", 0, "NoOutputs"), ("exit", 3, "ExitStatus")],
)
def test_a_process_that_ends_itself(mode, n, kind):
    """Whatever its status, a process without a verdict has crashed, and says where."""
    crashed = run(lab, mode=mode, n=n)
    assert crashed.phase is Phase.FAILED
    assert crashed.error.type == kind
    assert crashed.exit_status == n
    with pytest.raises(RunCrashed, match="stdout: last words"):
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


def test_a_fresh_process_starts_in_a_folder_of_its_own(tmp_path: Path):
    """The caller's working directory is not part of the run."""
    done = run(lab, mode="folder", directory=tmp_path / "with $ and space é")
    assert done.outputs["text"] == str(tmp_path / "with $ and space é" / "work")


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


@pytest.mark.flytekit
def test_templates_of_the_flytekit_runtime_run_under_flytekit():
    """pyflyte-execute of this environment runs them."""
    if importlib.util.find_spec("flytekit") is None:
        pytest.skip("flytekit is not installed")
    done = run(runner_tasks.flytekit_hello, name="you")
    assert done.argv[:3] == (sys.executable, "-m", "flytekit.bin.entrypoint")
    assert done.outputs == {"text": "hello you"}


def test_templates_of_the_flytekit_runtime_run_in_process_with_kit():
    """Kit's resolver stands in for flytekit's, which takes the same arguments."""
    done = run(runner_tasks.flytekit_hello, name="you", runner="in-process")
    assert done.outputs == {"text": "hello you"}


def test_a_timeout_stops_everything():
    """The run says so, its finally blocks ran, and its children are gone."""
    pids: list[int] = []
    done = run(
        lab,
        mode="sleep",
        timeout=3.0,
        runner=SubprocessRunner(grace=1.0),
        on_log=lambda line: pids.append(int(line.text)) if not pids else None,
    )
    assert done.phase is Phase.TIMED_OUT
    assert done.error.message == "the run was stopped at its timeout of 3 seconds"
    assert "cleaned up" in done.logs.text()
    assert wait_until(lambda: not is_alive(pids[0]))
    with pytest.raises(RunTimedOut, match="at its timeout"):
        done.raise_for_error()


def test_the_templates_own_timeout_counts():
    """Without a timeout of the run, the task's is taken."""
    done = run(runner_tasks.quick, mode="sleep", runner=SubprocessRunner(grace=0.5))
    assert done.phase is Phase.TIMED_OUT
    assert done.error.message.endswith("timeout of 1 seconds")


def test_a_run_is_cancelled_from_another_thread():
    """The run ends as aborted, with what it printed, and leaves nothing behind."""
    pids: list[int] = []
    switch = Cancellation()

    def on_log(line: LogLine) -> None:
        if not pids:
            pids.append(int(line.text))
            threading.Thread(target=switch.cancel).start()

    done = run(
        lab,
        mode="sleep",
        cancellation=switch,
        on_log=on_log,
        runner=SubprocessRunner(grace=1.0),
    )
    assert done.phase is Phase.ABORTED
    assert wait_until(lambda: not is_alive(pids[0]))
    with pytest.raises(RunCancelled):
        done.raise_for_error()


@BOTH
def test_a_run_that_was_cancelled_before_it_started(runner):
    """It does not succeed."""
    switch = Cancellation()
    switch.cancel()
    done = run(lab, mode="ok", cancellation=switch, runner=runner)
    assert done.phase is Phase.ABORTED


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


def start_waiting(prepare: str) -> tuple[subprocess.Popen[str], int]:
    """Start a process that waits for a run: it, and the id of the run's child."""
    path = [str(Path(__file__).parent)]
    parent = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(path=path, prepare=prepare)],
        stdout=subprocess.PIPE,
        text=True,
    )
    return parent, int(parent.stdout.readline())


def test_ctrl_c_cancels_the_run_and_is_raised_again():
    """The waiting process gets its KeyboardInterrupt after the run is gone."""
    parent, pid = start_waiting("")
    parent.send_signal(signal.SIGINT)
    out, _ = parent.communicate(timeout=30)
    assert out == "cleaned up\nkit-execute: Aborted!\ninterrupted\n"
    assert wait_until(lambda: not is_alive(pid))


def test_runs_can_be_interrupted_where_the_parent_ignores_sigint():
    """A Jupyter kernel ignores SIGINT between cells; runs must not inherit that."""
    prepare = (
        "import threading; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from kit.runners import Cancellation; import functools;"
        "switch = Cancellation(); run = functools.partial(run, cancellation=switch);"
        "threading.Timer(3, switch.cancel).start()"
    )
    parent, pid = start_waiting(prepare)
    out, _ = parent.communicate(timeout=30)
    assert out == "cleaned up\nkit-execute: Aborted!\nphase ABORTED\n"
    assert wait_until(lambda: not is_alive(pid))


def test_logs_are_bounded_and_counted():
    """A task that prints a lot keeps its last lines."""
    seen: list[str] = []
    done = run(lab, mode="many", n=12_000, on_log=lambda line: seen.append(line.text))
    assert len(seen) == 12_000
    assert len(done.logs) == 10_000
    assert done.logs.dropped == 2_000
    assert str(done.logs.tail(1)[0]) == "11999"


@BOTH
def test_a_failing_callback_is_not_the_tasks_error(runner):
    """What ``on_log`` raises comes out of the call as it is."""

    def explode(line: LogLine) -> None:
        raise BrokenPipeError(line.text)

    with pytest.raises(BrokenPipeError):
        run(lab, mode="ok", runner=runner, on_log=explode)


def test_runs_in_threads_do_not_mix():
    """Several runs at once keep their inputs, outputs and logs apart."""
    done = {}

    def work(number: int, runner: str) -> None:
        done[number] = run(lab, mode="ok", n=number, runner=runner)

    kinds = ["in-process", "subprocess", "in-process", "subprocess"]
    threads = [
        threading.Thread(target=work, args=item) for item in enumerate(kinds, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in range(1, 5):
        assert done[number].outputs["double"] == 2 * number
        assert f"out {number}" in done[number].logs.text("stdout")


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


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path):
    """The outputs of an earlier run cannot be taken for this one's."""
    run(lab, mode="ok", directory=tmp_path, runner="in-process")
    with pytest.raises(StorageError, match="holds the outputs of another run"):
        run(lab, mode="fail", directory=tmp_path, runner="in-process")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    """It is one of storage, and nothing has run."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        run(lab, mode="ok", directory=tmp_path / "file" / "below")


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


def test_a_request_holds_bytes_only():
    """The same request gives the same outputs in any runner."""
    request = make_request(lab, {"mode": "ok", "n": 3})
    runs = [runner.run(request) for runner in (InProcessRunner(), SubprocessRunner())]
    assert runs[0].literals == runs[1].literals
    assert runs[0].outputs == {}
