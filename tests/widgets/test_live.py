"""The base of live views: state, events and what is sent, without a browser."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest

from kit.errors import DisplayError
from kit.forms.fields import MOST_UPLOADED
from kit.widgets.live import Event, Lines, LiveView, Part, read_event, slot


@dataclass(frozen=True)
class Counter:
    """What the view below shows."""

    count: int = 0
    text: str = ""
    log: tuple[str, ...] = ()
    dropped: int = 0


def update(state: Counter, event: Event) -> Counter:
    """Count, take a text, log, or raise."""
    if event.kind == "field":
        return replace(state, text=event.value)
    if event.key == "raise":
        msg = "no <b>such</b> thing"
        raise ValueError(msg)
    if event.kind == "log":
        return replace(state, log=event.value, dropped=int(event.key))
    return replace(state, count=state.count + 1)


def view(state: Counter):
    """Yield a count, a text in its slot, and a log."""
    if state.text == "break":
        msg = "nothing to draw"
        raise RuntimeError(msg)
    yield Part("count", f"<p>{state.count}</p>{slot('text')}{slot('log')}")
    if state.text != "none":
        yield Part("text", f"<p>{state.text}</p>")
    yield Lines("log", state.log, state.dropped)


def live(perform=None) -> LiveView[Counter]:
    """Return the view."""
    return LiveView(Counter(), update, view, label="a counter", perform=perform)


@pytest.fixture
def shown(monkeypatch):
    """Return a view whose widget exists, and the list of what is sent to the page."""
    pytest.importorskip("anywidget")
    made = live()
    sent = []
    monkeypatch.setattr(
        made.widget, "send", lambda content, _=None: sent.append(content)
    )
    made.wire()
    yield made, sent
    made.close()


def heard(made: LiveView, content: object, buffers=()) -> None:
    """Let the widget hear a message of the page."""
    made.widget._handle_custom_msg(content, list(buffers))


def test_an_event_makes_the_next_state_and_one_message(shown):
    """With the part that changed, and the number of the event."""
    made, sent = shown
    heard(made, {"kind": "action", "key": "more", "number": 1})
    assert made.state == Counter(1)
    (message,) = sent
    assert (message["kind"], message["number"], message["alert"]) == ("update", 1, "")
    assert [part["key"] for part in message["parts"]] == ["count"]
    assert "order" not in message


def test_what_did_not_change_is_not_sent_but_answered(shown):
    """The page waits for the number."""
    made, sent = shown
    heard(made, {"kind": "field", "key": "text", "value": "", "number": 7})
    assert sent == [{"kind": "update", "parts": [], "number": 7, "alert": ""}]


def test_parts_come_and_go_in_their_order(shown):
    """The order is sent when it is another one."""
    made, sent = shown
    made.post(Event("field", "text", "none"))
    assert sent[-1]["order"] == ["count", "log"]
    made.post(Event("field", "text", "back"))
    assert sent[-1]["order"] == ["count", "text", "log"]
    assert [part["key"] for part in sent[-1]["parts"]] == ["text"]


def test_of_a_log_only_what_is_new_is_sent(shown):
    """A line that was written over is new; lines that were dropped are not sent."""
    made, sent = shown
    made.post(Event("log", "0", ("a", "b 10 %")))
    made.post(Event("log", "0", ("a", "b 20 %", "c")))
    assert sent[-1]["parts"] == [
        {"key": "log", "start": 0, "from": 1, "lines": ["b 20 %", "c"]}
    ]
    made.post(Event("log", "2", ("c", "d")))
    assert sent[-1]["parts"] == [{"key": "log", "start": 2, "from": 3, "lines": ["d"]}]
    made.post(Event("log", "0", ("x",)))  # another run
    assert sent[-1]["parts"] == [{"key": "log", "start": 0, "from": 0, "lines": ["x"]}]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "expected an event as an object"),
        ([1], "expected an event as an object"),
        ({"kind": "run", "key": "x"}, "expected an event field, action"),
        ({"kind": "field"}, "expected the key"),
        ({"kind": "field", "key": "k" * 501}, "expected the key"),
        ({"kind": "field", "key": 5, "value": ""}, "expected the key"),
        (
            {"kind": "field", "key": "a", "value": {}},
            "expected a text or a truth value",
        ),
        ({"kind": "field", "key": "a", "value": "x" * 1_000_001}, "are too many"),
    ],
)
def test_what_the_script_does_not_send_is_refused(content, told):
    """With what was expected; a page cannot make events of the kernel's own."""
    with pytest.raises(DisplayError, match=told):
        read_event(content)


