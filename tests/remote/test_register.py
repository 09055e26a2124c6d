"""``kit.register``: what is foretold, what comes, and whether they are the same."""

from __future__ import annotations

import base64
import json
import threading

import flyte_tasks
import pytest
from conformance.vectors import recorded
from flyte_double import Answer, Fault, FlyteDouble
from flyte_tasks import BehaveTask, Greet, GreetTask, behave, flow, greet
from flyteidl.admin.task_pb2 import TaskCreateRequest
from google.protobuf.message import DecodeError

import kit
from kit.cli import main as run_app
from kit.errors import (
    CallError,
    EndpointError,
    RegisterError,
    RemoteUnavailableError,
)
from kit.evidence import Rung, State, definition_of, session
from kit.flyte.entities import Entity
from kit.flyte.register import foretell, register


def states(report):
    """Return what was foretold and what came, in order."""
    return [(entry.foretold, entry.outcome) for entry in report]


def test_a_new_task_is_registered_once(remote, double):
    """Two calls; the same again is identical, and sends nothing new."""
    assert states(kit.register(greet, "v1", remote=remote)) == [("new", "registered")]
    assert [name for name, _ in double.calls] == ["GetTask", "CreateTask"]
    again = kit.register(greet, "v1", remote=remote)
    assert states(again) == [("identical", "identical")]
    assert again.ok
    assert repr(again) == "Registrations(1 identical)"
    assert len(double.peers) == 1


def test_a_dry_run_sends_nothing(remote, double):
    """It only asks what is there."""
    report = kit.register([greet, behave], "v1", remote=remote, dry_run=True)
    assert states(report) == [("new", "")] * 2
    assert double.count("CreateTask") == 0
    assert repr(report) == "Registrations(2 would be new)"


def test_another_structure_is_refused_with_its_fields(remote, double):
    """And nothing is sent, of the other tasks neither."""
    kit.register(greet, "v1", remote=remote)
    other = GreetTask("flyte_tasks.greet", word="servus")
    with pytest.raises(RegisterError, match=r"custom\.word") as told:
        kit.register([other, behave], "v1", remote=remote)
    assert "Take a new version" in str(told.value)
    assert states(told.value.report) == [("refused", "not sent"), ("new", "not sent")]
    assert double.count("CreateTask") == 1
    (entry, _) = told.value.report
    assert [change.path for change in entry.difference.changes] == ["custom.word"]
    dry = kit.register(other, "v1", remote=remote, dry_run=True)
    assert not dry.ok


def test_what_is_foretold_to_be_refused_can_be_sent_anyway(remote):
    """Then the server's own words are there, too."""
    kit.register(greet, "v1", remote=remote)
    other = GreetTask("flyte_tasks.greet", word="servus")
    with pytest.raises(RegisterError) as told:
        kit.register([other, behave], "v1", remote=remote, anyway=True)
    assert states(told.value.report) == [("refused", "refused"), ("new", "registered")]
    assert "INVALID_ARGUMENT flyte_tasks.greet task with different structure" in str(
        told.value
    )
    assert told.value.report[0].surprise == ""


def test_a_rule_of_the_server_is_foretold_without_asking(remote, double):
    """In its words, with what to do."""
    task = GreetTask(
        "t", requests=kit.Resources(cpu="2"), limits=kit.Resources(cpu="1")
    )
    report = kit.register(task, "v1", remote=remote, dry_run=True)
    assert "Requested CPU default [2] is greater than the limit [1]" in report[0].words
    assert double.calls == []


def test_the_version_follows_from_the_content(remote):
    """Wherever it goes, and whatever else is registered with it."""
    first = kit.register(greet, "auto", remote=remote)
    assert states(kit.register(greet, "auto", remote=remote)) == [
        ("identical", "identical")
    ]
    other = GreetTask("flyte_tasks.greet", word="servus")
    second = kit.register([other, greet], "auto", remote=remote)
    assert states(second) == [("new", "registered"), ("identical", "identical")]
    assert second[1].version == first.version
    assert second[0].version != first.version
    with kit.Remote(remote.endpoint.address, insecure=True, domain="staging") as there:
        assert kit.register(greet, "auto", remote=there).version == first.version


def test_a_workflow_comes_with_its_tasks_and_a_plan(remote, double):
    """In an order that registers; the plan has Python's defaults."""
    report = kit.register(flow, "v1", remote=remote)
    assert [entry.kind for entry in report] == ["task", "workflow", "launch plan"]
    assert {entry.outcome for entry in report} == {"registered"}
    (plan,) = double.plans.values()
    defaults = plan.default_inputs.parameters
    assert defaults["n"].default.scalar.primitive.integer == 2
    assert defaults["name"].default.scalar.primitive.string_value == "w"
    again = kit.register(flow, "v1", remote=remote)
    assert states(again) == [("identical", "identical")] * 3
    assert kit.register(flow, "auto", remote=remote).ok


