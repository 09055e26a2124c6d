"""Outputs as live views: what the page asks for, and what it gets."""

from __future__ import annotations

import http.server
import json
import threading

import numpy as np
import pandas as pd
import pytest

import kit
from kit.types import FlyteDirectory, FlyteFile

pytest.importorskip("ipywidgets")
pytest.importorskip("anywidget")

from ipywidgets.widgets.widget import _instances
from waiting import until

from kit.widgets.base import Styles
from kit.widgets.outputs import OutputsView, output_widgets
from kit.widgets.run_panel import panel


def only(widgets, kind: str):
    """Return the only widget of a kind."""
    (found,) = [widget for widget in widgets if type(widget).__name__ == kind]
    return found


def tree(widget) -> list:
    """Return a widget and all that is in it."""
    inside = [part for child in getattr(widget, "children", ()) for part in tree(child)]
    return [widget, *inside]


def ask(widget, content) -> tuple[dict, list]:
    """Ask as the page does, and return the answer."""
    answers: list[tuple[dict, list]] = []
    widget.send = lambda told, buffers=None: answers.append((told, buffers))
    widget._handle_custom_msg(content, [])
    ((told, buffers),) = answers
    return told, buffers


def page(widget, **facts) -> dict:
    """Ask for rows."""
    asked = {"number": 1, "start": 0, "count": 3, "column": None, "descending": False}
    return ask(widget, {**asked, **facts})[0]


FRAME = pd.DataFrame({"n": np.arange(1_000_000)[::-1], "s": "x"})


def test_a_table_holds_its_first_page_only():
    """A million rows are as little to send as twenty."""
    table = only(output_widgets({"big": FRAME}, Styles()), "data_table")
    assert table.title == "big: 1,000,000 rows"
    assert table.count == 1_000_000
    assert len(table.first) == 20
    state = json.dumps({key: table.get_state()[key] for key in ("first", "columns")})
    assert len(state) < 4_000


def test_a_page_is_answered_sorted():
    """With the number of the question, so that late answers are known."""
    table = only(output_widgets({"big": FRAME}, Styles()), "data_table")
    told = page(table, number=7, start=999_998, column=0)
    assert told == {"number": 7, "rows": [["999998", "x"], ["999999", "x"]]}
    assert page(table, column=0, descending=True)["rows"][0] == ["999999", "x"]
    assert page(table)["rows"][0] == ["999999", "x"]


@pytest.mark.parametrize(
    "facts",
    [
        {"start": -1},
        {"start": 10**9},
        {"count": 0},
        {"count": 10**6},
        {"column": 9},
        {"column": -1},
        {"start": "x"},
        {"start": None},
    ],
)
def test_a_wrong_question_gets_an_error(facts):
    """And the table stands."""
    table = only(output_widgets({"big": FRAME}, Styles()), "data_table")
    assert "error" in page(table, **facts)
    assert "rows" in page(table)
    assert "error" in ask(table, "nonsense")[0]


def test_objects_that_raise_do_not_end_the_view():
    """A cell whose repr fails is told in its place."""

    class Odd:
        def __repr__(self):
            msg = "no repr"
            raise RuntimeError(msg)

    table = only(output_widgets({"rows": [{"a": Odd()}] * 30}, Styles()), "data_table")
    assert "Odd" in page(table)["rows"][0][0]


def test_a_file_comes_piece_by_piece(tmp_path):
    """Each when it is asked for."""
    data = bytes(range(256)) * 10_000
    (tmp_path / "a.bin").write_bytes(data)
    made = output_widgets({"f": FlyteFile(str(tmp_path / "a.bin"))}, Styles())
    files = only(made, "downloads")
    got = b""
    while len(got) < len(data):
        asked = {"number": len(got), "file": 0, "start": len(got)}
        told, (piece,) = ask(files, asked)
        assert told == {"number": len(got), "size": len(data)}
        assert 0 < len(piece) <= 1 << 20
        got += piece
    assert got == data


def test_a_file_that_shrank_is_an_error(tmp_path):
    """No part of it is saved as if it were all."""
    (tmp_path / "a.bin").write_bytes(bytes(100))
    made = output_widgets({"f": FlyteFile(str(tmp_path / "a.bin"))}, Styles())
    (tmp_path / "a.bin").write_bytes(bytes(10))
    told, pieces = ask(only(made, "downloads"), {"number": 1, "file": 0, "start": 50})
    assert told["error"] == "a.bin is shorter than it was"
    assert pieces == []
    (tmp_path / "a.bin").unlink()
    told, _ = ask(only(made, "downloads"), {"number": 1, "file": 0, "start": 0})
    assert told["error"].startswith("FileNotFoundError")
    for wrong in ({"file": 3, "start": 0}, {"file": "x", "start": 0}, {}, None):
        assert "error" in ask(only(made, "downloads"), wrong)[0]


