"""What is left in a real kernel when a preview is run again and again: nothing."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

pytest.importorskip("ipywidgets")

DEFINE = """
import kit
@kit.container_task(image="acme/a:1", custom={"n": 1}, name="double")
def double(tt, n: int) -> int:
    return 2 * n
"""
COUNT = """
import gc, comm
from ipywidgets.widgets.widget import _instances
from kit.difference import history
from kit.widgets.view_registry import open_views
from kit.widgets.preview import Preview
from kit.widgets.run_panel import Panel
import threading

def counted():
    gc.collect()
    return {
        "widgets": len(_instances),
        "comms": len(comm.get_comm_manager().comms),
        "callbacks": len(get_ipython().events.callbacks["post_run_cell"]),
        "observers": len(history._observers),
        "open": len(open_views(Preview)),
        "open panels": len(open_views(Panel)),
        "panels": sum(type(thing) is Panel for thing in gc.get_objects()),
        "threads": threading.active_count(),
        "previews": sum(type(thing) is Preview for thing in gc.get_objects()),
    }
"""
RUN = """
import time
from kit.widgets import view_registry as ticker
(view,) = open_views(Panel)
view.start().wait()
while ticker._thread is not None:
    time.sleep(0.05)
del view
"""
GOING = """
@kit.container_task(image="acme/a:1", name="going", enable_deck=True, deck_fields=[])
def going(tt) -> int:
    import time
    kit.Deck("early", "<b>1</b>").publish()
    time.sleep(0.6)
    return 1
"""
SETTLED = """
for run in kit.runs():
    run.wait()
while ticker._thread is not None:
    time.sleep(0.05)
del run
"""
LISTED = """
@kit.container_task(image="acme/a:1", name="listed")
def listed(tt) -> tuple[list[dict], str]:
    return [{"n": n} for n in range(50)], "line\\n" * 3_000
found = kit.run(listed, runner="in-process").raise_for_error()
"""
TIMES = 200


class Kernel:
    """A real kernel, told of its notebook's cells as JupyterLab does."""

    def __init__(self) -> None:
        self._manager, self._client = start_new_kernel()
        self._client.iopub_channel.stop()  # tens of thousands of messages to decode

    def run(self, code: str, cell: str, **expressions: str) -> dict[str, str]:
        """Run a cell, and return the texts of expressions after it."""
        message = self._client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": False,
                "user_expressions": expressions,
                "allow_stdin": False,
                "stop_on_error": True,
            },
            metadata={"cellId": cell},
        )
        self._client.shell_channel.send(message)
        reply = self._reply(message["header"]["msg_id"])
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        found = reply["user_expressions"]
        return {name: text["data"]["text/plain"] for name, text in found.items()}

    def _reply(self, request: str) -> dict[str, Any]:
        while True:  # the start's own questions may be answered late
            message = self._client.get_shell_msg(timeout=60)
            if message["parent_header"]["msg_id"] == request:
                return message["content"]

    def counted(self) -> dict[str, int]:
        """Count what there is in the kernel."""
        return ast.literal_eval(self.run("", "count", all="counted()")["all"])

    def stop(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel():
    """Start a kernel in which a task is defined and previews can be counted."""
    started = Kernel()
    started.run(COUNT, "counting")
    started.run(DEFINE, "define")
    yield started
    started.stop()


def test_running_a_cell_again_leaves_nothing_of_its_earlier_views(kernel):
    """As often as one likes: as many widgets, comms and callbacks as after the first.

    The task is defined anew now and then, with other facts, and another cell shows
    another view of it, which follows.
    """
    kernel.run("other = kit.preview(double); display(other)", "other")
    kernel.run(DEFINE.replace('"n": 1', '"n": 2'), "define")  # for the slider
    for _ in range(4):  # IPython keeps the last three results
        kernel.run("kit.preview(double)", "shown")
    first = kernel.counted()
    assert first["open"] == 2
    for number in range(TIMES):
        if number % 10 == 0:
            kernel.run(DEFINE.replace('"n": 1', f'"n": {number}'), "define")
        kernel.run("kit.preview(double)", "shown")
    assert kernel.counted() == first


def test_reports_leave_nothing_either(kernel):
    """Nor do differences, runs, outputs and decks, when their cells run again."""
    kernel.run(LISTED, "listed")
    cells = {
        "check": "kit.check(double)",
        "diff": "kit.diff(double, against=double)",
        "outputs": "found.outputs",
        "run": "found",
        "decks": "kit.Decks([kit.Deck('d', '<b>1</b>', auto_add_to_deck=False)])",
    }
    for _ in range(4):
        for cell, code in cells.items():
            kernel.run(code, cell)
    first = kernel.counted()
    for _ in range(TIMES // 10):
        for cell, code in cells.items():
            kernel.run(code, cell)
    assert kernel.counted() == first
    kernel.run("for view in open_views(): view.close()", "close")


def test_closing_leaves_nothing_at_all(kernel):
    """Neither widgets nor comms; the one callback stays, for what may be opened."""
    kernel.run("for view in open_views(Preview): view.close()\ndel view", "close")
    last = kernel.counted()
    assert (last["open"], last["widgets"], last["comms"]) == (0, 0, 0)
    kernel.run("kit.preview(double).close()", "opened and closed")
    assert kernel.counted() == last


def test_a_panel_follows_the_cell_of_its_task(kernel):
    """Without being run again; what was filled in stays."""
    kernel.run(DEFINE, "define")
    kernel.run("kit.panel(double, n=7)", "panel")
    kernel.run(DEFINE.replace("n: int)", "n: int, more: str)"), "define")
    form = kernel.run("", "look", form="dict(open_views(Panel)[0].form.inputs)")["form"]
    assert "more" in form
    told = kernel.run("", "look", n="open_views(Panel)[0].form.inputs['n'].read()")
    assert told["n"] == "Reading(value=7, problems=())"


def test_running_a_panel_again_leaves_nothing(kernel):
    """Neither of its form, nor of its runs, nor a thread; sixty times."""
    kernel.run(DEFINE, "define")
    for _ in range(4):
        kernel.run("kit.panel(double, n=1)", "panel")
    kernel.run(RUN, "use")
    first = kernel.counted()
    assert first["open panels"] == 1
    for number in range(60):
        kernel.run("kit.panel(double, n=1)", "panel")
        if number % 20 == 0:
            kernel.run(RUN, "use")
    kernel.run(RUN, "use")
    assert kernel.counted() == first
    kernel.run("open_views(Panel)[0].close()", "close")
    assert kernel.counted()["widgets"] == 0


def test_a_run_that_is_followed_again_and_again_leaves_nothing(kernel):
    """Neither of those that had ended by then, nor of those that went on."""
    kernel.run(DEFINE, "define")
    kernel.run("import time; from kit.widgets import view_registry as ticker", "import")
    kernel.run(GOING, "going")

    def count() -> dict[str, int]:
        for pause in (0, 0, 0, 1):  # IPython keeps the last three results
            kernel.run("kit.run(going, runner='subprocess')", "followed")
            kernel.run(f"time.sleep({pause})", "pause")
        kernel.run(SETTLED, "settle")
        return kernel.counted()

    first = count()
    assert first["widgets"]
    assert [count() for _ in range(3)] == [first] * 3
