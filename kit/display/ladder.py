"""The readiness ladder as every face draws it: HTML, text, and a view of its own."""

from __future__ import annotations

import contextlib
import functools
import secrets
import time
from collections.abc import Callable, Iterator

from kit.display.summary import (
    Finding,
    Item,
    Section,
    Severity,
    Style,
    Summary,
    Table,
    summarizes,
)
from kit.display.text import attribute, html_text
from kit.escape import bounded, label, visible
from kit.evidence import Rung, State
from kit.notebook import in_notebook, interactive_shell
from kit.readiness.climb import Climb
from kit.readiness.ladder import Readiness, Standing
from kit.readiness.workbench import Workbench

ICONS = {
    State.PASSED: "✓",
    State.FAILED: "✗",
    State.STALE: "↻",
    State.NOT_TRIED: "○",
    State.NOT_AVAILABLE: "⊘",
    State.RUNNING: "…",
}
"""A sign of each state, which is always drawn with its word."""

_TONES = {
    State.PASSED: "good",
    State.FAILED: "bad",
    State.STALE: "notable",
    State.NOT_TRIED: "kind",
    State.NOT_AVAILABLE: "kind",
    State.RUNNING: "kind",
}


def tone(standing: Standing) -> str:
    """Return how a state is coloured: ``good``, ``bad``, ``notable``, or ``kind``."""
    return _TONES[standing.state]


def ladder_html(
    readiness: Readiness,
    *,
    button: Callable[[Rung], str] | None = None,
    with_seconds: bool = False,
) -> str:
    """Return the ladder as a list of its rungs; readable without a stylesheet.

    Args:
        readiness: The ladder.
        button: Returns the attributes, as HTML, of the button that a live view makes of
            a rung; a static face has none.
        with_seconds: Whether to show how long things took, which differs each time.
    """
    rungs = "".join(
        f'<li class="kit-rung"{_title(standing)}>'
        f"{_inside(standing, button, with_seconds=with_seconds)}</li>"
        for standing in readiness
    )
    return f'<ol class="kit-ladder" aria-label="readiness">{rungs}</ol>'


def _inside(
    standing: Standing,
    button: Callable[[Rung], str] | None,
    *,
    with_seconds: bool,
) -> str:
    text = rung_text(standing, with_seconds=with_seconds)
    told = f"<small>: {html_text(label(text))}</small>" if text else ""
    shade = f"kit-{tone(standing)}"
    drawn = (
        f'<span class="{shade}" aria-hidden="true">{ICONS[standing.state]}</span> '
        f"<b>{standing.rung.title}</b> "
        f'<span class="{shade}">{standing.state.value}</span>{told}'
    )
    if button is None:
        return drawn
    return f'<button type="button" {button(standing.rung)}>{drawn}</button>'


def _title(standing: Standing) -> str:
    told = standing.detail or standing.rung.asks
    return f' title="{attribute(bounded(told))}"'


def rung_text(standing: Standing, *, with_seconds: bool = False) -> str:
    """Return what is told of a rung after its state, in a few words."""
    evidence = standing.evidence
    parts = [standing.text]
    is_result = standing.state in (State.PASSED, State.FAILED)
    if with_seconds and is_result and evidence and evidence.seconds is not None:
        parts.append(f"{evidence.seconds:.1f} s")
    return ", ".join(filter(None, parts))


def rung_line(standing: Standing, *, with_seconds: bool = False) -> str:
    """Return a rung as a line of text: ``✓ Check passed: 1 note``."""
    text = rung_text(standing, with_seconds=with_seconds)
    words = f"{ICONS[standing.state]} {standing.rung.title} {standing.state.value}"
    return f"{words}: {label(text)}" if text else words


def ladder_text(readiness: Readiness, *, with_seconds: bool = False) -> str:
    """Return the ladder as lines, one for each rung."""
    return "\n".join(
        rung_line(standing, with_seconds=with_seconds) for standing in readiness
    )


@summarizes(Readiness)
def summarize_readiness(readiness: Readiness, *, target: str = "") -> Summary:
    """Summarize how ready a task is: its ladder, what is left to do, and why.

    Args:
        readiness: The ladder.
        target: How a terminal names the task; what is left to do are commands then.
    """
    left = [standing for standing in readiness.asked if not standing.holds]
    return Summary(
        kind="readiness",
        title=readiness.task,
        status="READY" if readiness.ok else "NOT READY",
        sentence=" ".join((readiness.verdict, *readiness.notes)),
        ladder=readiness,
        sections=(
            Section("What is left to do", tuple(_left(left, target))),
            Section("Findings", tuple(_findings(readiness))),
            Section("What is not available here", tuple(_absent(readiness))),
        ),
    )


