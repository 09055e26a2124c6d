"""The ladder: its rules, and that every face draws the same of it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.display.ladder import ladder_html, ladder_text
from kit.errors import CallError
from kit.evidence import Evidence, Rung, State, record, session
from kit.readiness.ladder import Readiness, Standing, readiness_of, with_notes
from kit.template.serialize import LOCAL_SETTINGS, task_template


@pytest.fixture(autouse=True)
def _no_evidence() -> None:
    session.clear()


@pytest.fixture
def task() -> Any:
    """Return a task that nothing is wrong with."""

    @kit.container_task(
        image="acme/sql:1.4",
        ship="inline",
        requests=kit.Resources(cpu="1"),
        environment={"DB_PASSWORD": "hunter2"},
    )
    def load(tt: kit.TC, number: int) -> int:
        """Load a number."""
        return number

    return load


def bytes_of(task: Any) -> TaskTemplate:
    """Return the template of a task."""
    return task_template(task, LOCAL_SETTINGS)


def states(readiness: Readiness) -> dict[str, str]:
    """Return the states by rung."""
    return {each.rung.value: each.state.value for each in readiness}


def test_nothing_has_passed_that_was_not_run(task: Any) -> None:
    """Only the check, which is made now."""
    readiness = readiness_of(task)
    assert states(readiness) == {
        "check": "passed",
        **dict.fromkeys(("proof", "run", "image", "container", "flyte"), "not tried"),
    }
    assert not readiness.ok
    assert readiness.next is readiness["proof"]
    assert readiness["proof"].action == "kit.prove(load)"


def test_a_new_definition_makes_a_rung_stale_and_going_back_valid(task: Any) -> None:
    """With what changed, in a few words."""
    record(bytes_of(task), Evidence(Rung.RUN, State.PASSED))
    task.resources = kit.ResourceSpec(requests=kit.Resources(cpu="2"))
    stale = readiness_of(task)["run"]
    assert (stale.state, stale.text) == (State.STALE, "requests.CPU was 1")
    assert stale.detail.startswith("It passed for an earlier definition")
    task.resources = kit.ResourceSpec(requests=kit.Resources(cpu="1"))
    assert readiness_of(task)["run"].state is State.PASSED


def test_what_is_stale_shows_no_secret(task: Any) -> None:
    """A variable that has the name of one is told as changed."""
    record(bytes_of(task), Evidence(Rung.RUN, State.PASSED))
    task.environment = {"DB_PASSWORD": "swordfish"}
    stale = readiness_of(task)["run"]
    assert "DB_PASSWORD" in stale.text
    assert "hunter2" not in repr(readiness_of(task).to_json())


def test_a_failure_stays_one_until_it_is_tried_again(task: Any) -> None:
    """And names what to do."""
    record(bytes_of(task), Evidence(Rung.PROOF, State.FAILED, "fails at imports", "x"))
    readiness = readiness_of(task)
    assert readiness["proof"].state is State.FAILED
    assert readiness.verdict == "Not ready: Proof failed, fails at imports."
    record(bytes_of(task), Evidence(Rung.PROOF, State.PASSED))
    assert readiness_of(task)["proof"].state is State.PASSED


def test_every_available_rung_has_to_hold(task: Any) -> None:
    """What this machine lacks is told apart from what was not tried."""
    for rung in (Rung.PROOF, Rung.RUN):
        record(bytes_of(task), Evidence(rung, State.PASSED))
    assert readiness_of(task, until=Rung.RUN).ok
    assert readiness_of(task, until=Rung.RUN).verdict == "Ready, up to Run."
    for rung in (Rung.IMAGE, Rung.CONTAINER):
        record(bytes_of(task), Evidence(rung, State.NOT_AVAILABLE, "no engine"))
    assert readiness_of(task, until=Rung.CONTAINER).ok
    assert not readiness_of(task).ok
    record(bytes_of(task), Evidence(Rung.FLYTE, State.NOT_AVAILABLE, "no cluster"))
    readiness = readiness_of(task)
    assert readiness.ok
    assert readiness.verdict == (
        "Ready as far as it can be tried here. Image, Container and Flyte are not "
        "available here."
    )


def test_a_template_that_cannot_be_made_has_no_evidence(task: Any) -> None:
    """The check says why, and the other rungs refer to it."""

    class Broken(kit.PythonCustomizedContainerTask[Any]):
        def get_custom(self, settings: Any) -> dict[str, Any]:
            raise ValueError("no table")

    broken = Broken(
        name="broken",
        task_config=None,
        container_image="acme/sql:1",
        interface=kit.Interface(),
        executor_type=task.executor_type,
    )
    readiness = readiness_of(broken)
    assert readiness["check"].state is State.FAILED
    assert "no table" in str(readiness.results[Rung.CHECK].findings)
    assert readiness["run"].text == "the template cannot be made; see Check"
    assert readiness.digest == ""
    assert not readiness.ok


def test_notes_explain_only_what_was_not_tried(task: Any) -> None:
    """A result says more."""
    record(bytes_of(task), Evidence(Rung.PROOF, State.PASSED))
    notes = {
        rung: Standing(rung, State.NOT_TRIED, "give inputs: number")
        for rung in (Rung.PROOF, Rung.RUN)
    }
    readiness = with_notes(readiness_of(task), notes)
    assert readiness["proof"].state is State.PASSED
    assert readiness["run"].label == "Run not tried, give inputs: number"


@pytest.mark.parametrize("name", ["proofs", "", None, 3])
def test_an_unknown_rung_is_refused_with_those_there_are(task: Any, name: Any) -> None:
    """And the nearest one."""
    with pytest.raises(CallError, match="expected one of check, proof, run"):
        readiness_of(task)[name]


# --- faces ----------------------------------------------------------------------------


def stripped(html: str) -> str:
    """Return what is read of HTML whose styles and tags are gone."""
    return unescape(re.sub(r"<[^>]+>", "", html.replace("</li>", "\n")))


def test_both_faces_tell_the_same_of_each_rung(task: Any) -> None:
    """A sign, a name and a word, also without a stylesheet."""
    record(bytes_of(task), Evidence(Rung.PROOF, State.PASSED, seconds=0.61))
    record(bytes_of(task), Evidence(Rung.RUN, State.FAILED, "ValueError", "no"))
    readiness = readiness_of(task)
    lines = [" ".join(line.split()) for line in ladder_text(readiness).splitlines()]
    drawn = [line.strip() for line in stripped(ladder_html(readiness)).splitlines()]
    assert drawn == lines
    assert lines[1] == "✓ Proof passed"
    assert lines[2] == "✗ Run failed: ValueError"


def test_seconds_are_shown_only_where_they_are_asked_for(task: Any) -> None:
    """A repr is the same each time."""
    record(bytes_of(task), Evidence(Rung.PROOF, State.PASSED, seconds=0.61))
    readiness = readiness_of(task)
    assert "0.6" not in ladder_html(readiness) + ladder_text(readiness)
    assert "0.6 s" in ladder_html(readiness, with_seconds=True)
    assert "0.6 s" in ladder_text(readiness, with_seconds=True)


def test_what_a_task_says_is_escaped(task: Any) -> None:
    """In the text, in the title, and in both faces."""
    evil = '"><script>alert(1)</script>\x1b[31m'
    record(bytes_of(task), Evidence(Rung.RUN, State.FAILED, evil, evil))
    readiness = readiness_of(task)
    html = ladder_html(readiness)
    assert "<script" not in html
    assert '"><' not in html.replace('"><span', "").replace('"><b', "").replace(
        '"><li', ""
    )
    assert "\x1b" not in html + ladder_text(readiness)


def test_a_live_view_makes_buttons_of_the_rungs(task: Any) -> None:
    """With attributes of its own."""
    html = ladder_html(
        readiness_of(task), button=lambda rung: f'data-rung="{rung.value}"'
    )
    assert html.count('<button type="button" data-rung="') == 6


def test_json_is_plain_and_has_the_evidence(task: Any) -> None:
    """Times are in it, for a file that was asked for."""
    import json

    record(
        bytes_of(task),
        Evidence(Rung.RUN, State.PASSED, inputs={"number": "3"}, run=2, seconds=0.5),
    )
    document = json.loads(json.dumps(readiness_of(task).to_json()))
    run = document["rungs"][2]
    assert run["evidence"]["inputs"] == {"number": "3"}
    assert run["evidence"]["seconds"] == 0.5
    assert document["ok"] is False
