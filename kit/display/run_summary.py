"""What is shown of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.display.command_text import command_text
from kit.display.outputs.items import output_items
from kit.display.outputs.wire_table import wire_table
from kit.display.summary import Code, Fact, Facts, Finding, Item, Section, Summary
from kit.runners.outcome import Outcome
from kit.running.outputs import Outputs, facts_of
from kit.running.run import Run

__all__ = [
    "output_sections",
    "summarize_outputs",
    "summarize_run",
    "summarize_run_shown",
]

_LOG_LINES = 20


def summarize_run(
    run: Run | Outcome,
    *,
    with_command: bool = False,
    with_logs: bool = True,
    with_traceback: bool = True,
    with_files: bool = True,
) -> Summary:
    """Summarize a run as it stands; no times, which differ from run to run.

    Args:
        run: The run, or its outcome.
        with_command: Whether to show the command that does the same again.
        with_logs: Whether to show the last lines it wrote.
        with_traceback: Whether to show the traceback of its error.
        with_files: Whether to name its directory, which differs from run to run.
    """
    run = run.standing if isinstance(run, Run) else run
    sections = [
        *output_sections(run.outputs),
        Section("Error", tuple(_error(run, with_traceback=with_traceback))),
        Section("Decks", tuple(_decks(run))),
        Section("Logs", tuple(_logs(run)) if with_logs else ()),
        Section("Command", tuple(_command(run)) if with_command else ()),
        Section("Files", tuple(_files(run)) if with_files else ()),
    ]
    return Summary("run", run.task, tuple(sections), status=run.phase.value)


def summarize_run_shown(run: Run | Outcome) -> Summary:
    """Summarize a run for the end of a cell, where the same run looks the same."""
    return summarize_run(run, with_files=False)


def summarize_outputs(outputs: Outputs) -> Summary:
    """Summarize the outputs of a run."""
    return Summary("outputs", facts_of(outputs).task, tuple(output_sections(outputs)))


def output_sections(outputs: Mapping[str, Any]) -> Iterator[Section]:
    """Yield a section of the values, and one of them on the wire if that is known."""
    yield Section("Outputs", output_items(outputs))
    facts = facts_of(outputs) if isinstance(outputs, Outputs) else None
    if facts is not None and facts.literals is not None and outputs:
        table = wire_table(outputs, facts.literals, facts.types)
        yield Section("On the wire", (table,), detail=True)


def _error(run: Outcome, *, with_traceback: bool) -> Iterator[Item]:
    if run.error is None:
        return
    yield Finding("error", str(run.error))
    facts = [Fact("origin", run.error.origin), Fact("kind", run.error.kind)]
    if run.exit_status is not None:
        facts.append(Fact("exit status", str(run.exit_status)))
    yield Facts(tuple(facts))
    if run.error.traceback and with_traceback:
        yield Code(run.error.traceback, "text")


def _decks(run: Outcome) -> Iterator[Item]:
    """Name the decks; what they hold is shown by ``run.decks``."""
    if run.deck is not None and run.deck.is_file():
        yield Facts((Fact("run.decks", ", ".join(run.decks.names)),))


def _logs(run: Outcome) -> Iterator[Item]:
    lines = run.logs.tail(_LOG_LINES)
    if not lines:
        return
    hidden = len(run.logs) - len(lines) + run.logs.dropped
    caption = f"the last {len(lines)} of {len(lines) + hidden:,} lines"
    text = "\n".join(f"{line.stream}  {line.text}" for line in lines)
    yield Code(text, "text", caption if hidden else "")


def _command(run: Outcome) -> Iterator[Item]:
    if run.argv:
        text = command_text(run.argv, environment=run.environment)
        gone = "" if run.directory else "; run.command brings the files back"
        yield Code(text, "shell", f"does the same again{gone}")


def _files(run: Outcome) -> Iterator[Item]:
    if run.directory is None:
        return
    facts = [Fact("directory", str(run.directory))]
    if run.deck is not None:
        facts.append(Fact("deck", str(run.deck)))
    yield Facts(tuple(facts))
