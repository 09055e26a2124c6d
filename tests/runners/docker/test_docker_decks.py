"""Decks of a real container."""

from __future__ import annotations

import pytest
from container_tasks import container_task
from runner_tasks import LabExecutor

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


def test_a_container_without_decks():
    """A task that did not ask for them has none."""
    done = run(container_task(LabExecutor), mode="deck", runner="docker")
    assert done.succeeded
    assert list(done.decks) == []
