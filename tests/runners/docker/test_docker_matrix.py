"""Rows of the matrix of small tasks and inputs, in containers of one image."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.runners.docker import DockerRunner
from kit.runners.runner import RunRequest
from kit.running.start import make_request

pytestmark = pytest.mark.docker
FOLDER = Path(__file__).parents[2] / "running"
EVERY = 60
"""Of how many rows of values one is tried."""

FIRST_PROCESS = "signal"
"""Process 1 of a container is not ended by a signal that it sends to itself."""


@pytest.fixture(scope="module")
def matrix() -> Iterator[Any]:
    """Give the matrix, which is a module next to tests of another folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield importlib.import_module("matrix")
        if "matrix_flows" not in sys.modules:
            sys.modules.pop("matrix", None)


def in_container(row: Any, image: str, folder: Path) -> kit.Outcome:
    """Run a row in a container of an image that has the matrix."""
    request = make_request(row.task, row.inputs)
    template = TaskTemplate.FromString(request.template)
    template.container.image = image
    data = template.SerializeToString(deterministic=True)
    made = RunRequest(template=data, inputs=request.inputs, directory=folder)
    return DockerRunner().run(made)


def test_random_classes_arrive_in_a_container(tiny, slim, matrix, tmp_path):
    """Equal values of equal types; the image has no pydantic."""
    models = importlib.import_module("random_models")
    content = {"lab/random_models.py": (FOLDER / "random_models.py").read_bytes()}
    image = tiny(content, "ENV PYTHONPATH=/lab:/opt/site", base=slim)
    seeds = [seed for seed in models.SEEDS if not models.MAKERS[seed].has_model]
    for seed in seeds[::15]:
        value = models.MAKERS[seed].value()
        row = matrix.Row("random", models.TASKS[seed], {"seed": seed, "x": value})
        done = in_container(row, image, tmp_path / f"seed{seed}")
        assert done.literals is not None, done.logs.text()
        assert done.literals.literals["same"].scalar.primitive.boolean
        text = done.literals.literals["text"].scalar.primitive.string_value
        assert text == models.shown(value)


def test_rows_end_in_a_container_as_elsewhere(tiny, slim, matrix, tmp_path):
    """Values arrive as themselves, and each ending is judged the same."""
    content = {"lab/matrix.py": (FOLDER / "matrix.py").read_bytes()}
    image = tiny(content, "ENV PYTHONPATH=/lab:/opt/site", base=slim)
    wrong = []
    endings = [row for row in matrix.ENDING_ROWS if FIRST_PROCESS not in row.name]
    for number, row in enumerate((*matrix.VALUE_ROWS[::EVERY], *endings[::6])):
        done = in_container(row, image, tmp_path / f"row{number}")
        end = done.end_on_flyte
        if done.phase is not row.phase or end is None:
            wrong.append((row.name, str(done.error), done.logs.text()))
        elif (end.code, end.pods) != (row.code, row.pods):
            wrong.append((row.name, repr(end)))
        elif "x" in row.inputs:
            here = kit.run(row.task, runner="in-process", inputs=row.inputs)
            if done.literals != here.literals:
                wrong.append((row.name, "other literals"))
    assert wrong == []