def test_an_upload_has_bytes_within_bounds():
    """What is too large says to pass a path."""
    content = {"kind": "upload", "key": "file", "value": "a.txt"}
    assert read_event(content, [memoryview(b"ab")]).data == b"ab"
    assert read_event(content).data == b""
    with pytest.raises(DisplayError, match="Pass the path or URL"):
        read_event(content, [bytes(MOST_UPLOADED + 1)])


def test_a_malformed_event_is_ignored_and_told(shown):
    """The state stays, the next good event takes the sentence away."""
    made, sent = shown
    heard(made, "nonsense")
    assert made.state == Counter()
    assert "expected an event" in sent[-1]["alert"]
    heard(made, {"kind": "action", "key": "more"})
    assert sent[-1]["alert"] == ""


def test_an_update_that_raises_leaves_the_view_as_it_was(shown):
    """And the sentence is a text, which the page writes as one."""
    made, sent = shown
    heard(made, {"kind": "action", "key": "raise", "number": 3})
    assert made.state == Counter()
    assert sent[-1]["alert"] == "ValueError: no <b>such</b> thing"
    assert (sent[-1]["parts"], sent[-1]["number"]) == ([], 3)


def test_a_view_that_raises_leaves_the_page_as_it_was(shown):
    """Nothing is taken away from it."""
    made, sent = shown
    made.post(Event("field", "text", "break"))
    assert sent[-1] == {
        "kind": "update",
        "parts": [],
        "alert": "RuntimeError: nothing to draw",
    }
    assert made.wire()["alert"] == "RuntimeError: nothing to draw"
    made.post(Event("field", "text", "well"))
    assert sent[-1]["alert"] == ""


def test_a_part_that_is_too_long_is_a_sentence(monkeypatch):
    """The rest of the view stands."""
    monkeypatch.setattr("kit.widgets.live.MOST_CHARACTERS", 100)
    made = live()
    made.post(Event("field", "text", "x" * 200))
    assert made.parts[1] == Part(
        "text", "<p>207 characters are too many to show here.</p>"
    )


def test_work_is_done_after_the_state_is_drawn():
    """In threads too, which post what came of it; what it raises is told."""
    done = threading.Event()

    def perform(event: Event, state: Counter, shown: LiveView) -> None:
        if event.kind != "action":
            return
        if event.key == "fail":
            msg = "no engine"
            raise OSError(msg)

        def work() -> None:
            shown.post(Event("finished", "work", state.count))
            done.set()

        threading.Thread(target=work).start()

    made = live(perform)
    made.post(Event("action", "go"))
    assert done.wait(5)
    assert made.state.count == 2
    made.post(Event("action", "fail"))
    assert made.state.count == 3


def test_many_threads_lose_no_event(shown):
    """Nor do messages come in another order than states."""
    made, sent = shown
    threads = [
        threading.Thread(
            target=lambda: [made.post(Event("action", "more")) for _ in range(50)]
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.state.count == 400
    assert sent[-1]["parts"][0]["html"].startswith("<p>400</p>")


def test_a_view_is_one_widget_and_closing_leaves_none():
    """Without layouts or styles of its own; what comes later is not heard."""
    pytest.importorskip("anywidget")
    from ipywidgets.widgets.widget import _instances

    before = len(_instances)
    made = live()
    assert made.widget is made.widget
    assert len(_instances) == before + 1
    made.close()
    made.close()
    assert len(_instances) == before
    assert made.widget is None
    made.post(Event("action", "more"))
    assert made.state == Counter()


def test_a_widget_that_others_closed_is_made_again():
    """As ``Widget.close_all`` does, when the view is shown the next time."""
    pytest.importorskip("anywidget")
    made = live()
    made.widget.close()
    assert made.widget.comm is not None
    made.close()


def test_a_page_cannot_write_into_the_model(shown):
    """What is shown is the kernel's business."""
    made, _sent = shown
    made.widget.set_state({"source": {"parts": []}})
    assert made.widget.source is made


def test_the_state_of_the_widget_is_the_whole_view():
    """Drawn when it is asked for, as by a page that is loaded again."""
    pytest.importorskip("anywidget")
    made = live()
    made.post(Event("action", "more"))
    state = made.widget.get_state()
    assert [part["key"] for part in state["source"]["parts"]] == [
        "count",
        "text",
        "log",
    ]
    assert state["source"]["parts"][0]["html"].startswith("<p>1</p>")
    assert state["label"] == "a counter"
    made.close()
