"""The magics in a real kernel: defined, run in a process, redefined, run again."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TASK = (
    "@kit.container_task(image='a:1', custom={{'add': {}}})\n"
    "def scaled(tt, n: int) -> int:\n"
    "    return helper(n) + int(tt.custom['add'])"
)
MODULE = (
    "%%executor_module scaling.py\n"
    "import kit\n"
    "@kit.container_task(image='a:1')\n"
    "def scale(tt, n: int) -> int:\n"
    "    return {} * n"
)
RUN = "kit.run({}, n=4, runner='subprocess').outputs['o0']"
SHIP = "scaled.shipment().way, scale.shipment().way"


def without_colours(text):
    """Leave out what colours a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture
def kernel(tmp_path):
    """Run cells in a kernel of their own, and return what each one displays."""
    notebook = nbformat.v4.new_notebook()
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )

    def run(text):
        notebook.cells.append(nbformat.v4.new_code_cell(text))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        outputs = notebook.cells[-1].outputs
        return "".join(
            out.text if out.output_type == "stream" else out.data["text/plain"]
            for out in outputs
        )

    with client.setup_kernel():
        run("%load_ext kit\nimport kit\ndef helper(n):\n    return n * 10")
        yield run


def test_tasks_of_magics_run_in_processes_as_they_are_now(kernel):
    """Inline and as a module; a cell that runs again is what runs next."""
    assert kernel(TASK.format(1)) == ""
    assert kernel(MODULE.format(2)) == ""
    assert kernel(SHIP) == "('inline', 'module')"
    assert (kernel(RUN.format("scaled")), kernel(RUN.format("scale"))) == ("41", "8")
    kernel(TASK.format(2))
    kernel(MODULE.format(3))
    assert (kernel(RUN.format("scaled")), kernel(RUN.format("scale"))) == ("42", "12")
    assert kernel("scaled(n=1), scale(n=1)") == "(12, 3)"


def test_a_mistake_stops_the_notebook_and_is_short(kernel):
    """The cell has failed, with the line and no frame of the magic's."""
    with pytest.raises(CellExecutionError) as raised:
        kernel("%%executor_module wrong.py\nx = 1\nx = = 2")
    assert "wrong.py:3\n" in without_colours(raised.value.traceback)
    assert "run_cell_magic" not in raised.value.traceback
    with pytest.raises(CellExecutionError) as raised:
        kernel("%%executor_module right.py --over\nx = 1")
    assert "unrecognized arguments: --over" in str(raised.value)
    assert "run_cell_magic" not in raised.value.traceback


def test_a_traceback_starts_in_the_module_of_the_cell(kernel):
    """With the line of the cell, and no frame of the magic's."""
    with pytest.raises(CellExecutionError) as raised:
        kernel("%%executor_module failing.py\n\nx = 1 / 0")
    text = without_colours(raised.value.traceback)
    assert "failing.py:3" in text
    assert "----> 3 x = 1 / 0" in text
    assert "run_cell_magic" not in text