@summarizes(Workbench)
def summarize_workbench(bench: Workbench) -> Summary:
    """Summarize tasks as a table: what passed of each, what comes next, what to do."""
    rows = tuple(map(_bench_row, bench.ladders))
    table = Table(("task", "passed", "next", "do"), rows, styles=_BENCH_STYLES)
    count = len(rows)
    return Summary(
        kind="workbench",
        title=f"{count} task{'' if count == 1 else 's'}",
        sections=(Section("Tasks", (table,) if rows else ()),),
    )


_BENCH_STYLES: tuple[Style, ...] = ("text", "text", "text", "code")


def _bench_row(readiness: Readiness) -> tuple[str, ...]:
    passed = [s.rung.title for s in readiness if s.state is State.PASSED]
    step = readiness.next
    told = ("nothing", "") if step is None else (rung_line(step), step.action)
    return (readiness.task, ", ".join(passed) or "nothing", *told)


_COMMANDS = {
    Rung.CHECK: "kit check {}",
    Rung.PROOF: "kit prove {}",
    Rung.RUN: "kit run {} …",
    Rung.IMAGE: "kit image {}",
    Rung.CONTAINER: "kit run {} … --runner docker",
    Rung.FLYTE: "kit register {} …",
}


def _left(standings: list[Standing], target: str) -> Iterator[Item]:
    rows = []
    for standing in standings:
        action = standing.action
        if target:
            action = _COMMANDS[standing.rung].format(target)
        rows.append((standing.rung.title, standing.text, action))
    if rows:
        yield Table(
            ("rung", "why", "how"), tuple(rows), styles=("text", "text", "code")
        )


_SEVERITIES: dict[State, Severity] = {State.FAILED: "error", State.STALE: "warning"}


def _findings(readiness: Readiness) -> Iterator[Item]:
    """Yield what is behind each state that is not good, and what the check found."""
    for standing in readiness.asked:
        is_check = standing.rung is Rung.CHECK
        if standing.state in _SEVERITIES and standing.detail and not is_check:
            severity = _SEVERITIES[standing.state]
            yield Finding(severity, standing.detail, rule=standing.rung.title)
    report = readiness.results.get(Rung.CHECK)
    for finding in () if report is None else report.findings:
        yield Finding(
            finding.severity.value,
            finding.message,
            finding.fix,
            finding.rule,
            finding.path,
            finding.words,
        )


def _absent(readiness: Readiness) -> Iterator[Item]:
    """Yield why rungs are not available, each reason once."""
    rungs: dict[str, list[str]] = {}
    for standing in readiness.asked:
        if standing.state is State.NOT_AVAILABLE and standing.detail:
            rungs.setdefault(standing.detail, []).append(standing.rung.title)
    for detail, titles in rungs.items():
        yield Finding("note", detail, rule=" and ".join(titles))


# --- progress -------------------------------------------------------------------------

_PER_SECOND = 8
_SHORTEST = 0.1  # seconds between two pictures in a notebook


@contextlib.contextmanager
def climb_progress(climb: Climb) -> Iterator[None]:
    """Show a climb for as long as this lasts, and take it away."""
    shown = _in_notebook if in_notebook() else _in_terminal
    with shown(climb):
        yield


@contextlib.contextmanager
def _in_terminal(climb: Climb) -> Iterator[None]:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Spinner("dots")
    began = time.monotonic()

    def view() -> Group:
        seconds = time.monotonic() - began
        rung = "" if climb.rung is None else climb.rung.title
        status = f" {visible(climb.task.name)}  {rung}  {seconds:.0f} s"
        spinner.update(text=Text(status, style="bold", overflow="ellipsis"))
        line = Text(f"  {label(climb.line)}", style="dim", no_wrap=True)
        return Group(*([line] if climb.line else []), spinner)

    with Live(
        get_renderable=view,
        console=Console(stderr=True),
        refresh_per_second=_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield


def _publish(place: str, bundle: dict[str, str], *, update: bool = False) -> None:
    shell = interactive_shell()
    transient = {"display_id": place}
    shell.display_pub.publish(bundle, transient=transient, update=update)


@contextlib.contextmanager
def _in_notebook(climb: Climb) -> Iterator[None]:
    """Show the ladder under the cell, and empty its place at the end."""
    show = functools.partial(_publish, secrets.token_hex(8))
    last, rung = time.monotonic(), climb.rung

    def picture() -> dict[str, str]:
        line = f"<p><small>{html_text(label(climb.line))}</small></p>"
        drawn = f'<div class="kit">{ladder_html(climb.standing)}{line}</div>'
        return {"text/html": drawn, "text/plain": ladder_text(climb.standing)}

    def update(changed: Climb) -> None:
        nonlocal last, rung
        now = time.monotonic()
        if changed.rung is not rung or now - last > _SHORTEST:
            last, rung = now, changed.rung
            show(picture(), update=True)

    show(picture())
    climb.watch(update)
    try:
        yield
    finally:
        show({"text/plain": "", "text/html": ""}, update=True)