def test_fifty_tasks_take_a_hundred_calls_on_one_connection(remote, double):
    """About eight at a time."""
    tasks = [GreetTask(f"t{number}") for number in range(50)]
    report = kit.register(tasks, "v1", remote=remote)
    assert repr(report) == "Registrations(50 registered)"
    assert len(double.calls) == 100
    assert len(double.peers) == 1


def test_a_failure_in_the_middle_says_what_is_registered(remote, double, monkeypatch):
    """One by one: registered, failed, not sent."""
    monkeypatch.setattr("kit.flyte.register._THREADS", 1)
    monkeypatch.setattr("kit.remote.connection.PATIENCE", 0.2)
    faults = double.faults["CreateTask"]
    faults += [Fault(), *[Fault("UNAVAILABLE", "gone")] * 50]
    tasks = [GreetTask(f"t{number}") for number in range(4)]
    with pytest.raises(
        RegisterError, match="1 registered, 1 failed, 2 not sent"
    ) as told:
        kit.register(tasks, "v1", remote=remote)
    assert [entry.outcome for entry in told.value.report] == [
        *("registered", "failed", "not sent", "not sent")
    ]
    assert "task t1 v1: failed: " in str(told.value)


def test_a_lost_answer_is_a_success(remote, double):
    """Sent again, it exists already: as it was sent."""
    double.faults["CreateTask"] += [
        Fault("UNAVAILABLE", "Stream removed (Socket closed)", lost=True)
    ]
    report = kit.register(greet, "v1", remote=remote)
    assert states(report) == [("new", "registered")]
    assert double.count("CreateTask") == 2


def test_two_notebooks_at_once(remote, double):
    """One is told that somebody else was quicker, or that his is another."""
    with kit.Remote(double.address, insecure=True) as other:
        double.faults["CreateTask"] += [Fault(delay=0.5)]
        made = []
        thread = threading.Thread(
            target=lambda: made.append(kit.register(greet, "v1", remote=remote))
        )
        thread.start()
        while not double.count("CreateTask"):
            pass
        assert kit.register(greet, "v1", remote=other).ok
        thread.join()
    assert made[0][0].surprise == "Somebody else registered the same in the meantime."
    assert made[0].ok


def test_a_race_with_another_structure_is_told_with_its_fields(remote, double):
    """The server's own list of fields is empty as often as not."""
    rival = GreetTask("flyte_tasks.greet", word="servus")
    double.faults["CreateTask"] += [Fault(delay=0.5)]
    failures = []

    def late():
        with pytest.raises(RegisterError) as told:
            kit.register(greet, "v1", remote=remote)
        failures.append(told.value)

    thread = threading.Thread(target=late)
    thread.start()
    while not double.count("CreateTask"):
        pass
    with kit.Remote(double.address, insecure=True) as other:
        kit.register(rival, "v1", remote=other)
    thread.join()
    assert "'new' was foretold, and 'refused' came." in failures[0].report[0].surprise
    assert "custom.word" in str(failures[0])


def test_a_registration_is_evidence_of_the_very_template(remote):
    """For the ladder; a refused one is none."""
    session.clear()
    kit.register(greet, "v7", remote=remote)
    found = session.of(definition_of(kit.task_template(greet, SETTINGS)))
    assert (found[Rung.FLYTE].state, found[Rung.FLYTE].text) == (State.PASSED, "v7")


SETTINGS = kit.SerializationSettings(
    project="flytesnacks", domain="development", version="v7"
)


@pytest.mark.parametrize("version", ["", " ", None, 7])
def test_a_version_is_a_text(remote, version):
    """The server would take an empty one for any."""
    with pytest.raises(CallError, match="version must be a text"):
        kit.register(greet, version, remote=remote)


@pytest.mark.parametrize("thing", [None, 5, [], [greet, 5], {"a": greet}, print])
def test_what_cannot_be_registered_is_refused(remote, thing):
    """Before anything is sent."""
    with pytest.raises(CallError, match="register"):
        kit.register(thing, "v1", remote=remote)


def test_two_tasks_of_one_name_are_refused(remote):
    """One of them would be lost."""
    with pytest.raises(CallError, match="Two tasks are named 't' and differ"):
        kit.register([GreetTask("t"), GreetTask("t", word="x")], "v1", remote=remote)
    assert len(kit.register([greet, greet], "v1", remote=remote)) == 1


def test_a_text_and_a_template_are_registered_too(remote, tmp_path):
    """A file as it is, under this project, domain and version."""
    path = tmp_path / "greet.pb"
    kit.write_template(kit.task_template(greet, SETTINGS), path)
    report = kit.register(str(path), "v2", remote=remote)
    assert (report[0].name, report[0].version) == ("flyte_tasks.greet", "v2")
    template = kit.read_template(path)
    assert states(kit.register(template, "v2", remote=remote)) == [
        ("identical", "identical")
    ]
    assert template.id.version == "v7", "an argument was changed"


def test_no_endpoint_says_so():
    """Without remote= the configured one is taken, and none is."""
    with pytest.raises(EndpointError, match="No endpoint of Flyte is known"):
        kit.register(greet, "v1")


