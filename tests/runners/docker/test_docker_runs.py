"""Runs of real tasks in real containers: every way in which one can end."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from container_tasks import (
    FILES,
    CopyExecutor,
    LooseExecutor,
    container_task,
)
from flyteidl.core.literals_pb2 import LiteralMap
from runner_tasks import LabExecutor

from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.errors import CallError, RunCrashed, RunTimedOut
from kit.runners import Cancellation, LogLine, Phase, RunRequest
from kit.runners.docker import DockerRunner
from kit.running.run import Run
from kit.running.start import run

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("slim")]

QUICK = DockerRunner(grace=0.5)


def in_container(mode: str, n: int = 2, **options) -> Run:
    """Run a task that does what the mode says."""
    task = options.pop("task", None) or container_task()
    return run(task, mode=mode, n=n, **{"runner": QUICK, **options})


def in_lab(mode: str, n: int = 2, **options) -> Run:
    """Run the task that all runners are tested with."""
    task = container_task(LabExecutor, environment={"MODE": "task"})
    return in_container(mode, n, task=task, **options)


def test_a_run_that_succeeds(tmp_path: Path):
    """Outputs, lines, files and timings are those of any runner."""
    lines: list[LogLine] = []
    done = in_lab(
        "ok", 4, runner="docker", on_log=lines.append, directory=tmp_path / "größe ✓"
    )
    assert done.phase is Phase.SUCCEEDED
    assert list(done.outputs.items()) == [("text", "hello"), ("double", 8)]
    assert sorted(map(str, lines)) == ["err 4", "out 4"]
    assert LogLine("stdout", "out 4") in lines
    assert LogLine("stderr", "err 4") in lines
    assert list(done.logs) == lines
    assert done.exit_status == 0
    assert done.raise_for_error() is done
    assert (tmp_path / "größe ✓" / "outputs" / "outputs.pb").is_file()
    assert repr(done) == "Run('lab.container', docker, SUCCEEDED)"
    assert min(done.timings.stage, done.timings.execute, done.timings.collect) > 0


def test_an_executors_exception():
    """It is a USER error with its traceback, as on any runner."""
    failed = in_lab("fail", 3)
    assert (failed.error.type, failed.error.message) == ("ValueError", "n is 3")
    assert (failed.error.origin, failed.error.kind) == ("USER", "NON_RECOVERABLE")
    assert 'raise ValueError(f"n is {n}")' in failed.error.traceback
    assert in_lab("recoverable").error.kind == "RECOVERABLE"


@pytest.mark.parametrize(
    ("mode", "message"), [("missing", "double"), ("wrong", "text")]
)
def test_outputs_that_are_not_as_declared(mode, message):
    """What is missing or of another type is an error, and names the output."""
    failed = in_container(mode, task=container_task(LooseExecutor))
    assert failed.phase is Phase.FAILED
    assert message in f"{failed.error}"


def test_processes_that_end_without_a_verdict():
    """The status is the container's own, and says which signal it was."""
    crashed = in_lab("exit", 3)
    assert (crashed.error.type, crashed.exit_status) == ("ExitStatus", 3)
    with pytest.raises(RunCrashed, match="stdout: last words"):
        crashed.raise_for_error()
    assert in_lab("exit", 0).error.type == "NoOutputs"
    assert in_container("segfault").error.type == "SIGSEGV"


def test_memory_that_runs_out_is_called_that():
    """The limit is the template's, and the error says it and what to do."""
    task = container_task(limits=Resources(mem="64Mi"))
    crashed = in_container("memory", 200, task=task)
    assert crashed.error.type == "OutOfMemory"
    assert "its 67,108,864 bytes" in crashed.error.message
    assert "limits=kit.Resources(mem=" in crashed.error.message
    assert crashed.exit_status == 137


@pytest.mark.parametrize(
    ("mode", "said"), [("stubborn", "started\n"), ("patient", "started\ncleaned up\n")]
)
def test_a_timeout_stops_the_container(mode, said):
    """SIGINT lets ``finally`` blocks run; who ignores it is killed."""
    done = in_container(mode, timeout=2.5)
    assert done.phase is Phase.TIMED_OUT
    assert done.error.message == "the run was stopped at its timeout of 2.5 seconds"
    assert done.logs.text("stdout") == said
    assert done.timings.execute < 10
    with pytest.raises(RunTimedOut):
        done.raise_for_error()


def test_the_templates_own_timeout_counts():
    """Without a timeout of the run, the task's is taken."""
    task = container_task(metadata=TaskMetadata(timeout=1))
    assert in_container("patient", task=task).phase is Phase.TIMED_OUT


def test_cancelled_while_running():
    """The run ends as aborted, with what it printed."""
    switch = Cancellation()

    def on_log(line: LogLine) -> None:
        threading.Thread(target=switch.cancel).start()

    done = in_container("patient", cancellation=switch, on_log=on_log)
    assert done.phase is Phase.ABORTED
    assert "cleaned up" in done.logs.text()


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.3])
def test_cancelled_while_starting(seconds):
    """Whenever it comes, the run ends as aborted."""
    switch = Cancellation()
    timer = threading.Timer(seconds, switch.cancel)
    timer.start()
    done = in_container("patient", cancellation=switch)
    timer.join()
    assert done.phase is Phase.ABORTED
    assert (done.timings.execute or 0.0) < 10  # None: it never started


