"""``kit.ready`` climbs as far as it can, and says why not further."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from waiting import until

import kit
from kit.display.ladder import summarize_readiness
from kit.display.notebook import mimebundle
from kit.errors import CallError, ConversionError
from kit.evidence import Rung, State, session
from kit.readiness.climb import Climb
from kit.runners.process import Cancellation


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No evidence, no engine and no cluster, whatever this machine has."""
    session.clear()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FLYTECTL_CONFIG", "UCTL_CONFIG", "FLYTE_PLATFORM_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def task() -> Any:
    """Return a task that nothing is wrong with."""

    @kit.container_task(
        image="acme/sql:1.4", ship="inline", requests=kit.Resources(cpu="1")
    )
    def load(tt: kit.TC, number: int, factor: int = 2) -> int:
        """Load a number."""
        if number < 0:
            raise ValueError("negative")
        return number * factor

    return load


def states(readiness: kit.Readiness) -> list[str]:
    """Return the states, from the bottom."""
    return [standing.state.value for standing in readiness]


def test_it_climbs_as_far_as_this_machine_goes(task: Any) -> None:
    """What is not here is told apart from what failed, and the answer is yes."""
    readiness = kit.ready(task, number=3)
    assert states(readiness) == [*["passed"] * 3, *["not available"] * 3]
    assert readiness.ok
    assert readiness["container"].text == "no container engine answers"
    assert readiness["flyte"].text == "no cluster is configured"
    assert readiness.results[Rung.RUN].outputs["o0"] == 6
    assert readiness.results[Rung.PROOF].ok


def test_nothing_above_the_highest_rung_is_climbed(task: Any) -> None:
    """And it is not asked for, either."""
    readiness = kit.ready(task, until="proof")
    assert states(readiness) == ["passed", "passed", *["not tried"] * 4]
    assert readiness.ok
    assert readiness.next is None


def test_a_run_without_its_inputs_is_not_tried(task: Any) -> None:
    """The rung says which to give, and the answer is no."""
    readiness = kit.ready(task, until="run")
    run = readiness["run"]
    assert (run.state, run.text) == (State.NOT_TRIED, "give inputs: number")
    assert run.action == "kit.ready(load, number=…)"
    assert not readiness.ok
    assert readiness.verdict == "Not ready: Run not tried, give inputs: number."


def test_a_task_without_required_inputs_runs() -> None:
    """Nothing has to be given."""

    @kit.container_task(image="acme/sql:1.4", ship="inline")
    def one(tt: kit.TC, number: int = 1) -> int:
        return number

    assert kit.ready(one, until="run")["run"].state is State.PASSED


def test_a_run_that_fails_says_why(task: Any) -> None:
    """In the ladder in a word, below in the whole sentence."""
    readiness = kit.ready(task, number=-1, until="run")
    assert readiness["run"].label == "Run failed, ValueError"
    text = mimebundle(readiness)["text/plain"]
    assert "negative" in text
    assert "NOT READY" in text


def test_what_passed_is_not_done_again_unless_it_is_asked(task: Any) -> None:
    """Other inputs are another run; ``again`` repeats everything."""
    kit.ready(task, number=3, until="run")
    before = kit.runs()[-1].number if kit.runs() else 0
    second = kit.ready(task, number=3, until="run")
    assert second.ok
    assert Rung.PROOF not in second.results
    assert kit.ready(task, until="run").ok, "the evidence is there without inputs"
    assert kit.runs()[-1].number == before
    kit.ready(task, number=4, until="run")
    assert kit.runs()[-1].number == before + 1
    assert Rung.PROOF in kit.ready(task, number=4, until="run", again=True).results
    assert kit.runs()[-1].number == before + 2


def test_a_proof_that_fails_does_not_hide_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that is only here runs here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    source = textwrap.dedent(
        """
        import kit
        @kit.container_task(image="acme/sql:1.4", ship="module")
        def one(tt) -> int:
            return 1
        """
    )
    Path("only_here_tasks.py").write_text(source)
    try:
        readiness = kit.ready("only_here_tasks.py:one", until="run")
        assert readiness["proof"].state is State.FAILED
        assert readiness["run"].state is State.PASSED
    finally:
        sys.modules.pop("only_here_tasks", None)


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"nuber": 3}, CallError),
        ({"number": "three"}, ConversionError),
        ({"inputs": {"number": 1}, "number": 2}, CallError),
        ({"until": "prove"}, CallError),
        ({"runner": "in-process"}, CallError),
        ({"runner": kit.MockRunner({})}, CallError),
        ({"timeout": -1}, CallError),
        ({"untl": "run"}, CallError),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    task: Any, inputs: dict[str, Any], error: type[Exception]
) -> None:
    """As :func:`kit.run` does it."""
    with pytest.raises(error):
        kit.ready(task, **inputs)
    assert session.of(_definition(task)) == {}


def _definition(task: Any) -> Any:
    from kit.evidence import definition_of
    from kit.template.serialize import LOCAL_SETTINGS, task_template

    return definition_of(task_template(task, LOCAL_SETTINGS))


def test_what_is_no_task_is_refused() -> None:
    """With what the function takes."""
    with pytest.raises(CallError, match=r"kit\.ready takes a task"):
        kit.ready(3)  # type: ignore[arg-type]


