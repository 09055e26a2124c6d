"""Evidence belongs to a definition, is kept within bounds, and is recorded by doers."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.duration_pb2 import Duration

import kit
from kit.evidence import (
    Evidence,
    EvidenceStore,
    Rung,
    State,
    definition_of,
    session,
)
from kit.template.serialize import LOCAL_SETTINGS, task_template


def template(kind: str = "sql", name: str = "load", **id_parts: str) -> TaskTemplate:
    """Return a template of a kind under a name."""
    return TaskTemplate(id=Identifier(name=name, **id_parts), type=kind)


def passed(rung: Rung = Rung.PROOF, **facts: object) -> Evidence:
    """Return evidence that something went well."""
    return Evidence(rung, State.PASSED, **facts)  # type: ignore[arg-type]


def test_evidence_is_found_under_the_digest_of_its_template() -> None:
    """Another template of the same name has none of it, the same one again has."""
    store = EvidenceStore()
    store.record(template("sql"), passed())
    store.record(template("spark").SerializeToString(), passed(Rung.RUN))
    assert set(store.of(definition_of(template("sql")))) == {Rung.PROOF}
    assert set(store.of(definition_of(template("spark")))) == {Rung.RUN}


def test_where_a_task_is_registered_is_no_part_of_its_definition() -> None:
    """A local run is evidence of what is registered as v2 somewhere."""
    store = EvidenceStore()
    store.record(template(), passed())
    moved = template(project="p", domain="d", version="v2")
    assert set(store.of(definition_of(moved))) == {Rung.PROOF}
    assert not store.of(definition_of(template(name="other")))


def test_an_earlier_definition_is_found_with_its_template() -> None:
    """It is the newest result; what is not available is none."""
    store = EvidenceStore()
    store.record(template("a"), passed(text="first"))
    store.record(template("b"), passed(text="second"))
    store.record(template("c"), Evidence(Rung.PROOF, State.NOT_AVAILABLE))
    found = store.earlier(definition_of(template("d")), Rung.PROOF)
    assert found is not None
    assert found.evidence.text == "second"
    assert TaskTemplate.FromString(found.template).type == "b"
    assert store.earlier(definition_of(template("d")), Rung.RUN) is None


def test_what_is_not_available_replaces_no_result() -> None:
    """An engine that vanished does not undo a run that went well in it."""
    store, absent = EvidenceStore(), Evidence(Rung.CONTAINER, State.NOT_AVAILABLE)
    store.record(template(), absent)
    assert store.of(definition_of(template())) == {Rung.CONTAINER: absent}
    store.record(template(), passed(Rung.CONTAINER))
    store.record(template(), absent)
    (found,) = store.of(definition_of(template())).values()
    assert found.state is State.PASSED


def test_a_template_without_a_digest_has_no_evidence() -> None:
    """Flyte refuses it too, and nothing is raised where it was run."""
    odd = template()
    odd.metadata.timeout.CopyFrom(Duration(seconds=10**12))
    store = EvidenceStore()
    store.record(odd, passed())
    assert len(store) == 0


def test_the_store_keeps_within_its_bounds() -> None:
    """By number and by bytes; what was recorded last stays."""
    few = EvidenceStore(most=3)
    for number in range(10):
        few.record(template(str(number)), passed())
    assert len(few) == 3
    assert few.of(definition_of(template("9")))
    small = EvidenceStore(most_bytes=2_500)
    for number in range(10):
        small.record(template(f"{number}" * 1_000), passed())
    assert len(small) == 2
    small.record(template("x" * 10_000), passed())
    assert len(small) == 1
    (kept,) = small.of(definition_of(template("x" * 10_000))).values()
    assert kept.state is State.PASSED


def test_texts_are_cut() -> None:
    """A task may raise a megabyte."""
    store = EvidenceStore()
    store.record(template(), passed(text="t" * 10**6, detail="d" * 10**6))
    (found,) = store.of(definition_of(template())).values()
    assert len(found.text) <= 200
    assert len(found.detail) <= 4_000


def test_watchers_are_told_the_task_and_may_fail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What one raises is logged, and the next one is still told."""
    store, told = EvidenceStore(), list[str]()

    def fail(_name: str) -> None:
        raise ValueError("no")

    store.watch(fail)
    forget = store.watch(told.append)
    store.record(template(), passed())
    forget()
    forget()
    store.record(template(), passed())
    assert told == ["load"]
    assert "A watcher of evidence failed" in caplog.text


def test_threads_record_at_once() -> None:
    """Nothing is lost, and the count of bytes comes to nothing again."""
    store = EvidenceStore(most=50)

    def write(number: int) -> None:
        for turn in range(100):
            store.record(template(f"{number}-{turn % 20}"), passed())
            store.earlier(definition_of(template(f"{number}-x")), Rung.PROOF)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 50
    assert store.of(definition_of(template("3-19"))) or len(store) == 50


