"""The run panel without a front end: in code, as text, and as widgets."""

from __future__ import annotations

import datetime as dt
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from xss import PAYLOADS

import kit
from kit.errors import CallError
from kit.runners.outcome import Phase
from kit.widgets import view_registry as cells
from kit.widgets import view_registry as ticker

ipywidgets = pytest.importorskip("ipywidgets")


@kit.container_task(
    image="a/b:1",
    name="walk",
    ship="inline",
    secret_requests=[kit.Secret("w", "token")],
)
def walk(tt, steps: int, title: str = "a walk", pace: float = 0.0) -> int:  # noqa: D417
    """Take a walk.

    Args:
        steps: How many.
    """
    import sys
    import time

    for number in range(steps):
        print("step", number, flush=True)  # noqa: T201
        time.sleep(pace)
    print("tired", file=sys.stderr, flush=True)  # noqa: T201
    if title == "fall":
        raise ValueError("<b>fell</b>")
    if title == "tell":
        token = kit.current_context().secrets.get("w", "token")
        print("it is", token, flush=True)  # noqa: T201
    return steps


@pytest.fixture
def panel():
    """Return a panel whose widget is there, and close it."""
    made = kit.panel(walk, steps=3)
    made.opened()
    yield made
    made.close()
    drawn()


def drawn() -> None:
    """Wait until nothing more is drawn."""
    end = time.monotonic() + 10
    while ticker._drawing and time.monotonic() < end:
        time.sleep(0.02)


def below(widget: Any) -> list[Any]:
    """Return a widget and all below it."""
    found = [widget]
    for child in getattr(widget, "children", ()):
        found += below(child)
    return found


def shown(panel: kit.Panel) -> str:
    """Return all HTML of a panel but its stylesheet."""
    texts = [
        w.value for w in below(panel.opened().root) if isinstance(w, ipywidgets.HTML)
    ]
    return "".join(text for text in texts if "<style" not in text)


def control(panel: kit.Panel, label: str) -> Any:
    """Return the control of a label."""
    widgets = below(panel.opened().root)
    return next(w for w in widgets if getattr(w, "description", "") == label)


def test_code_can_run_what_is_filled_in():
    """With the defaults of what is not."""
    panel = kit.panel(walk, steps=2)
    run = panel.start().wait()
    assert (run.outputs.o0, run.runner) == (2, "subprocess")
    assert panel.again().wait().outputs.o0 == 2
    panel.form.inputs["steps"].field.type("x")
    with pytest.raises(CallError, match="steps: 'x' is no whole number"):
        panel.start()


def test_only_tasks_have_a_panel():
    """And only their inputs have values."""
    with pytest.raises(CallError, match=r"kit.panel takes a task"):
        kit.panel(len)
    with pytest.raises(CallError, match="no input 'step'"):
        kit.panel(walk, step=2)
    with pytest.raises(CallError, match="no runner 'dockr'"):
        kit.panel(walk).runner = "dockr"


def test_text_and_html_tell_the_inputs_and_how_to_run():
    """For where there are no widgets."""
    bundle = kit.panel(walk)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    for face in bundle.values():
        for words in ("steps", "How many.", "needed", "a walk", "kit.run(walk, steps"):
            assert words in face
    panel = kit.panel(walk, steps=1)
    panel.start().wait()
    assert "SUCCEEDED" in panel._repr_mimebundle_()["text/plain"]


def test_a_click_runs_and_shows_what_comes_of_it(panel):
    """Phase, log and outputs; then it can be run again."""
    assert control(panel, "Cancel").disabled
    control(panel, "Run").click()
    panel.current.wait()
    drawn()
    html = shown(panel)
    assert "step 2" in html
    assert 'aria-current="step"><b>SUCCEEDED</b>' in html
    assert "<b>Outputs</b>" in html
    assert not control(panel, "Run").disabled
    first = panel.current
    control(panel, "Re-run").click()
    assert panel.current is not first
    panel.current.wait()


def test_what_is_wrong_stands_beside_its_field(panel):
    """At once when it is typed, and all of it when it is run."""
    steps = control(panel, "steps*: int")
    steps.value = "x"
    assert "&#x27;x&#x27; is no whole" in shown(panel) or "'x' is no whole" in shown(
        panel
    )
    control(panel, "Run").click()
    assert panel.current is None
    assert "Not started: see steps." in shown(panel)
    steps.value = "1"
    assert "whole number" not in shown(panel)


