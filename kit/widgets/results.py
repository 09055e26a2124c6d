"""A run as part of a live view: its state, log, outputs, decks and details."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kit.display.html import item_html, section_html
from kit.display.log import LogPage
from kit.display.of_runs import summarize_decks, summarize_run
from kit.display.redaction import Redaction
from kit.display.summary import Fact, Facts, Finding, Item, Section, Summary
from kit.display.text import attribute, html_text
from kit.errors import KitError
from kit.escape import label, one_line
from kit.runners.outcome import Outcome, Phase
from kit.running.outputs import published_state
from kit.running.run import Run
from kit.widgets.live import AnyPart, Event, Lines, LiveView, Part, slot
from kit.widgets.outputs import (
    OutputsState,
    outputs_html,
    outputs_parts,
    outputs_state,
    update_outputs,
)
from kit.widgets.view_registry import draw_while, is_busy

_DECKS_EVERY = 1.0  # seconds between two drawings: a deck may be large, and has scripts
_LONGEST_SENTENCE = 300
_SHORT = 80  # characters of a refusal that is seen whole beside the tabs


@dataclass(frozen=True)
class Shown:
    """A run at one moment, as it is shown.

    Attributes:
        run: The run.
        phase: Its phase.
        seconds: How long it takes by now, or took.
        is_done: Whether it has ended.
        waits: Whether a cell keeps the kernel from cancelling it.
        log: The lines of its log, drawn.
        log_start: How many lines came before them.
        log_total: How many lines there are in all.
        decks: The decks that it has published, drawn.
        deck_count: How many there are.
        outputs: Its outputs, when it has ended.
        output_count: How many there are.
        error: Why it did not succeed, drawn.
        sentence: The same in one line.
        on_flyte: What Flyte makes of it, where that differs.
        details: Everything else that is known, drawn.
    """

    run: Run
    phase: Phase = Phase.QUEUED
    seconds: float = 0.0
    is_done: bool = False
    waits: bool = False
    log: tuple[str, ...] = ()
    log_start: int = 0
    log_total: int = 0
    decks: str = ""
    deck_count: int = 0
    outputs: OutputsState = field(default_factory=OutputsState)
    output_count: int = 0
    error: str = ""
    sentence: str = ""
    on_flyte: tuple[str, ...] = ()
    details: str = ""


class Watched:
    """Looks at a run from time to time, and draws what is new of it.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._redaction = Redaction(run.template)
        self._log = LogPage(run.logs, self._redaction.text)
        self._decks_at: object = None
        self._next = 0.0
        self._shown = Shown(run)

    def look(self) -> Shown:
        """Return the run as it is shown now."""
        run, is_done = self._run, self._run.is_done
        self._log.update()
        log = run.logs
        self._shown = dataclasses.replace(
            self._shown,
            phase=run.phase,
            seconds=run.seconds if is_done else float(int(run.seconds)),
            is_done=is_done,
            waits=not is_done and is_busy(),
            log=self._log.lines,
            log_start=self._log.first,
            log_total=len(log) + log.dropped,
        )
        if is_done:
            self._end()
        else:
            self._publish()
        return self._shown

    def _publish(self) -> None:
        """Draw the decks, if they are new and the last ones were drawn a while ago."""
        now, state = time.monotonic(), published_state(self._run.standing)
        if state is not None and state != self._decks_at and now >= self._next:
            self._decks_at, self._next = state, now + _DECKS_EVERY
            self._draw_decks()

    def _draw_decks(self) -> None:
        items, count = _decks(self._run)
        html = "".join(map(item_html, self._redaction.summary(items)))
        self._shown = dataclasses.replace(self._shown, decks=html, deck_count=count)

    def _end(self) -> None:
        """Draw what came of it, once."""
        if self._shown.details:
            return
        self._draw_decks()
        redaction, run = self._redaction, self._run
        summary = summarize_results(run, redaction)
        error = summary.section("Error")
        details = (part for part in summary.sections if part.title != "Error")
        sentence = redaction.text(str(run.standing.error or ""))
        self._shown = dataclasses.replace(
            self._shown,
            outputs=outputs_state(run.standing.outputs, redaction.summary),
            output_count=len(run.standing.outputs),
            error="".join(map(item_html, error.items)) if error else "",
            sentence=sentence.strip().partition("\n")[0],
            on_flyte=tuple(map(redaction.text, _on_flyte(run))),
            details="".join(section_html(part) for part in details if part.items),
        )


def _on_flyte(run: Run) -> tuple[str, ...]:
    has_ended = run.standing.phase in (Phase.SUCCEEDED, Phase.FAILED)
    return run.on_flyte.lines if has_ended else ()


def _decks(run: Run) -> tuple[tuple[Item, ...], int]:
    try:
        decks = run.published
    except KitError as error:  # the file is gone
        return (Finding("warning", str(error)),), 0
    if not decks:
        return (), 0
    return summarize_decks(decks).sections[0].items, len(decks)


