"""``kit.launch``, ``Execution`` and the runner, on a double whose pods are local."""

from __future__ import annotations

import json
import threading
import time

import flyte_tasks
import pytest
from flyte_double import Fault
from flyte_tasks import behave, draw, flow, greet, read_file

import kit
from kit.cli import main as run_app
from kit.errors import (
    CallError,
    ConversionError,
    RemoteNotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    RunCancelled,
    RunFailed,
    StorageError,
)
from kit.runners import RUNNERS, local_runners


def test_a_launch_registers_what_is_not_registered(remote, double):
    """Under the version of its content; defaults travel, and the name is its own."""
    execution = kit.launch(
        greet, name="world" if False else None, remote=remote, inputs={"name": "world"}
    )
    assert execution.name.startswith("greet-")
    (request,) = [
        request for method, request in double.calls if method == "CreateExecution"
    ]
    assert request.inputs.literals["n"].scalar.primitive.integer == 1
    assert (
        request.spec.launch_plan.version
        == kit.register(greet, "auto", remote=remote).version
    )
    assert execution.wait(30).succeeded
    assert execution.outputs["greeting"] == "hello world! "
    assert execution.phase == "SUCCEEDED"
    assert execution.error is None


def test_an_execution_survives_the_session(remote):
    """By its name, by place and name, and by its address in the console."""
    name = kit.launch(greet, remote=remote, inputs={"name": "a"}, n=2).name
    again = kit.execution(name, remote=remote)
    assert again.outputs["greeting"] == "hello a! hello a! "
    for text in (f"flytesnacks/development/{name}", again.link):
        assert kit.execution(text, remote=remote).name == name
    with pytest.raises(RemoteNotFoundError, match="looked for in flytesnacks/develop"):
        kit.execution("nope", remote=remote)
    for text in ("", None, "a/b", "a//c"):
        with pytest.raises(CallError, match="name"):
            kit.execution(text, remote=remote)


def test_a_failure_keeps_its_traceback(remote):
    """As the error document of a run here has it."""
    execution = kit.launch(behave, how="fails", remote=remote).wait(60)
    assert not execution.succeeded
    assert execution.error.type == "ZeroDivisionError"
    assert "1 / 0" in execution.error.traceback
    assert execution.outputs == {}
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        execution.raise_for_error()


def test_attempts_are_told_one_by_one(remote):
    """With their errors; the error of the last one is whole."""
    execution = kit.launch(behave, how="again", remote=remote).wait(60)
    assert execution.outputs == {"how_it_was": "attempt 2"}
    attempts = execution.attempts
    assert [a.phase for a in attempts] == ["FAILED", "FAILED", "SUCCEEDED"]
    assert "attempt 1" in attempts[1].error
    assert attempts[0].messages == ("Demistify Pending",)
    assert attempts[0].logs[0][1].startswith("http")


def test_an_execution_that_never_ends_is_ended(remote):
    """Waiting has a bound, and ends nothing."""
    execution = kit.launch(behave, how="sleeps", remote=remote)
    assert not execution.wait(1.5).is_done
    execution.cancel("enough")
    assert execution.phase == "ABORTED"
    assert execution.error.message == "the execution was ended: enough"
    execution.cancel()
    with pytest.raises(RunCancelled):
        execution.raise_for_error()
    with pytest.raises(CallError, match="number of seconds"):
        execution.wait(-1)


def test_watching_costs_a_call_a_second_and_fewer(remote, double):
    """And the data are fetched once, at the end."""
    execution = kit.launch(behave, how="sleeps", remote=remote)
    double.calls.clear()
    execution.wait(4)
    assert 2 <= double.count("GetExecution") <= 5
    assert len(double.calls) == double.count("GetExecution")
    time.sleep(2)
    assert len(double.calls) <= 5, "it costs nothing between"
    execution.cancel()


def test_the_data_are_fetched_once(remote, double):
    """However often outputs, literals and inputs are looked at."""
    execution = kit.launch(greet, inputs={"name": "a"}, remote=remote).wait(60)
    double.calls.clear()
    for _ in range(3):
        assert execution.outputs
        assert execution.literals
        assert execution.phase == "SUCCEEDED"
    assert double.count("GetExecutionData") == 1
    assert double.count("GetExecution") == 0


def test_a_file_goes_there_and_another_comes_back(remote, double, tmp_path):
    """Through the data proxy; the same content is uploaded to the same place."""
    source = tmp_path / "a b.txt"
    source.write_text("hello")
    execution = kit.launch(read_file, source=str(source), remote=remote).wait(60)
    assert execution.succeeded, execution.error
    assert execution.outputs["count"] == 5
    copy = execution.literals.literals["copy"].scalar.blob.uri
    assert double.bucket.place(copy).read_text() == "HELLO"
    assert double.bucket.uploads == 1
    uri = execution.inputs.literals["source"].scalar.blob.uri
    assert uri.endswith("/a_b.txt")


