"""Large moves are seen on their way, by a few lines or a bar."""

from __future__ import annotations

import io
import os
import sys

import pytest
from web_server import Answer

from kit.errors import StorageError
from kit.storage import download, progress, write_bytes
from kit.storage.progress import use_progress


class Seen:
    """A view that keeps what it is told."""

    def __init__(self, move):
        self.move, self.updates, self.arrived = move, [], None

    def update(self):
        self.updates.append(self.move.moved)

    def close(self, *, arrived):
        self.arrived = arrived


@pytest.fixture
def views():
    """Have moves shown by views that are kept."""
    kept = []
    with use_progress(lambda move: kept.append(Seen(move)) or kept[-1]):
        yield kept


def test_a_small_quick_file_is_not_told(web, tmp_path, capsys):
    """A log does not fill with what nobody waits for."""
    download(web.give("/x", Answer(body=b"x")), str(tmp_path / "x"))
    assert capsys.readouterr().err == ""


def test_a_large_file_is_told_at_its_end(s3, tmp_path, capsys):
    """One line says where from, how much, and how long."""
    write_bytes("s3://bucket/large", bytes(9 * 2**20))
    download("s3://bucket/large", str(tmp_path / "x"))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("kit: downloaded s3://bucket/large: 9.0 MiB in ")


def test_a_slow_file_is_told_on_its_way(web, tmp_path, capsys, monkeypatch):
    """Lines come, ever more seldom, without the URL's secrets."""
    monkeypatch.setattr(progress, "_FIRST_LINE_AFTER", 0.2)
    url = web.give("/slow", Answer(body=bytes(2 * 2**20), pause=1.2))
    download(f"{url}?sig=secret", str(tmp_path / "x"))
    lines = capsys.readouterr().err.splitlines()
    assert "downloading" in lines[0]
    assert "/slow?sig=***: 1.0 MiB of 2.0 MiB (50%) in" in lines[0]
    assert "downloaded" in lines[-1]
    assert 2 <= len(lines) <= 4


def test_a_view_of_ones_own(web, views, tmp_path):
    """It is told the bytes and the end, and what did not arrive is not counted."""
    whole = Answer(body=bytes(100_000), pause=0.4)
    url = web.give("/x", Answer(body=bytes(50), length=100_000), whole)
    download(url, str(tmp_path / "x"))
    (view,) = views
    assert (view.move.moved, view.move.total, view.arrived) == (100_000, 100_000, True)
    assert view.updates


def test_a_view_of_a_failure(web, views, tmp_path):
    """It is told that the move is over, and did not arrive."""
    with pytest.raises(StorageError):
        download(f"{web.url}/none", str(tmp_path / "x"))
    assert [view.arrived for view in views] == [False]


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_without_rich(web, tmp_path, monkeypatch):
    """A container has a terminal when a person opens one, and need not have rich."""
    monkeypatch.setattr(progress, "_FIRST_LINE_AFTER", 0.1)
    monkeypatch.setitem(sys.modules, "rich", None)
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    url = web.give("/slow", Answer(body=bytes(100_000), pause=0.5))
    download(url, str(tmp_path / "x"))
    assert terminal.getvalue().startswith("kit: downloading ")


def test_a_bar_in_a_terminal(web, tmp_path, monkeypatch):
    """It names the file, shows the amount, and is gone in the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    body = os.urandom(2 * 2**20)
    url = web.give("/some%5Bred%5D.bin", Answer(body=body, pause=0.8))
    download(url, str(tmp_path / "x"))
    shown = terminal.getvalue()
    assert "download " in shown
    assert "2.1 MB" in shown or "2.0 MiB" in shown or "/2.0" in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A\x1b[2K"))