def test_a_task_whose_template_cannot_be_made_stops_at_the_check(task: Any) -> None:
    """The check says why; nothing else is tried, and nothing is raised."""

    class Broken(kit.PythonCustomizedContainerTask[Any]):
        def get_custom(self, settings: Any) -> dict[str, Any]:
            raise RuntimeError("no table")

    broken = Broken(
        name="broken",
        task_config=None,
        container_image="acme/sql:1",
        interface=kit.Interface(),
        executor_type=task.executor_type,
    )
    readiness = kit.ready(broken)
    assert states(readiness) == ["failed", *["not tried"] * 5]
    assert "no table" in mimebundle(readiness)["text/plain"]


def test_a_task_redefined_during_the_climb_is_not_ready(task: Any) -> None:
    """What passed is of the earlier definition, so it is stale, and that is said."""
    climb = Climb(task, {"number": 1}, until=Rung.RUN)

    def redefine(now: Climb) -> None:
        if now.rung is None:
            task.resources = kit.ResourceSpec(requests=kit.Resources(cpu="2"))

    climb.watch(redefine)
    readiness = climb.carry_out()
    assert readiness["run"].state is State.STALE
    assert readiness.notes == ("The definition changed during the climb.",)
    assert not readiness.ok


def test_the_rung_that_is_climbed_is_shown_as_running(task: Any) -> None:
    """In order, and in no finished result."""
    climb, seen = Climb(task, {"number": 1}), list[str]()

    def note(now: Climb) -> None:
        running = [s.rung.value for s in now.standing if s.state is State.RUNNING]
        seen.extend(name for name in running if name not in seen)

    climb.watch(note)
    assert "running" not in states(climb.carry_out())
    assert seen == [rung.value for rung in Rung]


def test_it_can_be_stopped_from_another_thread() -> None:
    """What runs is stopped, and what was not reached is not tried."""

    @kit.container_task(image="acme/sql:1.4", ship="inline")
    def sleepy(tt: kit.TC) -> int:
        import time

        print("asleep", flush=True)  # noqa: T201 - a task of a user
        time.sleep(60)
        return 1

    cancellation = Cancellation()
    climb = Climb(sleepy, {}, cancellation=cancellation)
    thread_result: list[kit.Readiness] = []
    thread = threading.Thread(target=lambda: thread_result.append(climb.carry_out()))
    began = time.monotonic()
    thread.start()
    assert until(lambda: climb.line == "asleep")
    cancellation.cancel()
    thread.join(30)
    assert time.monotonic() - began < 50
    assert states(thread_result[0])[1:4] == ["passed", "not tried", "not tried"]


def test_an_engine_that_vanishes_leaves_what_passed(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rungs that need it are not available; nothing is raised."""
    from kit.images import inspection

    monkeypatch.setattr(inspection, "_looked_into", lambda *_: "")
    readiness = kit.ready(task, number=1)
    assert readiness["image"].state is State.PASSED
    assert readiness["container"].state is State.NOT_AVAILABLE
    assert readiness["run"].state is State.PASSED


def test_an_image_that_lacks_something_is_not_run_in(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container waits for the image."""
    from kit.images import inspection

    problem = "Traceback …\nModuleNotFoundError: No module named 'duckdb'"
    monkeypatch.setattr(inspection, "_looked_into", lambda *_: problem)
    readiness = kit.ready(task, number=1)
    assert readiness["image"].text == "ModuleNotFoundError: No module named 'duckdb'"
    assert readiness["container"].label == "Container not tried, the image comes first"
    assert "duckdb" in mimebundle(readiness)["text/html"]


def test_a_task_without_an_image_has_none_to_look_into() -> None:
    """The settings of a local call stand for none."""

    @kit.container_task(image="", ship="inline")
    def nowhere(tt: kit.TC) -> int:
        return 1

    readiness = kit.ready(nowhere)
    assert readiness["image"].text == "the settings name no image"
    assert readiness["container"].state is State.NOT_AVAILABLE


def test_both_faces_tell_the_same_and_the_same_each_time(task: Any) -> None:
    """No time is in them, and the verdict is in both."""
    readiness = kit.ready(task, number=3)
    first, second = mimebundle(readiness), mimebundle(kit.ready(task, number=3))
    assert first["text/plain"] == second["text/plain"]
    for face in first.values():
        assert "Ready as far as it can be tried here" in " ".join(face.split())


def test_what_is_left_names_commands_in_a_terminal(task: Any) -> None:
    """And calls in Python."""
    from kit.display.console import plain_text

    readiness = kit.ready(task, until="run")
    in_terminal = plain_text(summarize_readiness(readiness, target="tasks.py:load"))
    assert "kit run tasks.py:load …" in in_terminal
    assert "kit.ready(load, number=…)" in plain_text(summarize_readiness(readiness))


def test_ctrl_c_stops_the_climb_and_what_it_runs(tmp_path: Path) -> None:
    """The process of the task goes with it, and what passed stays recorded."""
    script = tmp_path / "climbing.py"
    script.write_text(
        textwrap.dedent(
            """
            import os
            import kit
            from kit.evidence import session

            @kit.container_task(
                image="acme/sql:1.4", ship="inline", custom={"note": os.environ["NOTE"]}
            )
            def sleepy(tt) -> int:
                import os, time, pathlib
                pathlib.Path(tt.custom["note"]).write_text(str(os.getpid()))
                time.sleep(60)
                return 1

            try:
                kit.ready(sleepy)
            except KeyboardInterrupt:
                print("interrupted", len(session), flush=True)
            """
        )
    )
    note = tmp_path / "pid"
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "NOTE": str(note)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert until(lambda: note.exists() and note.read_text())
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert out == "interrupted 1\n"
    pid = int(note.read_text())
    assert until(lambda: not Path(f"/proc/{pid}").exists())
