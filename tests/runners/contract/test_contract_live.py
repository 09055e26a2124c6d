"""Runs that go on: watched, waited for and cancelled from anywhere, and left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_tasks import FILES, CopyExecutor
from places import KIT, KIT_PROCESSES, Place, on
from waiting import until

from kit.runners import Phase
from kit.running.run import Run, runs
from kit.running.start import run

HERE = Path(__file__).parent


def in_threads(count: int, work) -> list:
    """Call a function in so many threads, and return what they returned."""
    returned: list = []
    threads = [
        threading.Thread(target=lambda: returned.append(work())) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return returned


@pytest.fixture
def patient(place: Place) -> Iterator[Run]:
    """A run that goes on, and has written a line."""
    going = place.run("patient", 60, wait=False)
    assert until(lambda: "started" in going.logs.text())
    yield going
    going.cancel()
    going.wait()


@on(*KIT_PROCESSES)
def test_a_run_that_goes_on_can_be_asked(place: Place, patient: Run):
    """What is known waits for nothing, and its log is there up to now."""
    assert patient.phase is Phase.RUNNING
    assert not patient.is_done
    assert runs()[-1] is patient
    assert patient.directory.is_dir()
    assert "kit-execute" in patient.command or "kit.entrypoint" in patient.command
    assert patient.logs.path.read_text() == "stdout\tstarted\n"
    assert patient.wait(0.05) is patient
    assert place.run("ok").succeeded  # another one meanwhile
    assert not patient.is_done


@on(*KIT_PROCESSES)
def test_it_is_cancelled_from_many_threads(place: Place, patient: Run):
    """All who wait get the same end, and cancelling returns at once."""
    waiting = threading.Thread(target=lambda: ended.append(patient.wait()))
    ended: list[Run] = []
    waiting.start()
    began = time.monotonic()
    patient.cancel()
    assert time.monotonic() - began < 1
    in_threads(8, patient.cancel)
    assert in_threads(8, lambda: patient.wait().phase) == [Phase.ABORTED] * 8
    waiting.join(30)
    assert ended == [patient]
    assert patient.logs.text("stdout") == "started\ncleaned up\n"


@on(*KIT)
def test_it_is_watched_from_a_thread(place: Place, caplog: pytest.LogCaptureFixture):
    """Every change of its phase is told; what a watcher raises is logged, and all."""
    phases: list[Phase] = []
    going = place.run("patient", 1, wait=False)

    def fail(run: Run) -> None:
        raise ValueError(run.task)

    in_threads(1, lambda: going.watch(fail))
    in_threads(1, lambda: going.watch(lambda run: phases.append(run.phase)))
    going.raise_for_error()
    assert until(lambda: phases[-1:] == [Phase.SUCCEEDED])
    assert phases in ([Phase.RUNNING, Phase.SUCCEEDED], [Phase.SUCCEEDED])
    assert "ValueError: lab.contract" in caplog.text


@on(*KIT)
def test_many_runs_go_on_at_once(place: Place):
    """Those who started them have gone on, too."""
    going = [place.run("ok", number, wait=False) for number in range(5)]
    assert [one.outputs.text for one in going] == [f"done {n}" for n in range(5)]


# --- what becomes of the folders ------------------------------------------------------


@on(*KIT)
def test_the_folder_of_a_good_run_goes(place: Place, scratch: Path):
    """That of a failed one stays, and so does one that was asked for."""
    assert place.run("ok").directory is None
    assert list(scratch.iterdir()) == []
    failed = place.run("fail")
    kept = place.run("ok", keep=True)
    assert (failed.directory / "outputs" / "error.pb").is_file()
    assert kept.logs.path == kept.directory / "log.txt"
    assert set(scratch.iterdir()) == {failed.directory, kept.directory}


@on(*KIT)
def test_a_folder_that_outputs_are_in_stays(place: Place, tmp_path: Path):
    """They can be read, also by a run that takes them."""
    (tmp_path / "file.txt").write_text("file ")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "part.txt").write_text("part")
    task = place.task(CopyExecutor, interface=FILES)
    names = {"file": str(tmp_path / "file.txt"), "folder": str(tmp_path / "folder")}
    first = run(task, inputs=names, runner=place.runner)
    again = first.rerun(file=first.outputs.file)
    assert Path(again.outputs.file).read_text() == "file partpart"
    assert Path(first.outputs.file).is_relative_to(first.directory)


# --- the interpreter that runs them ---------------------------------------------------

SCRIPT = """
import sys
sys.path[:0] = {path!r}
from places import {place} as place
from kit.runners import Phase
try:
    {body}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    from kit.running.run import runs
    print([run.phase.value for run in runs()], flush=True)
