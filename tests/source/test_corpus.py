"""Notebooks give modules that do the same, or an error that says why not."""

from __future__ import annotations

import sys
from dataclasses import asdict

import pytest

from tests.source.corpus import NOTEBOOKS
from tests.source.shells import run_notebooks
from tests.source.verdict import complaint

FITTING = [each for each in NOTEBOOKS if sys.version_info >= each.python]


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


@pytest.mark.parametrize("notebook", FITTING, ids=lambda each: each.name)
def test_a_notebook_comes_out_as_expected(notebook, answers):
    """In a bare interpreter the executor returns what it does in the notebook.

    What cannot travel is refused with a way out, and without a secret.
    """
    cells, modules = answers
    if notebook.name not in cells:
        pytest.skip("can only be told with the hook")
    assert complaint(notebook, cells, modules) is None


def test_magics_that_were_left_out_are_noted(answers):
    """A reader learns what of the cell is not in the module."""
    notes = answers[0]["magics and shell lines"]["notes"]
    assert any("%time" in note for note in notes)
    assert any("shell line" in note for note in notes)


def test_globals_that_are_assigned_are_noted(answers):
    """A global counter begins anew in every container, and the notes say so."""
    assert any("'count'" in note for note in answers[0]["global counter"]["notes"])


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("looked up by globals", "globals"),
        ("looked up by vars", "vars(math)"),
        ("looked up by sys.modules", "sys.modules"),
        ("looked up by import_module", "importlib.import_module"),
        ("eval", "eval"),
    ],
)
def test_names_that_are_looked_up_at_run_time_are_noted(name, way, answers):
    """All ways to get at a name by its text are told alike."""
    assert any(f"uses {way}:" in note for note in answers[0][name]["notes"])
