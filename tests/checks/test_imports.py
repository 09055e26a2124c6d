"""What the shipped code imports is looked for before anything runs."""

from __future__ import annotations

import importlib
import uuid

import pytest
from checks.check_tasks import task_of

import kit

TASKS = """
import kit

@kit.container_task(image="ghcr.io/acme/app:1.0", requests=kit.Resources(cpu="1"), {})
def weigh(tt, n: int) -> int:
    import yaml
    try:
        import nowhere_one
    except ImportError:
        pass
    {}
    return n
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Return what check finds of a task in a file."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def find(options, line="pass"):
        name = f"penguins_{uuid.uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(TASKS.format(options, line))
        task = importlib.import_module(name).weigh
        return name, [
            f for f in kit.check(task).findings if f.rule == "executor.imports"
        ]

    return find


def test_a_task_in_a_file_is_told_that_the_image_must_contain_it(found, tmp_path):
    """It ships as a module, which no index and no image has."""
    name, (finding,) = found("ship='module'")
    assert finding.severity is kit.Severity.WARNING
    assert finding.message == (
        f"The image must contain the module {name!r}, which is only in "
        f"'{tmp_path / name}.py' here."
    )
    assert "kit.build_image(task)" in finding.fix
    assert found("ship='inline'")[1] == []


def test_what_functions_import_and_nobody_has_is_told(found):
    """With the package that brings it; what it can do without is left out."""
    _, (finding,) = found("ship='inline'", "import serial")
    assert finding.message.startswith("The executor imports 'serial', which is not")
    assert "Install the package pyserial in the image" in finding.fix
    assert finding.words == "ModuleNotFoundError: No module named 'serial'"


def test_a_module_beside_the_notebook_that_a_function_imports_is_told(found, tmp_path):
    """Its source does not travel."""
    (tmp_path / "penguin_helper.py").write_text("import nowhere_two")
    _, findings = found("ship='inline'", "import penguin_helper")
    told = [finding.message.split("'")[1] for finding in findings]
    assert told == ["nowhere_two", "penguin_helper"]


def test_templates_of_other_origin_import_nothing():
    """Nobody knows their code."""
    task = task_of(ship="module")
    assert [finding.rule for finding in kit.check(task).findings] == [
        "executor.imports"
    ]
    template = kit.task_template(task, kit.SerializationSettings())
    assert [
        f for f in kit.check(template).findings if f.rule == "executor.imports"
    ] == []