"""
WAITS = """run = place.run("patient", 60, wait=False)
    while not run.logs.text():
        pass
    import threading  # to say it when this thread waits
    threading.Timer(0.5, print, ["ready"], {"flush": True}).start()
    run.wait()"""
BLOCKS = """place.run("patient", 60, on_log=lambda line: print("ready", flush=True))"""
LEAVES = """for _ in range(2):
        run = place.run("patient", 60, wait=False)
    while not run.logs.text():
        pass
    print("ready", flush=True)"""
COPIES = """from kit.running.start import run
    from contract_tasks import FILES, CopyExecutor
    task = place.task(CopyExecutor, interface=FILES)
    inputs = {{"file": "{source}/file", "folder": "{source}"}}
    done = run(task, inputs=inputs, runner=place.runner)
    print("ready", open(done.outputs.file).read(), sep="\\n", flush=True)"""


def start(place: Place, body: str, folder: Path) -> subprocess.Popen[str]:
    """Start an interpreter that runs tasks, and wait until they go on.

    Args:
        place: Where it runs them.
        body: What it does.
        folder: Where its temporary files are.
    """
    name = place.name.upper().replace("-", "_")
    path = [str(HERE), str(HERE.parent)]
    code = SCRIPT.format(path=path, place=name, body=body)
    command = [sys.executable, "-c", code]
    variables = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=variables
    )
    assert process.stdout.readline() == "ready\n"
    return process


def rest(process: subprocess.Popen[str]) -> str:
    """Return what a script writes until its end, which is a good one."""
    with process:
        out = process.stdout.read()
    assert process.returncode == 0
    return out


@on(*KIT)
def test_ctrl_c_in_a_call_that_waits(place: Place, tmp_path: Path):
    """It stops the run, which has ended by the time that it is raised again."""
    interrupt(start(place, BLOCKS, tmp_path))


@on(*KIT_PROCESSES)
def test_ctrl_c_where_one_waits_later(place: Place, tmp_path: Path):
    """It is the same for a run that goes on in the background."""
    interrupt(start(place, WAITS, tmp_path))


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C, and see what the script says of it."""
    process.send_signal(signal.SIGINT)
    out = rest(process)
    assert out.splitlines()[-2:] == ["interrupted", "['ABORTED']"]


@on(*KIT_PROCESSES)
def test_an_interpreter_that_ends_meanwhile(place: Place, tmp_path: Path):
    """It leaves nothing running, and of files only the folders of what it stopped."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    process = start(place, LEAVES, folder)
    rest(process)
    left = list(folder.iterdir())
    assert [path.name.rpartition("-")[0] for path in left] == ["kit-run", "kit-run"]
    assert [list(path.glob("outputs/*")) for path in left] == [[], []]


@on(*KIT)
def test_folders_that_are_removed_at_the_end(place: Place, tmp_path: Path):
    """Outputs are there for as long as the interpreter that asked for them is."""
    folder, source = tmp_path / "elsewhere", tmp_path / "source"
    (folder).mkdir()
    source.mkdir()
    (source / "file").write_text("file ")
    process = start(place, COPIES.format(source=str(source)), folder)
    out = rest(process)
    assert out == "file file \n"
    assert list(folder.iterdir()) == []
