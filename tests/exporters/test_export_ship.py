"""``ship="export"``: the container loads the module that was exported."""

from __future__ import annotations

import importlib
import sys

import pytest

import kit
from kit.errors import DefinitionError, ShippingError
from kit.source import imports as exported
from kit.template.serialize import LOCAL_SETTINGS, task_template

TASK = """
@kit.container_task(image="a:1", custom={{"by": 2}}, ship="export")
def scaled(tt, n: int) -> int:
    return helper(n) * int(tt.custom["by"]) + {}
"""


@pytest.fixture
def scaled(cell, monkeypatch):
    """Return a task of cells; forget after the test what was exported."""
    monkeypatch.setattr(exported, "_FOLDERS", {})
    cell("def helper(n): return n")
    cell(TASK.format(0))
    yield lambda: cell("scaled")
    for name in [name for name in sys.modules if name.startswith("ship_lab")]:
        del sys.modules[name]


def test_before_an_export_it_cannot_ship(scaled):
    """The error says what to call."""
    with pytest.raises(ShippingError, match=r'Call kit\.export\(task, "…/"\) first'):
        task_template(scaled(), LOCAL_SETTINGS)


@pytest.mark.parametrize(
    ("name", "module"),
    [("ship_lab", "ship_lab.executors"), ("ship_lab.py", "ship_lab")],
)
def test_after_an_export_it_ships_as_the_exported_module(
    name, module, scaled, tmp_path
):
    """The template has its dotted name and no source."""
    kit.export(scaled(), tmp_path / name)
    template = task_template(scaled(), LOCAL_SETTINGS)
    assert template.container.args[-1] == f"{module}.ScaledExecutor"
    assert list(template.custom.fields) == ["by"]
    shipment = scaled().shipment()
    assert shipment.way == "export"
    assert shipment.why == f"it was exported to {tmp_path / name}"


def test_it_runs_here_and_in_a_process_without_being_installed(scaled, tmp_path):
    """No folder is put on this process's path."""
    before = list(sys.path)
    kit.export(scaled(), tmp_path / "ship_lab", inputs={"n": 4})
    assert scaled()(n=2) == 4
    assert kit.run(scaled(), n=2).outputs == {"o0": 4}
    assert kit.run(scaled(), n=2, runner="in-process").outputs == {"o0": 4}
    assert sys.path == before
    assert sys.modules["ship_lab.executors"].__file__.startswith(str(tmp_path))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("test_tasks")  # of the same folder


def test_what_changed_since_must_be_exported_again(scaled, cell, tmp_path):
    """A helper is part of it; the new export is what runs then."""
    kit.export(scaled(), tmp_path / "ship_lab")
    assert scaled()(n=1) == 2
    cell("def helper(n): return n + 10")
    with pytest.raises(ShippingError, match=r"changed since.*overwrite=True"):
        scaled()(n=1)
    kit.export(scaled(), tmp_path / "ship_lab", overwrite=True)
    assert scaled()(n=1) == 22
    assert kit.run(scaled(), n=1).outputs == {"o0": 22}


def test_a_cell_that_runs_again_makes_a_task_that_is_not_exported(
    scaled, cell, tmp_path
):
    """It is another object, and its template would be another one."""
    kit.export(scaled(), tmp_path / "ship_lab")
    cell(TASK.format(1))
    with pytest.raises(ShippingError, match="not exported in this session"):
        scaled()(n=1)


def test_a_failed_export_leaves_the_task_as_it_was(scaled, tmp_path):
    """It still ships what was exported before."""
    kit.export(scaled(), tmp_path / "ship_lab")
    before = scaled().exported
    with pytest.raises(DefinitionError):
        kit.export(scaled(), tmp_path / "json")
    assert scaled().exported is before
    assert scaled().ship == "export"


def test_a_task_that_ships_otherwise_goes_on_to(cell, tmp_path):
    """An export does not change how it reaches its container."""
    cell("@kit.container_task(image='a:1')\ndef f(tt) -> int: return 1")
    kit.export(cell("f"), tmp_path / "ship_lab")
    assert cell("f.shipment().way") == "inline"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("ship_lab")