# --- who records ----------------------------------------------------------------------


@kit.container_task(image="acme/sql:1.4", ship="inline")
def double(tt: kit.TC, number: int) -> int:
    """Twice a number."""
    if number < 0:
        msg = "negative"
        raise ValueError(msg)
    return 2 * number


def evidence_of(task: object) -> dict[Rung, Evidence]:
    """Return the session's evidence of a task."""
    return session.of(definition_of(task_template(task, LOCAL_SETTINGS)))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_evidence() -> None:
    session.clear()


def test_a_run_in_a_fresh_process_is_evidence() -> None:
    """With its inputs and its number; without a time in its text."""
    run = kit.run(double, number=4)
    assert run.succeeded
    found = evidence_of(double)[Rung.RUN]
    assert (found.state, found.run) == (State.PASSED, run.number)
    assert found.inputs == {"number": "4"}
    assert found.seconds is not None
    assert found.text == ""


def test_a_run_that_fails_says_how() -> None:
    """The error is in its words, and is the last result."""
    kit.run(double, number=4)
    assert kit.run(double, number=-1).succeeded is False
    found = evidence_of(double)[Rung.RUN]
    assert found.state is State.FAILED
    assert found.text == "ValueError"
    assert "negative" in found.detail


@pytest.mark.parametrize(
    "options",
    [
        {"runner": "in-process"},
        {"environment": {"MODE": "x"}},
        {"runner": kit.MockRunner({"o0": 3})},
    ],
    ids=["in process", "variables of its own", "a mock"],
)
def test_other_runs_are_no_evidence(options: dict[str, object]) -> None:
    """They say nothing of the template in a process of its own."""
    assert kit.run(double, number=4, **options).succeeded  # type: ignore[arg-type]
    assert evidence_of(double) == {}


def test_a_native_call_is_no_evidence() -> None:
    """It runs in this process."""
    assert double(number=2) == 4
    assert evidence_of(double) == {}


def test_a_run_whose_launch_flyte_refuses_has_failed() -> None:
    """It is judged by what Flyte makes of it, though it went well here."""

    @kit.container_task(image="acme/sql:1.4", ship="inline")
    def text(tt: kit.TC, value: str) -> str:
        return value

    run = kit.run(text, value="x" * (11 * 2**20))
    assert run.succeeded
    assert not run.on_flyte.launch.accepted, "find a value that is refused"
    found = evidence_of(text)[Rung.RUN]
    assert found.state is State.FAILED
    assert "Flyte" in found.text


def test_a_proof_is_evidence_of_its_own_rung() -> None:
    """And no run."""
    assert kit.prove(double).ok
    assert {r: e.state for r, e in evidence_of(double).items()} == {
        Rung.PROOF: State.PASSED
    }


def test_an_engine_that_does_not_answer_is_not_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rung is not available, with the reason."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    with pytest.raises(kit.errors.EngineError):
        kit.run(double, number=1, runner="docker")
    found = evidence_of(double)[Rung.CONTAINER]
    assert found.state is State.NOT_AVAILABLE
    assert "engine" in found.text


def test_a_changed_module_is_another_definition(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template names the module, whose source is no part of it."""
    file = tmp_path / "evident_tasks.py"  # type: ignore[operator]
    source = (
        "import kit\n"
        "class Task(kit.PythonCustomizedContainerTask):\n"
        "    def get_custom(self, settings):\n"
        "        return {}\n"
        "class Load(kit.ShimTaskExecutor):\n"
        "    def execute_from_model(self, tt, **inputs):\n"
        "        return {}\n"
        "load = Task(\n"
        "    name='load', task_config=None, container_image='acme/sql:1',\n"
        "    interface=kit.Interface(), executor_type=Load)\n"
    )
    file.write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    load = importlib.import_module("evident_tasks").load
    try:
        before = definition_of(task_template(load, LOCAL_SETTINGS))
        assert before.code
        file.write_text(source + "\n# edited\n")
        after = definition_of(task_template(load, LOCAL_SETTINGS))
        assert after.digest == before.digest
        assert after != before
        file.write_text(source)
        assert definition_of(task_template(load, LOCAL_SETTINGS)) == before
    finally:
        del sys.modules["evident_tasks"]


def test_inputs_are_toldinputs_in_short() -> None:
    """Whatever they are, and how many there are."""
    from kit.running.record import inputs_in_short

    literals = {f"i{n:02}": Literal() for n in range(30)}
    from flyteidl.core.literals_pb2 import LiteralMap

    shown = inputs_in_short(LiteralMap(literals=literals))
    assert len(shown) == 21
    assert shown["…"] == "10 more"