def test_a_bucket_that_fails_is_told(remote, double, tmp_path):
    """Twice is forgiven; what is refused is not asked again; no URL is shown."""
    source = tmp_path / "a.txt"
    source.write_text("hello")
    double.bucket.fail_next += [503, 500]
    assert kit.launch(read_file, source=str(source), remote=remote)
    double.bucket.fail_next += [403]
    source.write_text("other")
    with pytest.raises(StorageError, match=r"refuses it \(HTTP 403\)") as told:
        kit.launch(read_file, source=str(source), remote=remote)
    assert "http://" not in str(told.value)


def test_a_deck_comes_back(remote):
    """When the task has written it."""
    execution = kit.launch(draw, n=1, remote=remote).wait(60)
    assert execution.succeeded, execution.error
    assert "numbers" in execution.decks.names
    assert "numbers" in execution.published.names


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ({}, CallError, "Input name of type"),
        ({"name": 5}, ConversionError, "name"),
        ({"name": "a", "m": 2}, CallError, "m"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_here(remote, double, inputs, error, words):
    """Before anything is sent."""
    with pytest.raises(error, match=words):
        kit.launch(greet, "v1", remote=remote, inputs=inputs)
    assert double.count("CreateExecution") == 0


def test_what_flyte_would_refuse_is_refused_in_its_words(remote, double):
    """By the template that is registered, whatever the definition says here."""
    kit.register(greet, "v1", remote=remote)
    other = flyte_tasks.GreetTask(
        "flyte_tasks.greet", interface=kit.Interface({"name": int}, {"o": str})
    )
    with pytest.raises(CallError, match="INVALID_ARGUMENT") as told:
        kit.launch(other, "v1", remote=remote, inputs={"name": 3})
    assert "Expected simple:STRING, but got simple:INTEGER" in str(
        told.value
    ) or "expected_inputs n missing" in str(told.value)
    assert double.count("CreateExecution") == 0
    with pytest.raises(RemoteNotFoundError, match="is not registered as 'v9'"):
        kit.launch(greet, "v9", remote=remote, inputs={"name": "a"})


def test_another_definition_than_the_registered_one_is_noted(remote):
    """What is registered runs."""
    kit.register(greet, "v1", remote=remote)
    other = flyte_tasks.GreetTask("flyte_tasks.greet", word="servus")
    execution = kit.launch(other, "v1", remote=remote, inputs={"name": "a"})
    assert "differs from it in custom.word" in execution.notes[0]
    assert execution.outputs["greeting"] == "hello a! "


def test_a_name_is_never_used_twice(remote, double):
    """Flyte would overwrite the inputs of the first execution."""
    kit.launch(greet, remote=remote, name="mine", inputs={"name": "a"})
    with pytest.raises(CallError, match="already, whose inputs would be overwritten"):
        kit.launch(greet, remote=remote, name="mine", inputs={"name": "b"})
    first = kit.execution("mine", remote=remote)
    assert first.inputs.literals["name"].scalar.primitive.string_value == "a"
    for name in ("Upper", "a-", "1a", "a" * 64, "a b"):
        with pytest.raises(CallError, match="is not a name of an execution"):
            kit.launch(greet, remote=remote, name=name, inputs={"name": "a"})
    assert double.count("CreateExecution") == 1


def test_a_lost_answer_starts_one_execution(remote, double):
    """The same bytes again; that the name exists means success then."""
    double.faults["CreateExecution"] += [
        Fault("UNAVAILABLE", "Stream removed (Socket closed)", lost=True)
    ]
    execution = kit.launch(greet, remote=remote, inputs={"name": "a"})
    assert execution.outputs["greeting"] == "hello a! "
    sent = [r for method, r in double.calls if method == "CreateExecution"]
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_deadline_in_the_middle_is_tried_again(double):
    """There is no execution then, and its name is free."""
    double.faults["CreateExecution"] += [Fault("DEADLINE_EXCEEDED", "late")]
    with kit.Remote(double.address, insecure=True) as remote:
        execution = kit.launch(greet, remote=remote, inputs={"name": "a"})
        assert execution.wait(60).succeeded


def test_racing_first_launches_all_start(remote, double):
    """ALREADY_EXISTS does not mean that the execution exists."""
    double.executions.racing = 2
    execution = kit.launch(greet, remote=remote, inputs={"name": "a"})
    assert execution.wait(60).succeeded
    double.executions.racing = 99
    with pytest.raises(kit.KitError, match="launch_plans_pkey"):
        kit.launch(greet, remote=remote, inputs={"name": "a"})


def test_a_server_that_goes_during_a_watch(remote, double, monkeypatch):
    """It is waited for; gone for longer is an error that says that it goes on."""
    monkeypatch.setattr("kit.remote.connection.PATIENCE", 0.3)
    execution = kit.launch(behave, how="sleeps", remote=remote)
    double.stop()
    threading.Timer(2.5, double.start).start()
    assert not execution.wait(6).is_done
    monkeypatch.setattr("kit.remote.executions._OUTAGE", 1.0)
    double.stop()
    with pytest.raises(RemoteUnavailableError, match="goes on there"):
        execution.wait(30)
    double.start()
    monkeypatch.setattr("kit.remote.connection.PATIENCE", 15)
    execution.cancel()


def test_a_workflow_is_launched_by_its_plan(remote, double):
    """Defaults are the plan's; the inputs that are given win."""
    kit.register(flow, "v1", remote=remote)
    execution = kit.launch(flow, "v1", remote=remote, inputs={"name": "a"})
    (request,) = [r for method, r in double.calls if method == "CreateExecution"]
    assert list(request.inputs.literals) == ["name"]
    assert execution.attempts == ()
    with pytest.raises(CallError, match="has no template"):
        execution.template  # noqa: B018
    with pytest.raises(RemoteNotFoundError, match="has no launch plan 'v9'"):
        kit.launch(flow, "v9", remote=remote)


def test_a_refusal_of_the_server_is_shown(remote, double):
    """What is not foretold."""
    double.faults["CreateExecution"] += [Fault("INTERNAL", "failed to create workflow")]
    with pytest.raises(RemoteRefusedError, match="failed to create workflow"):
        kit.launch(greet, remote=remote, inputs={"name": "a"})


# --- again, here ----------------------------------------------------------------------


def test_a_failed_execution_is_replayed_here(remote, tmp_path):
    """Its template and inputs, by the same command; and saved for a colleague."""
    execution = kit.launch(behave, how="fails", remote=remote).wait(60)
    run = kit.execution(execution.name, remote=remote).replay(wait=True)
    assert run.error.type == execution.error.type
    path = execution.save(tmp_path / "run.zip")
    saved = kit.Run.load(path)
    assert saved.error.type == "ZeroDivisionError"
    assert saved.runner == "flyte"
    assert kit.replay(path, wait=True).error.type == "ZeroDivisionError"


# --- the runner -----------------------------------------------------------------------


def test_the_runner_gives_what_others_give(remote):
    """Outputs, literals, decks; the template is registered by its content."""
    run = kit.run(
        greet, runner=kit.FlyteRunner(remote), inputs={"name": "a"}, wait=True
    )
    assert run.outputs["greeting"] == "hello a! "
    assert run.runner == "flyte"
    assert any("/executions/greet-" in line.text for line in run.logs)
    run = kit.run(behave, runner=kit.FlyteRunner(remote), how="fails", wait=True)
    assert run.error.type == "ZeroDivisionError"


def test_the_twin_has_its_fourth_column(remote):
    """The same values here and there."""
    comparison = kit.compare_runs(
        greet, runners=("subprocess", kit.FlyteRunner(remote)), inputs={"name": "a"}
    )
    assert not comparison.disagreements


def test_the_runner_has_a_name(double, monkeypatch):
    """It is not one of those that are taken without being named."""
    assert "flyte" not in local_runners()
    assert "No endpoint of Flyte is known" in RUNNERS["flyte"].problem()
    monkeypatch.setenv("FLYTE_PLATFORM_URL", double.address)
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "1")
    assert RUNNERS["flyte"].problem() == ""
    assert kit.run(greet, runner="flyte", inputs={"name": "a"}, wait=True).succeeded


