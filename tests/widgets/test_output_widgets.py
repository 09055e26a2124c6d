"""Outputs as part of a live view: what a reader asks for, and what is drawn."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kit
from kit.display.html import item_html
from kit.display.outputs import output_items
from kit.errors import DisplayError
from kit.types import FlyteDirectory, FlyteFile
from kit.widgets.files import Source
from kit.widgets.grid import Grid
from kit.widgets.live import Event, LiveView, Part
from kit.widgets.outputs import (
    Files,
    OutputsState,
    OutputsView,
    Remote,
    Text,
    outputs_html,
    outputs_parts,
    outputs_state,
    perform_outputs,
    update_outputs,
)

FRAME = pd.DataFrame({"n": np.arange(1_000_000)[::-1], "s": "x"})


def only(state: OutputsState, kind: type) -> Any:
    """Return the only block of a kind."""
    (found,) = [block for block in state.blocks if type(block) is kind]
    return found


def press(state: OutputsState, action: str, value: str) -> OutputsState:
    """Answer a button."""
    return update_outputs(state, Event("action", action, value))


def drawn(state: OutputsState) -> str:
    """Return all that is drawn."""
    parts = [part.html for part in outputs_parts(state) if isinstance(part, Part)]
    return outputs_html(state) + "".join(parts)


def whole(source: Source) -> bytes:
    """Read a file piece by piece."""
    data = b""
    while len(data) < source.size:
        data += source.read(len(data), 1 << 20)
    return data


def test_a_table_has_its_first_page_only():
    """A million rows are as little to send as twenty."""
    state = outputs_state({"big": FRAME})
    table = only(state, Grid)
    assert table.title == "big: 1,000,000 rows"
    assert len(table.cells) == 20
    assert len(drawn(state)) < 5_000
    assert "1 to 20 of 1,000,000" in drawn(state)


def test_a_table_is_turned_and_sorted():
    """Up, down, and as it was; a number is a page."""
    state = outputs_state({"big": FRAME})
    state = press(state, "grid.sort", "1:0")
    assert only(state, Grid).cells[0] == ("0", "x")
    assert 'aria-sort="ascending"' in drawn(state)
    state = press(state, "grid.turn", "1:last")
    assert only(state, Grid).cells[-1] == ("999999", "x")
    state = press(state, "grid.sort", "1:0")
    assert (only(state, Grid).cells[0], only(state, Grid).start) == (("999999", "x"), 0)
    state = press(state, "grid.sort", "1:0")
    assert only(state, Grid).order is None
    state = update_outputs(state, Event("field", "grid.page:1", "3"))
    assert only(state, Grid).cells[0] == ("999959", "x")
    state = update_outputs(state, Event("field", "grid.size:1", "100"))
    assert (len(only(state, Grid).cells), only(state, Grid).start) == (100, 0)
    state = press(press(state, "grid.turn", "1:next"), "grid.turn", "1:next")
    assert only(state, Grid).start == 200
    assert only(press(state, "grid.turn", "1:previous"), Grid).start == 100
    assert only(press(state, "grid.turn", "1:first"), Grid).start == 0


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("grid.turn", "1:-1"),
        ("grid.turn", "1:x"),
        ("grid.turn", "1:"),
        ("grid.turn", "1:" + "9" * 30),
        ("grid.sort", "1:9"),
        ("grid.sort", "1:-1"),
        ("grid.sort", "1:²"),
        ("grid.size", "1:21"),
        ("grid.boil", "1:1"),
        ("grid.turn", "2:next"),
        ("files.choose", "1:0"),
    ],
)
def test_a_wrong_question_is_an_error(action, value):
    """A page may be older than what is shown."""
    with pytest.raises(DisplayError):
        press(outputs_state({"big": FRAME}), action, value)


def test_pages_beyond_the_ends_are_the_ends():
    """As a reader who types one wants."""
    state = outputs_state({"big": FRAME})
    assert only(press(state, "grid.turn", "1:previous"), Grid).start == 0
    far = update_outputs(state, Event("field", "grid.page:1", "99999999"))
    assert only(far, Grid).start == 999_980


def test_objects_that_raise_do_not_end_the_view():
    """A cell whose repr fails is told in its place."""

    class Odd:
        def __repr__(self):
            msg = "no repr"
            raise RuntimeError(msg)

    state = outputs_state({"rows": [{"a": Odd()}] * 30})
    assert "Odd" in only(state, Grid).cells[0][0]


def test_outputs_are_in_the_order_of_the_interface():
    """Whatever they are: none is told before another one that is first."""
    rows = [{"a": 1}]
    values = {
        "o0": rows,
        "o1": 1,
        "o2": "a\nb",
        "o3": 2,
        "o4": {"k": [1] * 99},
        "o5": 3,
    }
    state = outputs_state(values)
    html = "".join(
        block.html() if isinstance(block, Grid) else block.html
        for block in state.blocks
        if isinstance(block, (Grid, Text))
    )
    places = [html.index(f"{name}") for name in values]
    assert places == sorted(places)
    static = "".join(map(item_html, output_items(values)))
    places = [static.index(name) for name in values]
    assert places == sorted(places)


def test_text_between_tables_is_one_block():
    """However many values there are, and however many tables, there are few parts."""
    assert len(outputs_state({f"n{n}": n for n in range(100)}).blocks) == 1
    many = outputs_state({f"n{n}": [{"a": 1}] for n in range(100)})
    assert len([block for block in many.blocks if isinstance(block, Grid)]) == 40
    assert "n99: 1 row" in drawn(many)


def test_a_file_comes_piece_by_piece(tmp_path):
    """Its name is on the button."""
    data = bytes(range(256)) * 10_000
    (tmp_path / "a.bin").write_bytes(data)
    state = outputs_state({"f": FlyteFile(str(tmp_path / "a.bin"))})
    files = only(state, Files)
    assert whole(files.sources[0]) == data
    assert "Save a.bin" in drawn(state)


def test_the_files_of_a_folder_can_be_chosen(tmp_path):
    """By their paths below it; links are none of them."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("hello")
    (tmp_path / "b.txt").write_text("there")
    (tmp_path / "link").symlink_to("/etc/passwd")
    state = outputs_state({"d": FlyteDirectory(str(tmp_path))})
    files = only(state, Files)
    assert [source.name for source in files.sources] == ["b.txt", "sub/a.txt"]
    state = update_outputs(state, Event("field", f"files.choose:{files.key}", "1"))
    chosen = only(state, Files)
    assert whole(chosen.sources[chosen.chosen]) == b"hello"
    for wrong in ("2", "-1", "x"):
        with pytest.raises(DisplayError):
            update_outputs(state, Event("field", f"files.choose:{files.key}", wrong))