def test_the_files_of_a_folder_can_be_chosen(tmp_path):
    """By their paths below it."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("hello")
    (tmp_path / "b.txt").write_text("there")
    (tmp_path / "link").symlink_to("/etc/passwd")
    made = output_widgets({"d": FlyteDirectory(str(tmp_path))}, Styles())
    files = only(made, "downloads")
    assert files.files == [
        {"name": "b.txt", "size": 5},
        {"name": "sub/a.txt", "size": 5},
    ]
    assert ask(files, {"number": 1, "file": 1, "start": 0})[1] == [b"hello"]


def test_what_is_cut_can_be_taken_along():
    """A long text, and a value with many parts, as JSON."""
    files = only(output_widgets({"t": "line\n" * 2_000}, Styles()), "downloads")
    assert ask(files, {"number": 1, "file": 0, "start": 0})[1] == [b"line\n" * 2_000]
    tree = {"rows": {str(n): [n] for n in range(2_000)}}
    files = only(output_widgets({"t": tree}, Styles()), "downloads")
    (piece,) = ask(files, {"number": 1, "file": 0, "start": 0})[1]
    assert json.loads(piece) == tree
    assert [type(w).__name__ for w in output_widgets({"t": "a\nb"}, Styles())] == [
        "HTML"
    ]


def test_text_between_tables_is_one_widget():
    """However many values there are, and however many tables, there are few comms."""
    made = output_widgets({f"n{n}": n for n in range(100)}, Styles())
    assert len(made) == 1
    rows = [{"a": 1}]
    many = output_widgets({f"n{n}": rows for n in range(100)}, Styles())
    assert len([w for w in many if type(w).__name__ == "data_table"]) == 40
    assert "n99: 1 row" in many[-1].value


def test_without_anywidget_everything_is_told(monkeypatch, tmp_path):
    """As on a static page."""
    module = "kit.widgets.outputs.can_script"
    monkeypatch.setattr(module, lambda: False)
    (tmp_path / "a.txt").write_text("hello")
    values = {"rows": [{"a": 1}], "f": FlyteFile(str(tmp_path / "a.txt"))}
    (text,) = output_widgets({**values, "long": list(range(50))}, Styles())
    for word in ("rows: 1 row", "a.txt, under 1 kB", "hello", "(50 values)"):
        assert word in text.value


def test_a_view_of_outputs_leaves_nothing():
    """All that it made is closed with it."""

    @kit.container_task(image="acme/a:1", name="many")
    def many(tt) -> tuple[list[dict], str]:
        return [{"a": 1}] * 30, "line\n" * 3_000

    outputs = kit.run(many, runner="in-process").outputs
    before = set(_instances)
    view = OutputsView(outputs)
    assert any("many" in getattr(w, "value", "") for w in view.root.children)
    view.close()
    assert set(_instances) == before


def test_the_panel_shows_outputs_live(monkeypatch):
    """Those of the last run; values of secrets are in none of it."""
    monkeypatch.setenv("_FSEC_WALK_TOKEN", "sesame opens")

    @kit.container_task(
        image="acme/a:1", name="told", secret_requests=[kit.Secret("walk", "token")]
    )
    def told(tt, n: int) -> list[dict]:
        token = kit.current_context().secrets.get("walk", "token")
        return [{"n": n, "s": f"it is {token}"}] * 30

    before = set(_instances)
    made = panel(told, n=3)
    view = made.opened()
    made.runner = "in-process"
    made.start().wait()
    until(lambda: any(type(w).__name__ == "data_table" for w in tree(view.root)))
    table = only(tree(view.root), "data_table")
    assert table.first[0] == ["3", "it is [secret]"]
    assert page(table)["rows"][0] == ["3", "it is [secret]"]
    made.close()
    assert set(_instances) == before


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


def test_a_file_of_another_store_is_fetched_when_it_is_asked_for(store):
    """Until then its address is told, without credentials."""
    pytest.importorskip("aiohttp")
    value = FlyteFile(f"{store}/a.txt?token=sesame")
    made = output_widgets({"f": value}, Styles())
    assert "not downloaded" in made[0].value
    assert "sesame" not in made[0].value
    assert not value.downloaded
    made[1].children[0].click()
    assert until(lambda: type(made[1].children[-1]).__name__ == "downloads")
    assert "hello" in made[1].children[0].value


def test_a_file_that_cannot_be_fetched_can_be_asked_for_again(store):
    """And says why it cannot."""
    pytest.importorskip("aiohttp")
    (_, box) = output_widgets({"f": FlyteFile(f"{store}/gone.txt")}, Styles())
    box.children[0].click()
    assert until(lambda: "Not fetched" in box.children[1].value)
    assert "sesame" not in box.children[1].value
    assert until(lambda: not box.children[0].disabled)
