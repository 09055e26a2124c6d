from __future__ import annotations

import io

import pytest

from kit.display.console import make_console, print_summary
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Section,
    Summary,
    Table,
)

EVERYTHING = Summary(
    kind="task",
    title="acme.heaviest",
    status="SUCCEEDED",
    sections=(
        Section("Facts", (Facts((Fact("image", "acme/sql:1"), Fact("type", "sql"))),)),
        Section("Table", (Table(("name", "type"), (("n", "int"),), caption="rows"),)),
        Section("Code", (Code('{"a": 1}', "json"), Code("echo 1", "shell"))),
        Section("Findings", (Finding("warning", "odd", "do it otherwise"),)),
        Section("Nothing", ()),
    ),
)


def drawn(summary: Summary, width: int = 80) -> str:
    """Print a summary as into a pipe of that width."""
    file = io.StringIO()
    console = make_console(file)
    console.width = width
    print_summary(summary, console)
    return file.getvalue()


def test_everything_is_shown():
    """Each kind of item has a drawing; a section without items has none."""
    text = drawn(EVERYTHING)
    for part in (
        "task acme.heaviest  SUCCEEDED",
        "image  acme/sql:1",
        "rows",
        '{"a": 1}',
        "echo 1",
        "warning: odd",
        "do it otherwise",
    ):
        assert part in text
    assert "Nothing" not in text


def test_there_is_no_colour_in_a_pipe():
    """Output that is not a terminal has no escape sequences."""
    assert "\x1b" not in drawn(EVERYTHING)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_the_width(width):
    """Values without spaces are folded, not cut and not run over the edge."""
    long = "s3://" + "x" * 300
    summary = Summary(
        "task",
        long,
        (
            Section("F", (Facts((Fact("uri", long),)),)),
            Section("T", (Table(("name", "value"), (("uri", long),)),)),
            Section("C", (Code(long, "shell"), Code(long))),
            Section("P", (Finding("error", long, long),)),
        ),
    )
    text = drawn(summary, width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("x") == 300 * 7


def test_markup_is_not_interpreted():
    """Square brackets in names and values are text."""
    text = drawn(Summary("task", "[red]n[/red]", (Section("[b]s", (Code("[/]"),)),)))
    assert "[red]n[/red]" in text
    assert "[b]s" in text
    assert "[/]" in text


def test_control_characters_do_not_reach_the_terminal():
    """An escape sequence in a task's text is spelled out everywhere."""
    evil = "\x1b[2Jgone\x07\u202e"
    summary = Summary(
        evil,
        evil,
        (
            Section(evil, (Facts((Fact(evil, evil),)),)),
            Section("t", (Table((evil,), ((evil,),), caption=evil),)),
            Section("c", (Code(evil, "python", evil), Code(evil))),
            Section("f", (Finding("note", evil, evil),)),
        ),
        status=evil,
    )
    text = drawn(summary, 200)
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert text.count("\\x1b[2J") == 14


def test_a_terminal_gets_colour_unless_no_color_is_set(monkeypatch):
    """NO_COLOR is honoured on a terminal."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Terminal()
    print_summary(EVERYTHING, make_console(coloured))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    print_summary(EVERYTHING, make_console(plain))
    assert "\x1b[1;32m" in coloured.getvalue()
    assert "\x1b[1;32m" not in plain.getvalue()
