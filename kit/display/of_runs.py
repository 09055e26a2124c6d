"""What is shown of runs, their outputs and their decks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.display.outputs import output_items, wire_table
from kit.display.summarizers import summarizes
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Frame,
    Frames,
    Item,
    Section,
    Summary,
    Table,
)
from kit.display.text import command_text
from kit.escape import shorten
from kit.runners.outcome import Outcome, Phase
from kit.running.on_flyte import OnFlyte
from kit.running.outputs import Outputs, facts_of
from kit.running.run import Run, Runs
from kit.shim.context import Deck
from kit.shim.deck_file import Decks

_LOG_LINES = 20
_LONGEST_TRACEBACK = 20_000  # characters


def summarize_run(
    run: Run | Outcome,
    *,
    on_flyte: OnFlyte | None = None,
    with_command: bool = False,
    with_logs: bool = True,
    with_traceback: bool = True,
    with_files: bool = True,
) -> Summary:
    """Summarize a run as it stands; no times, which differ from run to run.

    Args:
        run: The run, or its outcome.
        on_flyte: What Flyte makes of it; by default what a run that has ended says.
        with_command: Whether to show the command that does the same again.
        with_logs: Whether to show the last lines it wrote.
        with_traceback: Whether to show the traceback of its error.
        with_files: Whether to name its directory, which differs from run to run.
    """
    if isinstance(run, Run):
        on_flyte = run.on_flyte if on_flyte is None and _has_ended(run) else on_flyte
        run = run.standing
    sections = [
        *output_sections(run.outputs),
        Section("Error", tuple(_error(run, with_traceback=with_traceback))),
        Section("On Flyte", tuple(_on_flyte(on_flyte))),
        Section("Decks", tuple(_decks(run))),
        Section("Logs", tuple(_logs(run)) if with_logs else ()),
        Section("Command", tuple(_command(run)) if with_command else ()),
        Section("Files", tuple(_files(run)) if with_files else ()),
    ]
    return Summary("run", run.task, tuple(sections), status=run.phase.value)


@summarizes(Run, Outcome)
def summarize_run_shown(run: Run | Outcome) -> Summary:
    """Summarize a run for the end of a cell, where the same run looks the same."""
    return summarize_run(run, with_files=False)


@summarizes(Outputs)
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
        yield Code(shorten(run.error.traceback, _LONGEST_TRACEBACK), "text")


def _has_ended(run: Run) -> bool:
    return run.standing.phase in (Phase.SUCCEEDED, Phase.FAILED)


def _on_flyte(forecast: OnFlyte | None) -> Iterator[Item]:
    """Say where Flyte ends otherwise, or refuses the launch."""
    if forecast is not None:
        for line in forecast.lines:
            yield Finding("warning", line)


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


_COLUMNS = ("run", "task", "runner", "phase", "what came of it")


@summarizes(Runs)
def summarize_runs(runs: Runs) -> Summary:
    """Summarize runs as they stand: a line each, the newest last."""
    table = Table(_COLUMNS, tuple(_row(run) for run in runs))
    sections = (Section("Runs", (table,) if runs else ()),)
    return Summary("runs", f"{len(runs)} of this session", sections)


def _row(run: Run) -> tuple[str, ...]:
    standing = run.standing
    came = ", ".join(standing.outputs)
    if standing.error is not None:
        came = str(standing.error).partition("\n")[0]
    return (str(run.number), run.task, run.runner, standing.phase.value, came)


_MOST_BYTES = 8_000_000
"""Of all frames of an output together: a plot with its library has about five."""
_MOST_FRAMES = 50


@summarizes(Deck)
def summarize_deck(deck: Deck) -> Summary:
    """Summarize one deck."""
    return summarize_decks(Decks([deck], title=deck.name))


@summarizes(Decks)
def summarize_decks(decks: Decks) -> Summary:
    """Summarize decks in their order.

    Those that would make the output too large are told by name and size only, with
    the file where they are.
    """
    frames: list[Frame] = []
    left = _MOST_BYTES
    for deck in decks[:_MOST_FRAMES]:
        html = deck.html.encode("utf-8", "backslashreplace")
        if len(html) > left:
            frames.append(Frame(deck.name, None, len(html), _where(decks)))
            continue
        left -= len(html)
        frames.append(Frame(deck.name, html.decode(), len(html), allow=decks.allow))
    items: list[Item] = [Frames(tuple(frames))] if frames else []
    if len(decks) > _MOST_FRAMES:
        more = f"{len(decks) - _MOST_FRAMES:,} more decks are not shown."
        items.append(Finding("note", more, _advice(decks)))
    if not decks:
        items.append(Finding("note", "There are no decks.", _NO_DECKS))
    return Summary("decks", decks.title, (Section("Decks", tuple(items)),))


_NO_DECKS = "A task writes them when it is defined with enable_deck=True."


def _where(decks: Decks) -> str:
    return f"Too large to be shown here. {_advice(decks)}"


def _advice(decks: Decks) -> str:
    if decks.path is None:
        return "Its HTML is in .html of the deck."
    return f"Open the file in a browser: {decks.path}"