def test_a_callback_that_fails_stops_the_container():
    """What ``on_log`` raises comes out of the call as it is."""

    def explode(line: LogLine) -> None:
        raise BrokenPipeError(line.text)

    with pytest.raises(BrokenPipeError, match="started"):
        in_container("patient", on_log=explode)


def test_much_output():
    """10 MB arrive whole, and the log keeps its bounds."""
    seen = [0]
    done = in_container(
        "megabytes", 10, on_log=lambda line: seen.__setitem__(0, seen[0] + 1)
    )
    assert done.succeeded
    assert seen == [100_000]
    assert len(done.logs) + done.logs.dropped == 100_000


def test_output_that_is_no_text():
    """Bytes become replacement characters, and a line without an end is a line."""
    done = in_container("odd_bytes")
    assert list(map(str, done.logs)) == ["\ufffd\ufffd ok", "\x00nul", "no end"]


def test_a_process_that_closes_its_streams():
    """It is waited for all the same."""
    assert in_container("closing").outputs["text"] == "quiet"


def test_two_runs_at_once():
    """They keep their inputs, outputs and lines apart."""
    done: dict[int, Run] = {}

    def work(number: int) -> None:
        done[number] = in_lab("ok", number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in (1, 2):
        assert done[number].outputs["double"] == 2 * number
        assert f"out {number}" in done[number].logs.text("stdout")


def test_there_is_no_network_unless_asked():
    """Alone with its loopback, or with what the network of that name has."""
    assert in_container("network").outputs["text"] == "lo"
    host = in_container("network", runner=DockerRunner(network="host"))
    assert set(host.outputs["text"].split(",")) > {"lo"}


def test_files_go_in_and_come_out(tmp_path: Path):
    """Inputs are found where they are here; outputs are the caller's own files."""
    source, folder = tmp_path / "ä ö.txt", tmp_path / "folder"
    folder.mkdir()
    source.write_text("file ")
    (folder / "part").write_text("part")
    source.chmod(0o600)
    task = container_task(CopyExecutor, interface=FILES)
    done = run(task, file=str(source), folder=str(folder), runner=QUICK)
    done.raise_for_error()
    copied = Path(done.literals.literals["file"].scalar.blob.uri)
    assert copied.is_relative_to(done.directory / "raw")
    assert copied.read_text() == "file part"
    assert copied.stat().st_uid == tmp_path.stat().st_uid
    made = Path(done.literals.literals["folder"].scalar.blob.uri)
    assert (made / "below" / "größe.txt").read_text() == "✓"


def test_an_image_with_a_user_of_its_own(tiny, slim):
    """It has its own home and can write its outputs."""
    image = tiny({}, "USER lab", "WORKDIR /home/lab", base=slim)
    done = in_container("identity", task=container_task(image=image), keep=True)
    assert done.outputs["text"].split()[:2] == ["1000", "/home/lab"]
    assert (done.directory / "outputs" / "outputs.pb").stat().st_uid == 0


def test_shared_memory_is_the_templates():
    """Its size is asked for in the extended resources."""
    task = container_task(
        shared_memory="32Mi", requests=Resources(cpu="100", mem="128Mi")
    )
    assert in_container("identity", task=task).outputs["text"].split()[2] == str(2**25)


SECRETS = [
    Secret("db", "password"),
    Secret("api", "token", mount_requirement=Secret.MountType.ENV_VAR),
]


def test_secrets_lie_where_the_cluster_puts_them(monkeypatch):
    """The executor finds them; nothing that is shown has their values."""
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "swordfish-1")
    monkeypatch.setenv("_FSEC_API_TOKEN", "swordfish-2")
    task = container_task(secret_requests=SECRETS)
    done = in_container("secrets", task=task, keep=True)
    done.raise_for_error()
    values = "swordfish-1 swordfish-2 swordfish-2"
    assert done.outputs["text"] == f"{values} /etc/flyte/secrets/db/password"
    shown = f"{done!r}{done.command}{done.environment}{done.logs.text()}"
    assert "swordfish" not in shown
    (done.directory / "outputs" / "outputs.pb").unlink()
    files = [path for path in done.directory.rglob("*") if path.is_file()]
    assert files
    assert not any(b"swordfish" in path.read_bytes() for path in files)


def test_the_command_does_the_same_again(engine, tmp_path):
    """What the run says it did is a line for a shell."""
    done = in_lab("ok", 5, keep=True)
    assert done.command.startswith("env PYTHONUNBUFFERED=1 MODE=task FLYTE_INTERNAL")
    if shutil.which(engine.program) is None:
        pytest.skip(f"{engine.program} has no command line here")
    outputs = done.directory / "outputs" / "outputs.pb"
    outputs.unlink()
    subprocess.run(shlex.split(done.command), check=True, capture_output=True)
    assert LiteralMap.FromString(outputs.read_bytes()) == done.literals


def test_what_needs_a_process_here_is_refused():
    """A container cannot be run under a program of this machine."""
    request = RunRequest(template=b"", under=("prog.py",))
    with pytest.raises(CallError, match=r"kit\.SubprocessRunner"):
        DockerRunner().run(request)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"pull": "sometimes"}, "pull must be one of"), ({"network": ""}, "network must")],
)
def test_options_that_are_none(options, words):
    """They are refused when the runner is made."""
    with pytest.raises(CallError, match=words):
        DockerRunner(**options)