_OWN_VIEWS = ("Outputs", "Decks")


def summarize_results(run: Run, redaction: Redaction) -> Summary:
    """Summarize a run that has ended: error, timings, command, files, the wire.

    Its outputs and its decks have views of their own.

    Args:
        run: The run.
        redaction: Keeps the values of its secrets out of it.
    """
    outcome = run.standing
    told = summarize_run(run, with_command=True, with_logs=False)
    details = {
        "Command": Section("Command", _items_of(told, "Command"), detail=True),
        "Files": Section(
            "Files", (*_items_of(told, "Files"), *_log_file(outcome)), detail=True
        ),
    }
    others = (part for part in told.sections if part.title not in _OWN_VIEWS)
    sections = (details.get(part.title, part) for part in others)
    timings = Section("Timings", _timings(outcome))
    return redaction.summary(dataclasses.replace(told, sections=(*sections, timings)))


def _items_of(summary: Summary, title: str) -> tuple[Item, ...]:
    section = summary.section(title)
    return () if section is None else section.items


def _log_file(outcome: Outcome) -> tuple[Item, ...]:
    path = outcome.logs.path
    return () if path is None else (Facts((Fact("whole log", str(path)),)),)


def _timings(outcome: Outcome) -> tuple[Item, ...]:
    seconds = dataclasses.asdict(outcome.timings)
    rows = [Fact(name, _part_text(took)) for name, took in seconds.items() if took]
    if not rows:
        return ()
    return (Facts((*rows, Fact("total", _part_text(outcome.timings.total)))),)


