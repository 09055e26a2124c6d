"""What is shown of runs, their outputs and decks, and of their comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kit.display.log import plain
from kit.display.outputs import output_items, wire_table
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Frame,
    Frames,
    Item,
    Section,
    Severity,
    Summary,
    Table,
    Tone,
    summarizes,
)
from kit.display.text import command_text
from kit.errors import render_path
from kit.escape import shorten
from kit.runners.outcome import Outcome, Phase, Timings
from kit.running.compare import Column, Measured, RunComparison
from kit.running.compare_literals import literal_text
from kit.running.compare_outcomes import error_text
from kit.running.disagreement import Disagreement
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
    text = "\n".join(f"{line.stream}  {plain(line.text)}" for line in lines)
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


_MOST_FINDINGS = 50


@summarizes(RunComparison)
def summarize_comparison(comparison: RunComparison) -> Summary:
    """Summarize a comparison: where results disagree, all facts, and what may be why.

    No seconds and no memory, which differ from run to run.
    """
    around: Severity = "warning" if comparison.disagreements else "note"
    sections = (
        Section("Not available", tuple(_unavailable(comparison))),
        Section("Disagreements", tuple(_findings(comparison.disagreements, "error"))),
        Section("Side by side", (side_by_side(comparison),)),
        Section("Around the runs", tuple(_findings(comparison.surroundings, around))),
    )
    status, tone = _status(comparison)
    return Summary("comparison", comparison.task, sections, status=status, tone=tone)


@summarizes(Measured)
def summarize_measured(measured: Measured) -> Summary:
    """Summarize what the runs took."""
    columns = tuple(column for column in measured.comparison.columns if column.run)
    rows = tuple(_time_rows(columns))
    memory = ("peak memory", *map(_megabytes, measured.peak_memory.values()))
    labels = tuple(column.label for column in columns)
    items: list[Item] = [Table(("", *labels), (*rows, memory))]
    if "in-process" in labels:
        items.append(
            Finding(
                "note",
                "In-process, the peak is that of this process, with all that was done "
                "in it before.",
            )
        )
    sections = (Section("Measured", tuple(items)),)
    return Summary("measured", measured.comparison.task, sections)


def _status(comparison: RunComparison) -> tuple[str, Tone]:
    """Return the verdict; of runs that agree, how many of the places these are."""
    count = len(comparison.disagreements)
    if count:
        return f"{count} disagreement{'s' if count > 1 else ''}", "bad"
    if not comparison.agree:
        return "nothing to compare", "notable"
    ran, asked = len(comparison.runs), len(comparison.columns)
    return ("agree", "good") if ran == asked else (f"{ran} of {asked} agree", "notable")


def _unavailable(comparison: RunComparison) -> Iterator[Item]:
    for label, reason in comparison.unavailable.items():
        yield Finding("warning", f"{label}: {reason}")


def _findings(found: Sequence[Disagreement], severity: Severity) -> Iterator[Item]:
    for one in found[:_MOST_FINDINGS]:
        yield Finding(severity, one.message, one.advice)
    if len(found) > _MOST_FINDINGS:
        yield Finding(severity, f"{len(found) - _MOST_FINDINGS:,} more are not shown.")


def _time_rows(columns: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    """Yield the seconds of each part that any of the runs tells."""
    timings = [column.run.timings for column in columns if column.run]
    for field in dataclasses.fields(Timings):
        seconds = [getattr(one, field.name) for one in timings]
        if any(part is not None for part in seconds):
            yield (field.name, *map(_seconds, seconds))
    yield ("total", *(_seconds(one.total) for one in timings))


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f} s"


def _megabytes(size: int | None) -> str:
    return "not told" if size is None else f"{size / 2**20:,.0f} MiB"


_MARK = "≠ "
_NOT_RUN, _NOT_TOLD, _EQUAL = "not run", "not told", "equal"
_MOST_ROWS = 100
Row = tuple[str, ...]


def side_by_side(comparison: RunComparison) -> Table:
    """Return phase, error, types, outputs, decks and versions of all runs."""
    rows = tuple(_Rows(comparison).all())
    hidden = len(rows) > _MOST_ROWS
    caption = f"the first {_MOST_ROWS} of {len(rows):,} facts" if hidden else ""
    labels = tuple(column.label for column in comparison.columns)
    return Table(("", *labels), rows[:_MOST_ROWS], caption)


class _Rows:
    """Makes the rows, each with a cell per place."""

    def __init__(self, comparison: RunComparison) -> None:
        self._comparison = comparison
        self._outcomes = {k: run.outcome for k, run in comparison.runs.items()}
        self._differing = {found.path for found in comparison.disagreements}

    def all(self) -> Iterator[Row]:
        outcomes = self._outcomes.values()
        yield self._row("phase", lambda one: one.phase.value)
        if any(one.error for one in outcomes):
            yield self._row("error", error_text)
            yield self._row("error code", _code)
        for name in _names(one.report.inputs for one in outcomes if one.report):
            path = render_path(("inputs", name))
            yield self._row(path, _type_cell("inputs", name))
        for name in _names(one.literals.literals for one in outcomes if one.literals):
            yield self._output(name)
            yield self._row("… returned as", _type_cell("outputs", name))
        if any(one.decks.names for one in outcomes):
            yield self._row("decks", lambda one: ", ".join(one.decks.names))
        yield self._row("python", lambda one: one.report.python if one.report else "")
        yield from self._packages()

    def _row(self, path: str, cell: Callable[[Outcome], str]) -> Row:
        return self._cells(
            path,
            {label: cell(one) for label, one in self._outcomes.items()},
            marked=path in self._differing,
        )

    def _cells(
        self, name: str, cells: Mapping[str, str], *, marked: bool = False
    ) -> Row:
        labels = (column.label for column in self._comparison.columns)
        title = f"{_MARK}{name}" if marked else name
        return (title, *(cells.get(label, _NOT_RUN) for label in labels))

    def _output(self, name: str) -> Row:
        """Show what the first run made, and where the others made something else."""
        path = render_path(("outputs", name))
        cells: dict[str, str] = {}
        base = ""
        for label, one in self._outcomes.items():
            if one.literals is None or name not in one.literals.literals:
                cells[label] = ""
            elif not base:
                base, cells[label] = label, literal_text(one.literals.literals[name])
            else:
                cells[label] = self._against(base, label, path)
        marked = any(_is_at_or_below(place, path) for place in self._differing)
        return self._cells(path, cells, marked=marked)

    def _against(self, base: str, label: str, path: str) -> str:
        """Say where an output differs from that of the first run."""
        found = [
            place
            for place in self._comparison.disagreements
            if _is_at_or_below(place.path, path)
            and place.values.get(base) != place.values.get(label)
        ]
        if not found:
            return _EQUAL
        first, more = found[0], len(found) - 1
        if first.path == path:
            return first.values[label]
        return f"differs at {first.path[len(path) :].lstrip('.')}" + (
            f" and {more} more" if more else ""
        )

    def _packages(self) -> Iterator[Row]:
        for found in self._comparison.surroundings:
            if found.about == "packages":
                yield self._cells(found.path.partition(".")[2], found.values)


def _is_at_or_below(place: str, path: str) -> bool:
    return place == path or place.startswith((f"{path}.", f"{path}["))


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def _code(outcome: Outcome) -> str:
    error = outcome.error
    if error is None:
        return ""
    return " ".join(filter(None, (error.origin, error.kind, error.code)))


def _type_cell(side: str, name: str) -> Callable[[Outcome], str]:
    def cell(outcome: Outcome) -> str:
        if outcome.report is None:
            return _NOT_TOLD
        report = outcome.report
        types = report.inputs if side == "inputs" else report.outputs
        return types.get(name, "")

    return cell
