"""Notebooks give modules that do the same, or an error that says why not."""

from __future__ import annotations

import sys
from dataclasses import asdict

import pytest

from tests.source.corpus import NOTEBOOKS
from tests.source.shells import run_notebooks

FITTING = [each for each in NOTEBOOKS if sys.version_info >= each.python]
WORKING = [each for each in FITTING if not each.error]
REFUSED = [each for each in FITTING if each.error]


@pytest.fixture(scope="module", params=["hook", "plain"])
def answers(request, tmp_path_factory):
    """Run the whole corpus once, with and without the hook."""
    folder = tmp_path_factory.mktemp(request.param) / "modules"
    hook = request.param == "hook"
    chosen = [asdict(each) for each in FITTING if hook or not each.needs_hook]
    return run_notebooks(chosen, folder, hook=hook)


def test_the_corpus_is_large():
    """There are enough notebooks, and no two of one name."""
    assert len({each.name for each in NOTEBOOKS}) == len(NOTEBOOKS) >= 200


@pytest.mark.parametrize("notebook", WORKING, ids=lambda each: each.name)
def test_the_module_does_what_the_notebook_does(notebook, answers):
    """In a bare interpreter the executor returns what it does in the notebook."""
    cells, modules = answers
    if notebook.name not in cells:
        pytest.skip("can only be told with the hook")
    answer = cells[notebook.name]
    assert "error" not in answer, answer
    assert modules[answer["name"]] == answer["result"]
    assert answer["same"], "not deterministic"
    assert [text for text in notebook.has if text not in answer["text"]] == []
    assert [text for text in notebook.lacks if text in answer["text"]] == []


@pytest.mark.parametrize("notebook", REFUSED, ids=lambda each: each.name)
def test_what_cannot_travel_is_refused_with_a_way_out(notebook, answers):
    """The error is of the right class and says what and where; never a secret."""
    answer = answers[0][notebook.name]
    assert answer.get("error") == notebook.error, answer
    assert [text for text in notebook.says if text not in answer["text"]] == []
    assert "hunter2" not in answer["text"]


def test_magics_that_were_left_out_are_noted(answers):
    """A reader learns what of the cell is not in the module."""
    notes = answers[0]["magics and shell lines"]["notes"]
    assert any("%time" in note for note in notes)
    assert any("shell line" in note for note in notes)


def test_globals_that_are_assigned_are_noted(answers):
    """A global counter begins anew in every container, and the notes say so."""
    assert any("'count'" in note for note in answers[0]["global counter"]["notes"])
