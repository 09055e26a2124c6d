"""The decks of a run while it goes on."""

from __future__ import annotations

import os

import pytest
from waiting import until

import kit
from kit.runners.outcome import Outcome, Phase
from kit.running.outputs import published_decks, published_state
from kit.shim.deck_page import deck_page


@kit.container_task(image="acme/a:1", enable_deck=True, deck_fields=["Input"])
def telling(tt, path: str) -> int:
    """Publish a deck, and wait for a file."""
    import time
    from pathlib import Path

    kit.Deck("early", "<b>bird</b>").publish()
    while not Path(path).exists():
        time.sleep(0.01)
    return 1


def going(folder) -> Outcome:
    """Return a run that goes on in a folder."""
    (folder / "outputs").mkdir()
    return Outcome(task="t", runner="r", phase=Phase.RUNNING, directory=folder)


def test_what_is_published_is_there_before_the_end(tmp_path):
    """And waits for nothing; at the end it is what the run has."""
    run = kit.run(telling, path=str(tmp_path / "go"), wait=False)
    assert until(lambda: run.published.names == ("early",))
    assert not run.is_done
    assert run.published["early"].html == "<b>bird</b>"
    (tmp_path / "go").touch()
    assert run.wait().published.names == run.decks.names == ("early", "Input")


def test_nothing_is_published_at_first(tmp_path):
    """Neither before there is a folder."""
    assert len(published_decks(going(tmp_path))) == 0
    queued = Outcome(task="t", runner="r", phase=Phase.QUEUED)
    assert len(published_decks(queued)) == 0
    assert published_state(queued) is None


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_a_container_writes_instead_of_a_file_is_not_read(tmp_path, kind):
    """A link could lead to any file of this machine, and a pipe would block."""
    run = going(tmp_path)
    place = tmp_path / "outputs" / "deck.html"
    secret = tmp_path / "secret.html"
    secret.write_text(deck_page("t", [("secret", "sesame")]))
    if kind == "link":
        place.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    assert len(published_decks(run)) == 0


def test_the_state_changes_with_the_file(tmp_path):
    """So that what is drawn already is not drawn again."""
    run = going(tmp_path)
    place = tmp_path / "outputs" / "deck.html"
    place.write_text("one")
    first = published_state(run)
    assert published_state(run) == first
    place.write_text("another")
    assert published_state(run) != first