def test_a_server_that_is_gone_is_an_error_at_the_first_question(remote, double):
    """Nothing was sent, so there is nothing to report."""
    double.faults["GetTask"] += [Fault("UNAVAILABLE", "gone")] * 99
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.remote.connection.PATIENCE", 0.2)
        with pytest.raises(RemoteUnavailableError, match="gone"):
            kit.register(greet, "v1", remote=remote)


# --- recorded registrations -----------------------------------------------------------


def registrations():
    """Yield each recorded case with its platform."""
    for file in recorded("registration"):
        for case in file["cases"]:
            yield case["id"], (case, file["header"])


CASES = dict(registrations())
DIFFERS = {
    "missing id": "A client of kit's always sends one.",
    "missing spec": "And a spec.",
    "invalid wire-format": "No client makes such bytes.",
    "invalid UTF-8": "Nor such text.",
}
"""Answers that no registration of kit's can get, with reasons."""


@pytest.mark.parametrize("name", CASES)
def test_what_is_foretold_comes(name, tmp_path):
    """Against every recorded registration: new, identical or refused."""
    from conformance.test_registration_vectors import platform_of

    case, header = CASES[name]
    steps = list(case["steps"])
    if "again" in case:
        code, words = case["again"]
        steps.append({**steps[-1], "code": code, "message": words})
    with FlyteDouble(tmp_path) as double:
        for step in steps:
            answer = Answer(b"", step["code"], step["message"])
            double.play("CreateTask", base64.b64decode(step["request"]), answer)
        with kit.Remote(double.address, insecure=True) as remote:
            for step in steps:
                if any(words in step["message"] for words in DIFFERS):
                    continue
                check_step(step, remote, platform_of(header))


def check_step(step, remote, platform):
    """Foretell one registration, send it, and compare."""
    data = base64.b64decode(step["request"])
    try:
        request = TaskCreateRequest.FromString(data)
    except DecodeError:
        return
    sent = TaskCreateRequest.FromString(data)
    request.spec.template.id.CopyFrom(request.id)
    entity = Entity("task", request.id, request, request.spec.template)
    expected = {"OK": "new", "ALREADY_EXISTS": "identical"}
    came = ""
    try:
        told = foretell(entity, remote, platform)
        assert told.foretold == expected.get(step["code"], "refused"), told
        remote.call("CreateTask", sent)
    except CallError:  # an empty field, for which the server takes any task
        assert step["code"] != "OK"
        return
    except kit.errors.RemoteError as error:
        came = error.words
    assert came == step["message"]


# --- the command ----------------------------------------------------------------------


@pytest.fixture
def on_double(double, monkeypatch):
    """Configure the double as users do, and work where the tasks are."""
    monkeypatch.setenv("FLYTE_PLATFORM_URL", double.address)
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    return flyte_tasks.__file__


def test_the_command_registers(on_double, capsys):
    """Twice, and says so."""
    arguments = ["register", f"{on_double}:greet", "--version", "v1"]
    assert run_app(arguments) == 0
    assert "registered" in capsys.readouterr().out
    assert run_app([*arguments, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["entries"][0]["outcome"] == "identical"


def test_the_command_only_foretells(on_double, double, capsys):
    """With --dry-run; a workflow in the same form."""
    arguments = ["register", f"{on_double}:flow", "--version", "auto", "--dry-run"]
    assert run_app(arguments) == 0
    out = capsys.readouterr().out
    assert "launch plan" in out
    assert double.count("CreateTask") == 0
    assert all(len(line) <= 80 for line in out.splitlines())


def test_the_command_fails_with_what_differs(on_double, remote, capsys):
    """Status 1; the report and the error say the same."""
    kit.register(GreetTask("flyte_tasks.greet", word="servus"), "v1", remote=remote)
    assert run_app(["register", f"{on_double}:greet", "--version", "v1"]) == 1
    printed = capsys.readouterr()
    assert "custom.word" in printed.out
    assert "not sent" in printed.err
    assert (
        run_app(["register", f"{on_double}:greet", "--version", "v1", "--dry-run"]) == 1
    )


def test_the_command_without_an_endpoint(capsys):
    """Status 1, and where to write one."""
    arguments = ["register", f"{flyte_tasks.__file__}:greet", "--version", "v1"]
    assert run_app(arguments) == 1
    assert "No endpoint of Flyte is known" in capsys.readouterr().err
    assert run_app([*arguments, "--endpoint", "a:1", "--config", "x"]) == 2


def test_the_report_shows_itself(remote):
    """As text and as HTML, with the same facts."""
    report = kit.register([greet, behave], "v1", remote=remote)
    bundle = report._repr_mimebundle_()
    for face in ("text/plain", "text/html"):
        assert "flyte_tasks.behave" in bundle[face]
        assert "registered" in bundle[face]


def test_unused_names_are_here():
    """The module of tasks is importable by pods."""
    assert Greet.__module__ == BehaveTask.__module__ == "flyte_tasks"
    assert register is kit.register
