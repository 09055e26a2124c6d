from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kit.display.of_runs import summarize_run
from kit.display.summary import Fact, Facts, Finding, Table
from kit.display.text import command_text, value_text
from kit.runners import Failure, Log, LogLine, Outcome, Phase


def item(summary, title):
    """Return the only item of a section."""
    (only,) = summary.section(title).items
    return only


def facts(summary, title) -> dict[str, str]:
    """Return a section of facts as a dict."""
    return {fact.name: fact.value for fact in item(summary, title).rows}


def test_a_run_shows_outputs_and_files_and_no_times():
    """Two runs that did the same have the same summary."""
    run = Outcome(
        task="t",
        runner="subprocess",
        phase=Phase.SUCCEEDED,
        outputs={"n": 3, "rows": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]},
        argv=("python", "-m", "kit.entrypoint"),
        environment={"K": "a b"},
        directory=Path("/runs/1"),
        deck=Path("/runs/1/outputs/deck.html"),
    )
    summary = summarize_run(run, with_command=True)
    assert summary.status == "SUCCEEDED"
    assert summary.section("Outputs").items == (
        Facts((Fact("n", "3"),)),
        Table(("a", "b"), (("1", "x"), ("None", "y")), "rows: 2 rows"),
    )
    assert "'K=a b' \\\n  python" in item(summary, "Command").text
    assert facts(summary, "Files")["deck"] == "/runs/1/outputs/deck.html"
    assert item(summary, "Command").caption == "does the same again"
    tidied = summarize_run(replace(run, directory=None), with_command=True)
    assert item(tidied, "Command").caption.endswith("run.command brings the files back")


def test_a_failed_run_shows_its_error_and_last_lines():
    """The error comes with origin, kind, status and traceback."""
    log = Log(max_lines=30)
    for number in range(40):
        log.append(LogLine("stderr", f"line {number}"))
    run = Outcome(
        task="t",
        runner="subprocess",
        phase=Phase.FAILED,
        error=Failure("ValueError", "bad", "USER", traceback="Traceback: …"),
        exit_status=0,
        logs=log,
    )
    summary = summarize_run(run)
    finding, details, trace = summary.section("Error").items
    assert finding == Finding("error", "ValueError: bad")
    assert Fact("exit status", "0") in details.rows
    assert trace.text == "Traceback: …"
    code = item(summary, "Logs")
    assert code.caption == "the last 20 of 40 lines"
    assert code.text.endswith("stderr  line 39")
    assert summarize_run(run, with_logs=False).section("Logs").items == ()


def test_values_are_bounded():
    """A huge value costs no more to show than a small one."""
    assert value_text("x" * 1_000_000).count("x") < 500
    assert len(value_text(list(range(1_000_000)))) < 500
    assert value_text({"a": [1.5, None]}) == "{'a': [1.5, None]}"


def test_commands_are_one_option_to_a_line():
    """A shell takes the lines as one command; odd words are quoted."""
    words = ["x", "--a", "1", "--flag", "--b", "it's", "--", "p q", "--c"]
    assert command_text(words).split(" \\\n  ") == [
        "x",
        "--a 1",
        "--flag",
        "--b 'it'\"'\"'s'",
        "--",
        "'p q'",
        "--c",
    ]
    assert command_text([]) == ""