def test_a_run_can_be_cancelled_at_once(panel):
    """From any thread, and the panel shows that it was."""
    panel.form.inputs["pace"].field.type("10")
    control(panel, "Run").click()
    while panel.current.phase is Phase.QUEUED:
        time.sleep(0.01)
    assert control(panel, "Run").disabled
    with pytest.raises(CallError, match="under way"):
        panel.start()
    thread = threading.Thread(target=control(panel, "Cancel").click)
    thread.start()
    thread.join()
    assert panel.current.wait().phase is Phase.ABORTED
    drawn()
    assert "<b>ABORTED</b>" in shown(panel)


def test_a_double_click_runs_once(panel):
    """Two front ends are as quick as one."""
    before = len(kit.runs())
    clicks = [threading.Thread(target=control(panel, "Run").click) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    panel.current.wait()
    assert len(kit.runs()) == before + 1


def test_a_run_in_this_process_says_that_it_blocks(panel):
    """And is shown all the same."""
    control(panel, "runner").value = "in-process"
    assert "only an interrupt stops it" in shown(panel)
    control(panel, "Run").click()
    assert panel.current.is_done
    drawn()
    assert "step 2" in shown(panel)


def test_a_runner_that_cannot_be_had_says_why(panel, monkeypatch):
    """The engine is asked when it is chosen, and not before."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert "nowhere" not in shown(panel)
    control(panel, "runner").value = "docker"
    end = time.monotonic() + 20
    while 'role="alert"' not in shown(panel) and time.monotonic() < end:
        time.sleep(0.05)
    assert "no such socket" in shown(panel)
    control(panel, "Run").click()
    drawn()
    assert "EngineNotFoundError" in shown(panel)


def test_values_of_secrets_are_masked(panel, monkeypatch):
    """In the log as everywhere."""
    monkeypatch.setenv("_FSEC_W_TOKEN", "hunter2-hunter2")
    control(panel, "title: str").value = "tell"
    control(panel, "Run").click()
    panel.current.wait()
    drawn()
    assert "it is [secret]" in shown(panel)
    assert "hunter2" not in shown(panel)


def test_nothing_of_a_task_is_html(panel):
    """Neither its log nor its error nor what it is given."""
    control(panel, "title: str").value = "fall"
    control(panel, "Run").click()
    panel.current.wait()
    drawn()
    assert "&lt;b&gt;fell&lt;/b&gt;" in shown(panel)
    assert "<b>fell" not in shown(panel)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_an_input_is_html(payload):
    """Name aside: it is an identifier."""
    inputs = {"x": (str, payload), "y": (list[str], [payload])}
    task = kit.PythonCustomizedContainerTask(
        payload.replace("\0", ""),
        None,
        "i:1",
        Executor,
        interface=kit.Interface(inputs),
    )
    panel = kit.panel(task)
    assert payload not in shown(panel) or "<" not in payload
    panel.close()


class Executor(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


def test_a_log_is_searched_filtered_and_paused(panel):
    """Without losing a line."""
    control(panel, "Run").click()
    panel.current.wait()
    drawn()
    control(panel, "search the log").value = "STEP 1"
    assert "step 1" in shown(panel)
    assert "step 2" not in shown(panel)
    control(panel, "search the log").value = ""
    control(panel, "stream").value = "stderr"
    assert "tired" in shown(panel)
    assert "step 2" not in shown(panel)
    control(panel, "pause").value = True
    control(panel, "stream").value = ""
    assert "step 2" not in shown(panel)
    control(panel, "pause").value = False
    assert "step 2" in shown(panel)


def test_a_long_log_is_bounded_in_the_page(panel):
    """The last lines are there, and how many there are."""
    control(panel, "steps*: int").value = "5000"
    control(panel, "Run").click()
    panel.current.wait()
    drawn()
    html = shown(panel)
    assert html.count("\n</span>") == 300
    assert "300 of 5,001 lines" in html
    assert "step 4999" in html


def test_a_panel_follows_its_task(panel):
    """What is filled in stays; other inputs come."""
    control(panel, "title: str").value = "kept"

    @kit.container_task(image="a/b:1", name="walk", ship="inline")
    def walk(tt, title: str = "new", size: int = 4) -> int:
        return size

    panel.follow(walk)
    assert control(panel, "size: int").value == "4"
    assert control(panel, "title: str").value == "kept"
    assert panel.task is walk
    panel.follow()
    assert panel.task is walk


def test_an_interrupted_cell_cancels(panel):
    """Where clicks wait for the cell, an interrupt is the way to stop the run."""
    panel.form.inputs["pace"].field.type("10")
    panel.start()
    cells.stop_when_interrupted(panel)
    result = type("Result", (), {"error_in_exec": None})()
    cells._after_any_cell(result)
    assert not panel.current.is_done
    result.error_in_exec = KeyboardInterrupt()
    cells._after_any_cell(result)
    assert panel.current.wait().phase is Phase.ABORTED


def test_a_busy_kernel_is_told(panel, monkeypatch):
    """After a while, for as long as the cell runs."""
    monkeypatch.setattr(cells, "_LONG_SECONDS", 0.0)
    panel.form.inputs["pace"].field.type("10")
    cells._before_cell()
    control(panel, "Run").click()
    end = time.monotonic() + 5
    while "busy with a cell" not in shown(panel) and time.monotonic() < end:
        time.sleep(0.02)
    assert "interrupt the kernel" in shown(panel)
    cells._after_any_cell()
    panel.cancel()
    panel.current.wait()


def test_three_hundred_inputs_are_shown_in_parts():
    """So that the first are there at once; what is wrong brings the others."""
    inputs = {f"n{number}": int for number in range(300)}
    task = kit.PythonCustomizedContainerTask(
        "many", None, "i:1", Executor, interface=kit.Interface(inputs)
    )
    panel = kit.panel(task)
    assert control(panel, "n59*: int")
    more = control(panel, "Show 240 more inputs")
    control(panel, "Run").click()
    assert control(panel, "n299*: int")
    assert more.comm is None
    panel.close()


def test_closing_leaves_no_widget_and_no_thread():
    """With layouts and styles, however often it was run."""
    from ipywidgets.widgets.widget import _instances

    drawn()
    before, threads = set(_instances), threading.active_count()
    panel = kit.panel(walk, steps=1)
    panel.opened()
    for _ in range(2):
        control(panel, "Run").click()
        panel.current.wait()
        drawn()
    assert len(set(_instances) - before) > 20
    panel.close()
    assert set(_instances) <= before
    time.sleep(2 / ticker.PER_SECOND)
    assert threading.active_count() <= threads


def test_uploads_are_inputs(tmp_path):
    """And what they hold does not stay in the widget."""

    @kit.container_task(image="a/b:1", name="read", ship="inline")
    def read(tt, data: kit.FlyteFile) -> str:
        from pathlib import Path

        return Path(data).read_text()

    panel = kit.panel(read)
    upload = control(panel, "Upload a file")
    content = memoryview(b"hello")
    file = {"name": "a.txt", "type": "", "size": 5, "content": content}
    upload.value = ({**file, "last_modified": dt.datetime.now(dt.timezone.utc)},)
    assert upload.value == ()
    assert control(panel, "data*: FlyteFile").value.endswith("a.txt")
    assert panel.start().wait().outputs.o0 == "hello"
    assert Path(control(panel, "data*: FlyteFile").value).is_file()
    panel.close()


def test_a_timeout_stops_a_run(panel):
    """It is typed as people write durations; with none it is the task's own."""
    control(panel, "steps*: int").value = "1000"
    control(panel, "pace: float").value = "1"
    control(panel, "timeout").value = "0.5s"
    assert panel.timeout == 0.5
    assert panel.start().wait(30).phase is Phase.TIMED_OUT
    control(panel, "timeout").value = ""
    assert panel.timeout is None
    with pytest.raises(CallError, match="positive number"):
        panel.timeout = -1


@pytest.mark.parametrize("text", ["soon", "-3", "0"])
def test_a_wrong_timeout_is_told_beside_its_field(panel, text):
    """And nothing runs before it is right."""
    control(panel, "timeout").value = text
    assert 'role="alert"' in shown(panel)
    control(panel, "Run").click()
    assert panel.current is None
    assert "Not started: see timeout." in shown(panel)
    control(panel, "timeout").value = "2m"
    assert panel.timeout == 120