def test_what_is_cut_can_be_saved():
    """A long text, and a value with many parts, as JSON."""
    files = only(outputs_state({"t": "line\n" * 2_000}), Files)
    assert whole(files.sources[0]) == b"line\n" * 2_000
    tree = {"rows": {str(n): [n] for n in range(2_000)}}
    files = only(outputs_state({"t": tree}), Files)
    assert json.loads(whole(files.sources[0])) == tree
    assert [type(block) for block in outputs_state({"t": "a\nb"}).blocks] == [Text]


@pytest.fixture
def sent(monkeypatch):
    """Return a view of outputs and the list of what it sends to the page."""
    pytest.importorskip("anywidget")

    def make(values: dict[str, Any]) -> tuple[LiveView, list]:
        live = LiveView(
            outputs_state(values),
            update_outputs,
            outputs_parts,
            label="outputs",
            perform=perform_outputs,
        )
        told: list = []
        monkeypatch.setattr(
            live.widget, "send", lambda content, data=None: told.append((content, data))
        )
        return live, told

    return make


def test_pieces_are_sent_when_they_are_asked_for(sent, tmp_path):
    """So that nothing piles up; a file that shrank is an error."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(3 << 20))
    live, told = sent({"f": FlyteFile(str(path))})
    live.post(Event("action", "files.save", "1"))
    pieces = [message for message, _ in told if message["kind"] == "piece"]
    assert [(piece["start"], piece["size"]) for piece in pieces] == [(0, 3 << 20)]
    live._heard(
        None, {"kind": "more", "key": pieces[0]["number"], "start": 1 << 20}, []
    )
    assert told[-1][0]["start"] == 1 << 20
    assert len(told[-1][1][0]) == 1 << 20
    path.write_bytes(bytes(10))
    live._heard(
        None, {"kind": "more", "key": pieces[0]["number"], "start": 2 << 20}, []
    )
    assert live.alert == "a.bin is shorter than it was."
    count = len(told)
    for wrong in ({"key": "99", "start": 1}, {"key": "1", "start": "x"}, {}):
        live._heard(None, {"kind": "more", **wrong}, [])
    assert len(told) == count
    path.unlink()
    live.post(Event("action", "files.save", "1"))
    assert live.alert.startswith("FileNotFoundError")


def test_a_view_of_outputs_leaves_nothing():
    """It is one widget, which is closed with it."""
    pytest.importorskip("anywidget")
    from ipywidgets.widgets.widget import _instances

    @kit.container_task(image="acme/a:1", name="many")
    def many(tt) -> tuple[list[dict], str]:
        return [{"a": 1}] * 30, "line\n" * 3_000

    outputs = kit.run(many, runner="in-process").outputs
    before = set(_instances)
    view = OutputsView(outputs)
    assert view.root.get_view_spec()
    assert len(set(_instances) - before) == 1
    assert "many" in view.parts[0].html
    view.close()
    assert set(_instances) == before


def test_secrets_are_in_no_cell():
    """Neither on the first page nor on a later one."""
    rows = [{"n": n, "s": "it is sesame"} for n in range(30)]

    def mask(thing: Any) -> Any:
        return thing.replace("sesame", "[secret]") if isinstance(thing, str) else thing

    state = outputs_state({"rows": rows}, mask)
    assert only(state, Grid).cells[0] == ("0", "it is [secret]")
    later = only(press(state, "grid.turn", "1:last"), Grid)
    assert later.cells[-1] == ("29", "it is [secret]")


class Store(http.server.BaseHTTPRequestHandler):
    """A store that has one file."""

    def do_GET(self) -> None:
        """Send it."""
        is_there = self.path.startswith("/a.txt")
        self.send_response(200 if is_there else 404)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_HEAD = do_GET  # noqa: N815 - idem

    def log_message(self, *words) -> None:
        """Keep quiet."""


@pytest.fixture
def store():
    """Serve a file on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://me:sesame@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetched(value: FlyteFile, is_there: Any) -> LiveView:
    """Press the button that fetches, and wait until something is there."""
    pytest.importorskip("aiohttp")
    live = LiveView(
        outputs_state({"f": value}),
        update_outputs,
        outputs_parts,
        label="outputs",
        perform=perform_outputs,
    )
    assert "not downloaded" in drawn(live.state)
    live.post(Event("action", "files.fetch", only(live.state, Remote).key))
    end = time.monotonic() + 20
    while not is_there(live.state) and time.monotonic() < end:
        time.sleep(0.02)
    assert is_there(live.state)
    assert "sesame" not in drawn(live.state)
    return live


def test_a_file_of_another_store_is_fetched_when_it_is_asked_for(store):
    """Until then its address is told, without credentials."""
    value = FlyteFile(f"{store}/a.txt?token=sesame")
    live = fetched(value, lambda state: any(type(b) is Files for b in state.blocks))
    assert "hello" in drawn(live.state)
    assert value.downloaded


def test_a_file_that_cannot_be_fetched_can_be_asked_for_again(store):
    """And says why it was not."""
    value = FlyteFile(f"{store}/gone.txt")
    live = fetched(value, lambda state: "Not fetched" in drawn(state))
    assert not re.search("<button[^>]*disabled", drawn(live.state))
