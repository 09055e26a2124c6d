"""Runs side by side, and what tasks leave running."""

from __future__ import annotations

import threading

import pytest
from contract_tasks import contract_task
from footprint import is_alive
from places import (
    DOCKER,
    KIT,
    KIT_PROCESSES,
    SUBPROCESS,
    SUBPROCESS_FLYTEKIT,
    Place,
    on,
)

from kit.errors import EngineError, MacroError
from kit.runners import Cancellation, Phase
from kit.running.run import Run


def side_by_side(place: Place, count: int) -> dict[int, Run]:
    """Run so many at once, each from a thread of its own."""
    done: dict[int, Run] = {}
    together = threading.Barrier(count)

    def work(number: int) -> None:
        together.wait()
        done[number] = place.run("ok", number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return done


@pytest.mark.parametrize("count", [2, 20])
@on(*KIT, SUBPROCESS_FLYTEKIT)
def test_runs_at_once(place: Place, count: int):
    """They keep their inputs, outputs and lines apart."""
    done = side_by_side(place, count)
    assert sorted(done) == list(range(count))
    for number, one in done.items():
        one.raise_for_error()
        assert one.outputs["text"] == f"done {number}"
        assert one.logs.text("stdout").strip() == f"out {number}"
        assert one.logs.text("stderr") == f"err {number}\n"


def test_runs_in_several_places_at_once():
    """What one captures in this process is not what another writes."""
    done: dict[int, Run] = {}

    def work(number: int) -> None:
        done[number] = KIT[number % 2].run("ok", number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [done[n].logs.text("stdout") for n in range(6)] == [
        f"out {n}\n" for n in range(6)
    ]


@on(SUBPROCESS)
def test_children_that_a_task_leaves(place: Place):
    """They are gone when the run has ended."""
    done = place.run("family")
    assert done.succeeded
    assert not is_alive(int(done.outputs.text))


@on(DOCKER)
def test_children_that_a_task_leaves_in_a_container(place: Place):
    """They end with it, also one that left its session."""
    assert place.run("family").succeeded
    assert place.run("daemon").succeeded


@on(*KIT_PROCESSES)
def test_children_of_a_task_that_is_cancelled(place: Place):
    """All of them are stopped with it: what is left is looked for after each test."""
    switch = Cancellation()
    done = place.run(
        "busy_family",
        cancellation=switch,
        on_log=lambda _: threading.Thread(target=switch.cancel).start(),
    )
    assert done.phase is Phase.ABORTED


# --- what never starts ----------------------------------------------------------------


@on(DOCKER)
def test_an_image_that_is_not_there(place: Place):
    """It is said, and no folder stays."""
    task = contract_task(image="kit-test/none-of-that-name:latest")
    with pytest.raises(EngineError, match="none-of-that-name"):
        place.run("ok", task=task)


@on(*KIT)
def test_a_command_that_cannot_be_rendered(place: Place):
    """It is said, and no folder stays."""
    task = place.task()
    task.get_command = lambda _: ["kit-execute", "{{.inputs.absent}}"]
    with pytest.raises(MacroError, match="absent"):
        place.run("ok", task=task)
