"""The tutorials are stored as executed, and the check of that notices when not."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location(
    "notebooks_script", ROOT / "scripts" / "notebooks.py"
)
assert SPEC is not None
assert SPEC.loader is not None
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)


def _tutorial() -> Any:
    return nbformat.read(ROOT / "notebooks" / "01_first_task.ipynb", as_version=4)


def test_there_are_tutorials() -> None:
    """The checks below are not of an empty list."""
    assert script.paths()


@pytest.mark.parametrize("path", script.paths(), ids=lambda path: path.name)
def test_a_tutorial_is_stored_as_executed(path: Path) -> None:
    """Every code cell ran, from top to bottom, and none failed."""
    assert script.problems(nbformat.read(path, as_version=4)) == []


def _not_run(notebook: Any) -> None:
    notebook.cells[1].execution_count = None


def _without_outputs(notebook: Any) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []


def _with_an_error(notebook: Any) -> None:
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="bad")
    notebook.cells[1].outputs = [error]


def _with_widgets(notebook: Any) -> None:
    notebook.metadata["widgets"] = {}


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_not_run, "execution counts"),
        (_without_outputs, "no cell has an output"),
        (_with_an_error, "ValueError: bad"),
        (_with_widgets, "widget state"),
    ],
)
def test_a_spoilt_notebook_is_noticed(spoil: Any, problem: str) -> None:
    """Each way of storing a notebook that was not executed has its own words."""
    notebook = copy.deepcopy(_tutorial())
    spoil(notebook)
    assert any(problem in found for found in script.problems(notebook))


def test_what_differs_from_run_to_run_is_not_stored() -> None:
    """Stripping a notebook leaves what nbval compares, and nothing else."""
    notebook = _tutorial()
    notebook.metadata["widgets"] = {"state": {}}
    notebook.cells[1].metadata["execution"] = {"iopub.execute_input": "now"}
    script.strip(notebook)
    assert "widgets" not in notebook.metadata
    assert "execution" not in notebook.cells[1].metadata