def _part_text(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds < 1 else duration_text(seconds)


def duration_text(seconds: float) -> str:
    """Write how long something took.

    >>> [duration_text(seconds) for seconds in (0.2, 3.25, 75, 7_260)]
    ['0.2 s', '3.2 s', '1 min 15 s', '2 h 1 min']
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {rest} s"
    return f"{seconds:.1f} s"


# --- events ---------------------------------------------------------------------------


def newer(before: Shown | None, now: Shown) -> Shown:
    """Return a run as it stands now, with its outputs as the reader has turned them."""
    if before is None or before.run is not now.run or not before.is_done:
        return now
    return dataclasses.replace(now, outputs=before.outputs)


def update_shown(shown: Shown, event: Event) -> Shown:
    """Answer an event of a run's outputs."""
    outputs = update_outputs(shown.outputs, event)
    return dataclasses.replace(shown, outputs=outputs)


def watch_run(live: LiveView[Any], run: Run, is_wanted: Callable[[], bool]) -> None:
    """Post a run to a view as an event ``run``, now and as long as it goes on.

    Args:
        live: The view, whose update takes the :class:`Shown` of the event's value.
        run: The run.
        is_wanted: Whether the view still shows it.
    """
    watched = Watched(run)

    def look() -> bool:
        if live.is_closed or not is_wanted():
            return False
        shown = watched.look()
        live.post(Event("run", str(run.number), shown))
        return not shown.is_done

    if look():
        draw_while(look)


# --- drawing --------------------------------------------------------------------------

_STATES = {
    Phase.QUEUED: ("untried", "○", "Queued"),
    Phase.RUNNING: ("running", "▸", "Running"),
    Phase.SUCCEEDED: ("passed", "✓", "Succeeded"),
    Phase.FAILED: ("failed", "✕", "Failed"),
    Phase.ABORTED: ("stale", "■", "Cancelled"),
    Phase.TIMED_OUT: ("stale", "■", "Timed out"),
}


def phase_html(phase: Phase) -> str:
    """Return a phase as an icon and a word."""
    state, icon, word = _STATES[phase]
    return (
        f'<span class="kit-state kit-{state}"><i aria-hidden="true">{icon}</i> '
        f"<b>{word}</b></span>"
    )


def results_html(shown: Shown | None) -> str:
    """Return the frame of a run's results, with places for :func:`results_parts`.

    It is there from the start, and as high with results as without.
    """
    tabs = (
        ("result", _result_title(shown), shown.output_count if shown else 0),
        ("log", "Log", shown.log_total if shown else 0),
        ("decks", "Decks", shown.deck_count if shown else 0),
        ("details", "Details", 0),
    )
    buttons = "".join(_tab(*tab) for tab in tabs)
    panels = {
        "result": slot("run.result", "kit-pane"),
        "log": _log_html(shown),
        "decks": slot("run.decks", "kit-pane"),
        "details": slot("run.details", "kit-pane"),
    }
    drawn = "".join(
        f'<div class="kit-tab-panel" role="tabpanel" data-kit-panel="{key}" '
        f'aria-label="{key}">{html}</div>'
        for key, html in panels.items()
    )
    return (
        f'<div class="kit-results" data-kit-tabs>{slot("run.status", "kit-status")}'
        f'<div role="tablist" aria-label="Results" data-kit-show="{_wanted(shown)}">'
        f"{buttons}</div>{drawn}</div>"
    )


def _result_title(shown: Shown | None) -> str:
    return "Error" if shown is not None and shown.error else "Outputs"


def _wanted(shown: Shown | None) -> str:
    """Return which tab is shown when a run begins, and when it ends."""
    if shown is None:
        return "result:0"
    number = shown.run.number
    return f"result:{number}.end:log" if shown.is_done else f"log:{number}"


def _tab(key: str, title: str, count: int) -> str:
    counted = f' <span class="kit-count">{count:,}</span>' if count else ""
    return (
        f'<button type="button" role="tab" data-kit-tab="{key}">{title}'
        f"{counted}</button>"
    )


def _log_html(shown: Shown | None) -> str:
    total = f"{shown.log_total:,} lines" if shown else "0 lines"
    total = "1 line" if shown and shown.log_total == 1 else total
    name = "log.txt" if shown is None else f"{label(shown.run.task)}.log"
    return (
        f'<div class="kit-log" data-kit-log="{attribute(name)}">'
        '<p class="kit-log-tools">'
        '<input type="search" placeholder="filter" aria-label="Filter the log" '
        "data-kit-log-text>"
        '<select aria-label="Stream" data-kit-log-stream>'
        '<option value="">both streams</option><option value="out">stdout</option>'
        '<option value="err">stderr</option></select>'
        '<label class="kit-check"><input type="checkbox" data-kit-log-pause> pause'
        "</label>"
        '<button type="button" data-kit-log-save title="Save these lines">Save</button>'
        f'<span class="kit-quiet" data-kit-log-count data-kit-total="{total}">{total}'
        "</span></p>"
        '<pre class="kit-log-lines" tabindex="0" role="log" aria-live="off" '
        'aria-label="log of the run" data-kit-follow data-kit-scroll>'
        f"{slot('run.log')}</pre></div>"
    )


def results_parts(
    shown: Shown | None, hint: str = "", refusal: str = ""
) -> Iterator[AnyPart]:
    """Yield the parts that go into the places of :func:`results_html`.

    Args:
        shown: The run; None before the first one.
        hint: What is shown before the first run.
        refusal: Why no run was started, in the place of the state of the last one.
    """
    yield Part("run.status", _status(shown, hint, refusal))
    whole = item_html(Finding("error", refusal)) if len(refusal) > _SHORT else ""
    if shown is None:
        empty = _empty("Outputs are shown here.")
        yield Part("run.result", whole or empty)
        yield Lines("run.log", ())
        yield Part("run.decks", _empty("Decks are shown here when they come."))
        yield Part("run.details", _empty("Timings, command and files are shown here."))
        return
    yield Part("run.result", whole + _result_html(shown))
    yield from outputs_parts(shown.outputs)
    yield Lines("run.log", shown.log, shown.log_start)
    yield Part("run.decks", shown.decks or _empty(_no_decks(shown)))
    yield Part("run.details", shown.details or _empty("The run has not ended."))


def _status(shown: Shown | None, hint: str, refusal: str) -> str:
    if refusal:
        line = one_line(refusal)
        return (
            f'<p role="alert"><span class="kit-told kit-bad" '
            f'title="{attribute(line)}">{html_text(line)}</span></p>'
        )
    return _empty(hint) if shown is None else status_html(shown)


def _empty(text: str) -> str:
    return f'<p class="kit-quiet">{html_text(text)}</p>'


def _no_decks(shown: Shown) -> str:
    if not shown.is_done:
        return "No decks are published yet."
    return "The run published no decks. A task does if it has enable_deck=True."


def _result_html(shown: Shown) -> str:
    if not shown.is_done:
        return _empty("The run has not ended.")
    drawn = shown.error + outputs_html(shown.outputs)
    return drawn or _empty("The run has no outputs.")


def status_html(shown: Shown) -> str:
    """Return the state of a run in one line: phase, duration, place, what differs."""
    parts = [phase_html(shown.phase)]
    if not shown.is_done:
        parts.append('<progress aria-label="The run goes on"></progress>')
    if shown.seconds >= 1 or shown.is_done:
        parts.append(f"<span>{duration_text(shown.seconds)}</span>")
    place = html_text(label(shown.run.runner))
    parts.append(f'<span class="kit-quiet">{place}</span>')
    text, tone = _told(shown)
    if text:
        line = one_line(text)
        parts.append(
            f'<span class="kit-told kit-{tone}" title="{attribute(line[:1_000])}">'
            f"{html_text(line[:_LONGEST_SENTENCE])}</span>"
        )
    return f'<p role="status">{" ".join(parts)}</p>'


def _told(shown: Shown) -> tuple[str, str]:
    """Return the sentence beside the state, and its tone."""
    if shown.waits:
        return (
            "The kernel is busy with a cell. Interrupt the kernel to cancel now.",
            "notable",
        )
    if shown.on_flyte:
        return f"on Flyte: {shown.on_flyte[0]}", "notable"
    return shown.sentence, "bad"