def test_a_run_there_is_cancelled_and_timed_out(remote):
    """The execution is ended, too."""
    run = kit.run(
        behave, runner=kit.FlyteRunner(remote), how="sleeps", timeout=1.5, wait=True
    )
    assert run.phase.value == "TIMED_OUT"
    run = kit.run(behave, runner=kit.FlyteRunner(remote), how="sleeps", wait=False)
    while not run.logs:
        time.sleep(0.1)
    run.cancel()
    assert run.wait(60).phase.value == "ABORTED"


# --- faces and the command ------------------------------------------------------------


def test_an_execution_shows_itself(remote):
    """What it is, what came of it; text and HTML tell the same."""
    execution = kit.launch(behave, how="again", remote=remote).wait(60)
    bundle = execution._repr_mimebundle_()
    for face in ("text/plain", "text/html"):
        assert "SUCCEEDED" in bundle[face]
        assert "attempt 2" in bundle[face]
        assert "RecoverableError" in bundle[face]
    assert repr(execution) == f"Execution({execution.name!r}, SUCCEEDED)"


def test_the_command_launches(double, monkeypatch, capsys):
    """And waits for the end if it is asked to."""
    monkeypatch.setenv("FLYTE_PLATFORM_URL", double.address)
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    target = f"{flyte_tasks.__file__}:greet"
    assert run_app(["launch", target, "--input-name", "a", "--wait"]) == 0
    assert "hello a!" in capsys.readouterr().out
    arguments = ["launch", target, "--input-name", "a", "--format", "json"]
    assert run_app(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert kit.execution(told["name"]).wait(60).succeeded
    assert run_app(["launch", target]) == 2
    target = f"{flyte_tasks.__file__}:behave"
    assert run_app(["launch", target, "--how", "fails", "--wait"]) == 1
