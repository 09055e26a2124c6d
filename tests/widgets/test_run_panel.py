"""The run panel without a browser: its state, its events, and what is drawn."""

from __future__ import annotations

import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from xss import PAYLOADS

import kit
from kit.errors import CallError
from kit.runners.outcome import Phase
from kit.widgets import view_registry as cells
from kit.widgets import view_registry as ticker
from kit.widgets.live import Event, Lines, Part
from kit.widgets.run_panel import PanelState, update_panel, view_panel


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


class Executor(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


class Idle(kit.PythonCustomizedContainerTask):
    """Needs nothing to be known."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


def task_of(name: str = "many", **inputs: Any) -> Idle:
    """Make a task that does nothing with these inputs."""
    interface = kit.Interface(inputs)
    return Idle(name, None, "i:1", Executor, interface=interface)


@pytest.fixture
def panel():
    """Return a panel, and close it."""
    made = kit.panel(walk, steps=3)
    yield made
    made.close()
    drawn()


def drawn() -> None:
    """Wait until nothing more is drawn."""
    end = time.monotonic() + 10
    while ticker._drawing and time.monotonic() < end:
        time.sleep(0.02)


def parts(panel: kit.Panel) -> dict[str, str]:
    """Return what is drawn, by the keys of the parts."""
    return {
        part.key: part.html if isinstance(part, Part) else "".join(part.lines)
        for part in view_panel(panel.state)
    }


def shown(panel: kit.Panel) -> str:
    """Return all that is drawn."""
    return "".join(parts(panel).values())


class Buttons(HTMLParser):
    """Finds buttons that can be pressed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.live: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        if tag == "button" and "disabled" not in facts:
            self.live.add(facts.get("data-kit-action", ""))


def live_buttons(panel: kit.Panel) -> set[str]:
    """Return which of its buttons can be pressed."""
    return Buttons(parts(panel)["panel.head"]).live


def fill(panel: kit.Panel, name: str, value: Any) -> None:
    """Type into an input as a reader does."""
    panel.post(Event("field", f"in/{name}", value))


def press(panel: kit.Panel, action: str, value: str = "") -> None:
    """Press a button."""
    panel.post(Event("action", action, value))


def test_code_can_run_what_is_filled_in():
    """With the defaults of what is not."""
    panel = kit.panel(walk, steps=2)
    run = panel.start().wait()
    assert (run.outputs.o0, run.runner) == (2, "subprocess")
    assert panel.again().wait().outputs.o0 == 2
    fill(panel, "steps", "x")
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
    """For where there is no live view."""
    bundle = kit.panel(walk)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    for face in bundle.values():
        for words in ("steps", "How many.", "needed", "a walk", "kit.run(walk, steps"):
            assert words in face
    panel = kit.panel(walk, steps=1)
    panel.start().wait()
    assert "SUCCEEDED" in panel._repr_mimebundle_()["text/plain"]


def test_an_update_changes_nothing_of_the_state_before():
    """Each state can be drawn again."""
    state = kit.panel(walk).state
    before = list(view_panel(state))
    after = update_panel(state, Event("field", "in/steps", "7"))
    after = update_panel(after, Event("field", "timeout", "2m"))
    assert list(view_panel(state)) == before
    assert after.form.read().value["steps"] == 7
    assert (state.timeout, after.timeout) == ("", "2m")


def test_only_the_input_that_was_typed_into_is_drawn_otherwise():
    """An edit is one part to send."""
    state = kit.panel(walk).state
    before = {part.key: part for part in view_panel(state)}
    after = update_panel(state, Event("field", "in/steps", "7"))
    changed = [part.key for part in view_panel(after) if before[part.key] != part]
    assert changed == ["in/steps"]


def test_a_press_runs_and_shows_what_comes_of_it(panel):
    """State, duration, log and outputs; then it can be run again."""
    assert live_buttons(panel) == {"run"}
    press(panel, "run")
    panel.current.wait()
    drawn()
    found = parts(panel)
    assert "step 2" in found["run.log"]
    assert "<b>Succeeded</b>" in found["run.status"]
    assert " s</span>" in found["run.status"]
    assert ">o0</th><td>3</td>" in found["run.result"]
    assert 'data-kit-show="result:' in found["run.frame"]
    assert live_buttons(panel) == {"run", "again"}
    first = panel.current
    press(panel, "again")
    assert panel.current is not first
    panel.current.wait()


def test_the_place_of_results_is_there_before_the_first_run(panel):
    """So that nothing moves when they come."""
    before = parts(panel)
    press(panel, "run")
    panel.current.wait()
    drawn()
    assert list(before) == [key for key in parts(panel) if not key.startswith("out/")]
    assert before["panel"] == parts(panel)["panel"]


def test_what_is_wrong_is_told_beside_its_field(panel):
    """At once when it is typed, and what is missing when it is run."""
    fill(panel, "steps", "x")
    assert "'x' is no whole number." in parts(panel)["in/steps"]
    press(panel, "run")
    assert panel.current is None
    assert "Not started: see steps." in parts(panel)["run.status"]
    fill(panel, "steps", "1")
    assert "whole number." not in parts(panel)["in/steps"]
    assert "Not started" not in shown(panel)


def test_what_is_filled_in_wrongly_is_told_at_once():
    """Before anything is pressed; what is missing is told by then only."""
    panel = kit.panel(walk, steps="x")
    assert 'role="alert"' in parts(panel)["in/steps"]
    empty = kit.panel(walk)
    assert 'role="alert"' not in shown(empty)
    press(empty, "run")
    assert "Needed: a whole number." in parts(empty)["in/steps"]


def test_a_value_that_a_launch_would_refuse_is_told_beside_its_field():
    """In Flyte's words; it can run here all the same."""
    task = task_of(pairs=(dict[str, dict[str, int]], {}))
    panel = kit.panel(task, pairs={"a": {"k": 1}, "b": {}})
    assert "invalid pairs input wrong type" in parts(panel)["in/pairs"]
    press(panel, "form.clear", "pairs")
    assert "invalid pairs" not in shown(panel)


def test_a_run_can_be_cancelled_at_once(panel):
    """From any thread, and the panel shows that it was."""
    fill(panel, "pace", "10")
    press(panel, "run")
    while panel.current.phase is Phase.QUEUED:
        time.sleep(0.01)
    drawn_now(panel, lambda: "cancel" in live_buttons(panel))
    assert live_buttons(panel) == {"cancel"}
    with pytest.raises(CallError, match="under way"):
        panel.start()
    thread = threading.Thread(target=press, args=(panel, "cancel"))
    thread.start()
    thread.join()
    assert panel.current.wait().phase is Phase.ABORTED
    drawn()
    assert "<b>Cancelled</b>" in parts(panel)["run.status"]


def drawn_now(panel: kit.Panel, is_there: Any) -> None:
    """Wait until something is drawn."""
    end = time.monotonic() + 10
    while not is_there() and time.monotonic() < end:
        time.sleep(0.02)
    assert is_there()


def test_a_double_click_runs_once(panel):
    """Two front ends are as quick as one."""
    before = kit.runs()[-1].number if kit.runs() else 0
    clicks = [threading.Thread(target=press, args=(panel, "run")) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    panel.current.wait()
    assert kit.runs()[-1].number == before + 1


def test_a_run_in_this_process_says_that_it_blocks(panel):
    """And is shown all the same."""
    panel.post(Event("field", "runner", "in-process"))
    assert "only an interrupt stops it" in parts(panel)["panel.place"]
    press(panel, "run")
    assert panel.current.is_done
    drawn()
    assert "step 2" in parts(panel)["run.log"]


def test_a_runner_that_is_not_available_says_why(panel, monkeypatch):
    """The engine is asked when it is chosen, and not before."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert "nowhere" not in shown(panel)
    panel.post(Event("field", "runner", "docker"))
    drawn_now(panel, lambda: "no such socket" in parts(panel)["panel.place"])
    press(panel, "run")
    drawn()
    assert "EngineNotFoundError" in shown(panel)


def test_a_task_whose_template_cannot_be_made_says_why():
    """Where the state of the run would be."""

    class Broken(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            msg = "no custom"
            raise ValueError(msg)

    panel = kit.panel(
        Broken("broken", None, "i:1", Executor, interface=kit.Interface())
    )
    press(panel, "run")
    assert "Not started" in parts(panel)["run.status"]
    assert "no custom" in parts(panel)["run.status"]
    panel.post(Event("refused", "panel", ValueError("no custom " * 30)))
    assert "no custom " * 30 in parts(panel)["run.result"]  # which has more room
    assert "run" in live_buttons(panel)


def test_values_of_secrets_are_masked(panel, monkeypatch):
    """In the log as everywhere."""
    monkeypatch.setenv("_FSEC_W_TOKEN", "hunter2-hunter2")
    fill(panel, "title", "tell")
    press(panel, "run")
    panel.current.wait()
    drawn()
    assert "it is [secret]" in parts(panel)["run.log"]
    assert "hunter2" not in shown(panel)


def test_nothing_of_a_task_is_html(panel):
    """Neither its log nor its error nor what it is given."""
    fill(panel, "title", "fall")
    press(panel, "run")
    panel.current.wait()
    drawn()
    assert "&lt;b&gt;fell&lt;/b&gt;" in parts(panel)["run.status"]
    assert "&lt;b&gt;fell&lt;/b&gt;" in parts(panel)["run.result"]
    assert "<b>fell" not in shown(panel)


class Shape(HTMLParser):
    """Collects elements and the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_task_or_of_a_reader_is_html(payload):
    """Its name, what is filled in and typed, why it was refused."""

    def shape(text: str) -> list[tuple[str, tuple[str, ...]]]:
        text = text.replace("\0", "").replace("\n", " ")[:60]
        task = task_of(text, x=(str, text), y=(list[str], [text]), n=int)
        panel = kit.panel(task)
        fill(panel, "n", text)
        panel.post(Event("field", "timeout", text))
        panel.post(Event("refused", "panel", ValueError(text)))
        drawn = Shape(shown(panel)).found
        panel.close()
        folded = [("div", ("class",)), ("details", ()), ("summary", ()), ("p", ())]
        return [one for one in drawn if one not in folded and one[0] != "p"]

    length = len(payload.replace("\0", ""))
    assert shape(payload) == shape(("harmless" * 20)[:length])


def test_a_long_log_is_bounded_in_the_page(panel):
    """The last lines are there, and how many there are."""
    fill(panel, "steps", "5000")
    press(panel, "run")
    panel.current.wait()
    drawn()
    (log,) = [part for part in view_panel(panel.state) if isinstance(part, Lines)]
    assert (len(log.lines), log.start) == (1_000, 4_001)
    assert 'data-kit-total="5,001 lines"' in parts(panel)["run.frame"]
    assert "step 4999" in log.lines[-2]


def test_a_panel_follows_its_task(panel):
    """What is filled in stays; other inputs come."""
    fill(panel, "title", "kept")

    @kit.container_task(image="a/b:1", name="walk", ship="inline")
    def walk(tt, title: str = "new", size: int = 4) -> int:
        return size

    panel.follow(walk)
    assert 'value="4"' in parts(panel)["in/size"]
    assert ">\nkept</textarea>" in parts(panel)["in/title"]
    assert panel.task is walk
    panel.follow()
    assert panel.task is walk


def test_variables_of_the_notebook_are_values():
    """They are offered by their types, and looked up again at the start of a run."""
    space: dict[str, Any] = {"k": 2, "word": "a", "_hidden": 3}
    made = kit.panel(walk)
    state = PanelState(walk, made.form, namespace=space).offered()
    drawn = {
        part.key: part.html for part in view_panel(state) if isinstance(part, Part)
    }
    assert "k (int 2)" in drawn["in/steps"]
    assert "word" not in drawn["in/steps"]
    state = update_panel(state, Event("field", "in/steps=", "k"))
    assert state.form.read().value["steps"] == 2
    space["k"] = 4
    started = update_panel(state, Event("action", "run"))
    assert (started.is_starting, started.form.read().value["steps"]) == (True, 4)
    cleared = update_panel(state, Event("field", "in/steps=", ""))
    assert not cleared.form.read().ok


def test_an_interrupted_cell_cancels(panel):
    """Where clicks wait for the cell, an interrupt is the way to stop the run."""
    fill(panel, "pace", "10")
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
    fill(panel, "pace", "10")
    cells._before_cell()
    press(panel, "run")
    drawn_now(panel, lambda: "Interrupt the kernel to cancel now" in shown(panel))
    cells._after_any_cell()
    panel.cancel()
    panel.current.wait()


def test_three_hundred_inputs_are_one_message():
    """Each with its field, and quickly."""
    panel = kit.panel(task_of(**{f"n{number}": int for number in range(300)}))
    begin = time.perf_counter()
    found = parts(panel)
    fill(panel, "n299", "1")
    assert 'value="1"' in parts(panel)["in/n299"]
    assert 'data-kit-field="in/n299"' in found["in/n299"]
    assert sum(map(len, found.values())) < 300_000
    assert time.perf_counter() - begin < 2
    panel.close()


def test_closing_leaves_no_widget_and_no_thread():
    """However often it was run."""
    pytest.importorskip("anywidget")
    from ipywidgets.widgets.widget import _instances

    drawn()
    before, threads = set(_instances), threading.active_count()
    panel = kit.panel(walk, steps=1)
    assert panel.opened().root.get_view_spec()
    for _ in range(2):
        press(panel, "run")
        panel.current.wait()
        drawn()
    assert len(set(_instances) - before) == 1
    panel.close()
    assert panel.is_closed
    assert set(_instances) <= before
    time.sleep(2 / ticker.PER_SECOND)
    assert threading.active_count() <= threads


def test_uploads_are_inputs():
    """The file is where its path says."""

    @kit.container_task(image="a/b:1", name="read", ship="inline")
    def read(tt, data: kit.FlyteFile) -> str:
        from pathlib import Path

        return Path(data).read_text()

    panel = kit.panel(read)
    panel.post(Event("upload", "in/data", "a.txt", b"hello"))
    path = panel.form.inputs["data"].field.text
    assert path.endswith("a.txt")
    assert path in parts(panel)["in/data"]
    assert Path(path).is_file()
    assert panel.start().wait().outputs.o0 == "hello"
    panel.close()


def test_a_timeout_stops_a_run(panel):
    """It is typed as people write durations; with none it is the task's own."""
    fill(panel, "steps", "1000")
    fill(panel, "pace", "1")
    panel.post(Event("field", "timeout", "0.5s"))
    assert panel.timeout == 0.5
    assert panel.start().wait(30).phase is Phase.TIMED_OUT
    panel.post(Event("field", "timeout", ""))
    assert panel.timeout is None
    with pytest.raises(CallError, match="positive number"):
        panel.timeout = -1


@pytest.mark.parametrize("text", ["soon", "-3", "0"])
def test_a_wrong_timeout_is_told_beside_its_field(panel, text):
    """And nothing runs before it is right."""
    panel.post(Event("field", "timeout", text))
    assert 'role="alert"' in parts(panel)["panel.place"]
    press(panel, "run")
    assert panel.current is None
    assert "Not started: see timeout." in shown(panel)
    panel.post(Event("field", "timeout", "2m"))
    assert panel.timeout == 120
