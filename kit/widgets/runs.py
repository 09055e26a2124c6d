"""``kit.runs()`` as a live view: a sortable table, whose rows open and run again."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.display.html import fragment
from kit.display.notebook import summarize
from kit.display.redaction import Redaction
from kit.display.text import attribute, html_text
from kit.errors import DisplayError, KitError
from kit.escape import label, shorten
from kit.running.compare import compared_runs
from kit.running.compare_literals import literal_text
from kit.running.run import Run, Runs
from kit.widgets.files import Held
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot
from kit.widgets.outputs import is_of_outputs, perform_outputs
from kit.widgets.results import (
    Shown,
    duration_text,
    newer,
    phase_html,
    results_html,
    results_parts,
    update_shown,
    watch_run,
)
from kit.widgets.view_registry import draw_while

_LONGEST_INPUTS = 120
_TWO = 2


@dataclass(frozen=True)
class Row:
    """A run in the table.

    Attributes:
        run: The run.
        phase: Its phase, drawn.
        seconds: How long it takes by now, or took.
        inputs: Its inputs, in a line.
    """

    run: Run
    phase: str
    seconds: float
    inputs: str


@dataclass(frozen=True)
class RunsState:
    """What a table of runs shows.

    Attributes:
        rows: The runs, the newest last.
        column: What they are sorted by.
        is_descending: Whether the largest is first.
        ticked: Numbers of the runs to compare.
        opened: The run that is open below the table.
        compared: A comparison of two runs, drawn.
        problem: Why the last press did nothing.
    """

    rows: tuple[Row, ...]
    column: str = "run"
    is_descending: bool = True
    ticked: tuple[int, ...] = ()
    opened: Shown | None = None
    compared: str = ""
    problem: str = ""

    def run(self, number: object) -> Run:
        """Return a run by its number.

        Raises:
            DisplayError: It is not in the table.
        """
        for row in self.rows:
            if str(row.run.number) == str(number):
                return row.run
        msg = f"There is no run {number!r:.40} in this table."
        raise DisplayError(msg)


def row_of(run: Run, inputs: str = "") -> Row:
    """Return a run as it is shown now.

    Args:
        run: The run.
        inputs: Its inputs in a line, if they are known already.
    """
    seconds = run.seconds if run.is_done else float(int(run.seconds))
    return Row(run, phase_html(run.phase), seconds, inputs or _inputs(run))


def _inputs(run: Run) -> str:
    literals = run.inputs.literals
    told = (f"{name}={literal_text(literals[name])}" for name in sorted(literals))
    text = Redaction(run.template).text(", ".join(told))
    return shorten(text, _LONGEST_INPUTS) or "none"


_KEYS: dict[str, Callable[[Row], Any]] = {
    "run": lambda row: row.run.number,
    "task": lambda row: row.run.task,
    "inputs": lambda row: row.inputs,
    "runner": lambda row: row.run.runner,
    "duration": lambda row: row.seconds,
    "state": lambda row: row.run.phase.value,
}


def update_runs(state: RunsState, event: Event) -> RunsState:
    """Answer an event of a table of runs.

    Raises:
        DisplayError: There is no such run or column.
    """
    answer = _ANSWERS.get(event.kind) or _ANSWERS.get(event.key.partition(":")[0])
    if answer is not None:
        return answer(state, event)
    if is_of_outputs(event) and state.opened is not None:
        shown = update_shown(state.opened, event)
        return dataclasses.replace(state, opened=shown)
    return dataclasses.replace(state, problem="")


def _told(state: RunsState, event: Event) -> RunsState:
    """Take what the work of an event came to."""
    changes: dict[str, Any] = {event.kind: event.value}
    return dataclasses.replace(state, **changes)


def _asked(state: RunsState, event: Event) -> RunsState:
    """Look whether there is such a run, and open it if that was asked for."""
    run = state.run(event.value)
    opened = Shown(run) if event.key == "runs.open" else state.opened
    return dataclasses.replace(state, opened=opened, problem="")


def _opened(state: RunsState, event: Event) -> RunsState:
    shown: Shown = event.value
    if state.opened is None or state.opened.run is not shown.run:
        return state
    return dataclasses.replace(state, opened=newer(state.opened, shown))


def _sorted(state: RunsState, event: Event) -> RunsState:
    column = str(event.value)
    if column not in _KEYS:
        msg = f"expected a column of {', '.join(_KEYS)}, got {column!r:.40}."
        raise DisplayError(msg)
    is_descending = column == state.column and not state.is_descending
    return dataclasses.replace(state, column=column, is_descending=is_descending)


def _ticked(state: RunsState, event: Event) -> RunsState:
    number = state.run(event.key.partition(":")[2]).number
    others = tuple(one for one in state.ticked if one != number)
    ticked = (*others, number)[-_TWO:] if event.value is True else others
    return dataclasses.replace(state, ticked=ticked, compared="", problem="")


_ANSWERS: dict[str, Callable[[RunsState, Event], RunsState]] = {
    "rows": _told,
    "compared": _told,
    "problem": _told,
    "run": _opened,
    "runs.sort": _sorted,
    "runs.tick": _ticked,
    "runs.close": lambda state, _event: dataclasses.replace(state, opened=None),
    **dict.fromkeys(("runs.open", "runs.again", "runs.cancel", "runs.save"), _asked),
}


# --- drawing --------------------------------------------------------------------------


def view_runs(state: RunsState) -> Iterator[AnyPart]:
    """Draw a table of runs, and below it what is open."""
    yield Part("runs", f'<div class="kit-runs">{slot("table")}{slot("below")}</div>')
    yield Part("table", _table_html(state))
    yield Part("below", _below_html(state))
    if state.opened is not None:
        yield Part("run.frame", results_html(state.opened))
        yield from results_parts(state.opened)


def _table_html(state: RunsState) -> str:
    rows = sorted(state.rows, key=_KEYS["run"])
    rows.sort(key=_KEYS[state.column], reverse=state.is_descending)
    heads = "".join(_head(state, column) for column in _KEYS)
    body = "".join(_row_html(state, row) for row in rows)
    count = len(state.rows)
    counted = f"{count:,} run{'' if count == 1 else 's'} of this session"
    off = "" if len(state.ticked) == _TWO else " disabled"
    compare = (
        f'<button type="button" data-kit-action="runs.compare"{off} '
        'title="Compare the two runs that are ticked">Compare</button>'
    )
    problem = f'<p role="alert" class="kit-bad">{html_text(state.problem)}</p>'
    return (
        f'<div class="kit-view-head"><p><b class="kit-view-name">Runs</b> '
        f'<span class="kit-quiet">{counted}</span></p>{compare}</div>'
        f"{problem if state.problem else ''}"
        '<div class="kit-scroll" role="region" tabindex="0" aria-label="runs">'
        '<table class="kit-table"><thead><tr><th scope="col"><span '
        f'class="kit-quiet">compare</span></th>{heads}<th scope="col">'
        f'<span class="kit-quiet">do</span></th></tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _head(state: RunsState, column: str) -> str:
    way, mark = "none", ""
    if column == state.column:
        way, mark = ("descending", " ↓") if state.is_descending else ("ascending", " ↑")
    return (
        f'<th scope="col" aria-sort="{way}"><button type="button" class="kit-link" '
        f'data-kit-action="runs.sort" data-kit-value="{column}" '
        f'aria-label="Sort by {column}">{column}{mark}</button></th>'
    )


def _row_html(state: RunsState, row: Row) -> str:
    run, number = row.run, row.run.number
    is_open = state.opened is not None and state.opened.run is run
    ticked = " checked" if number in state.ticked else ""
    duration = duration_text(row.seconds) if row.seconds >= 1 or run.is_done else ""
    actions = [("open", "Open"), ("again", "Re-run"), ("save", "Save")]
    if not run.is_done:
        actions = [("open", "Open"), ("cancel", "Cancel")]
    buttons = "".join(
        f'<button type="button" class="kit-link" data-kit-action="runs.{action}" '
        f'data-kit-value="{number}" aria-label="{text} run {number}">{text}</button> '
        for action, text in actions
    )
    return (
        f'<tr data-kit-key="{number}" aria-selected="{str(is_open).lower()}">'
        f'<td><input type="checkbox" data-kit-field="runs.tick:{number}" '
        f'aria-label="Compare run {number}"{ticked}></td>'
        f'<th scope="row">{number}</th><td>{html_text(label(run.task))}</td>'
        f'<td title="{attribute(row.inputs)}"><code>{html_text(row.inputs)}</code></td>'
        f"<td>{html_text(label(run.runner))}</td><td>{duration}</td>"
        f"<td>{row.phase}</td><td>{buttons}</td></tr>"
    )


def _below_html(state: RunsState) -> str:
    opened = ""
    if state.opened is not None:
        name = html_text(label(state.opened.run.task))
        opened = (
            f'<div class="kit-run"><div class="kit-view-head"><p>run '
            f"{state.opened.run.number} <b>{name}</b></p>"
            '<button type="button" data-kit-action="runs.close">Close</button></div>'
            f"{slot('run.frame')}</div>"
        )
    return state.compared + opened


# --- the view -------------------------------------------------------------------------


class RunsView(LiveView[RunsState]):
    """Draws runs, and follows those that have not ended.

    Args:
        runs: The runs.
    """

    def __init__(self, runs: Runs) -> None:
        super().__init__(
            RunsState(tuple(map(row_of, runs))),
            update_runs,
            view_runs,
            label="runs",
            perform=self._work,
        )
        self._follow()

    def _follow(self) -> None:
        """Look at the runs as long as one of them goes on."""

        def look() -> bool:
            if self.is_closed:
                return False
            before = self.state.rows
            rows = tuple(row_of(row.run, row.inputs) for row in before)
            is_done = all(row.run.is_done for row in rows)
            if rows != before:
                self.post(Event("rows", "runs", rows))
            return not is_done

        if not all(row.run.is_done for row in self.state.rows):
            draw_while(look)

    def _work(self, event: Event, state: RunsState, live: LiveView[RunsState]) -> None:
        """Do what an event asks for beyond the view."""
        if is_of_outputs(event) and state.opened is not None:
            perform_outputs(event, state.opened.outputs, live)
            return
        act = {
            "runs.open": self._open,
            "runs.again": self._again,
            "runs.cancel": lambda run: run.cancel(),
            "runs.save": self._save,
        }.get(event.key)
        try:
            if event.key == "runs.compare":
                self._compare(state)
            elif act is not None:
                act(state.run(event.value))
        except KitError as error:
            self.post(Event("problem", "runs", str(error)))

    def _open(self, run: Run) -> None:
        def is_wanted() -> bool:
            opened = self.state.opened
            return opened is not None and opened.run is run

        watch_run(self, run, is_wanted)

    def _again(self, run: Run) -> None:
        made = run.rerun()
        rows = (*self.state.rows, row_of(made))
        self.post(Event("rows", "runs", rows))
        self._follow()

    def _save(self, run: Run) -> None:
        with tempfile.TemporaryDirectory(prefix="kit-save-") as folder:
            path = run.save(Path(folder) / "run.zip")
            data = path.read_bytes()
        self.send_file(Held(f"run-{run.number}.zip", lambda: data))

    def _compare(self, state: RunsState) -> None:
        runs = [state.run(number) for number in state.ticked]
        if len(runs) != _TWO or not all(run.is_done for run in runs):
            msg = "Tick two runs that have ended, to compare them."
            raise DisplayError(msg)
        drawn = fragment(summarize(compared_runs(runs)))
        self.post(Event("compared", "runs", drawn))
