"""Decks of a real container."""

from __future__ import annotations

import threading

import pytest
from container_tasks import container_task
from runner_tasks import LabExecutor
from waiting import until

from kit.running.start import run

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("slim")]


@pytest.mark.parametrize("mode", ["published", "broken_deck"])
def test_a_container_writes_its_decks(mode):
    """While it runs, and also when the task fails."""
    task = container_task(
        LabExecutor, enable_deck=True, deck_fields=["Timeline", "Input", "Output"]
    )
    done = run(task, mode=mode, runner="docker")
    expected = {
        "published": ("early", "Timeline", "Input", "Output"),
        "broken_deck": ("default", "Timeline", "Input"),
    }
    assert done.decks.names == expected[mode]
    assert done.succeeded is (mode == "published")
    if done.succeeded:
        assert done.outputs["text"] == "1"


@pytest.mark.parametrize("user", ["root", "lab"])
def test_a_deck_is_seen_while_the_container_goes_on(tiny, slim, user):
    """Mounted where root runs, and copied out of any other container."""
    image = tiny({}, f"USER {user}", "WORKDIR /tmp", base=slim)
    task = container_task(image=image, enable_deck=True, deck_fields=["Input"])
    going = run(task, mode="publish", runner="docker", wait=False)
    assert until(lambda: going.published.names == ("early",)), going.standing
    assert not going.is_done
    assert until(lambda: "later" in going.published["early"].html)
    going.cancel()
    assert going.wait().decks["early"].html.startswith("first")
    assert not [thread for thread in threading.enumerate() if thread.name == "kit-deck"]


def test_a_container_without_decks():
    """A task that did not ask for them has none."""
    done = run(container_task(LabExecutor), mode="deck", runner="docker")
    assert done.succeeded
    assert list(done.decks) == []
