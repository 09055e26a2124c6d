"""``kit.workbench()`` as a live view: a ladder a task, whose rows open and climb."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kit import evidence
from kit.display.ladder import ladder_html
from kit.display.text import attribute, html_text
from kit.errors import DisplayError, KitError
from kit.escape import label
from kit.evidence import State
from kit.readiness.climb import ready
from kit.readiness.ladder import Readiness
from kit.readiness.workbench import Workbench
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot

_COLUMNS: dict[str, Callable[[Readiness], Any]] = {
    "task": lambda ladder: ladder.task,
    "readiness": lambda ladder: sum(s.state is State.PASSED for s in ladder),
}


@dataclass(frozen=True)
class BenchState:
    """What a workbench shows.

    Attributes:
        ladders: The ladder of each task.
        column: What they are sorted by.
        is_descending: Whether the largest is first.
        opened: The task whose preview is open; empty if none is.
        preview: The model of that preview.
        climbing: The tasks that are being climbed, the present one first.
        problem: Why the last press did not do all.
    """

    ladders: tuple[Readiness, ...]
    column: str = "task"
    is_descending: bool = False
    opened: str = ""
    preview: str = ""
    climbing: tuple[str, ...] = ()
    problem: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(ladder.task for ladder in self.ladders)


def update(state: BenchState, event: Event) -> BenchState:
    """Answer an event of a workbench.

    Raises:
        DisplayError: There is no such task or column.
    """
    if event.kind == "kernel":
        return dataclasses.replace(state, **{event.key: event.value})
    if event.key == "bench.sort":
        return _sorted(state, str(event.value))
    if event.key == "bench.close":
        return dataclasses.replace(state, opened="", preview="", problem="")
    if event.key == "bench.open":
        _known(state, event.value)
        name = str(event.value)
        return dataclasses.replace(state, opened=name, preview="", problem="")
    if event.key == "bench.ready" and not state.climbing:
        return dataclasses.replace(state, climbing=state.names, problem="")
    return state


def _known(state: BenchState, name: object) -> None:
    if name not in state.names:
        msg = f"There is no task {name!r:.80} on this workbench."
        raise DisplayError(msg)


def _sorted(state: BenchState, column: str) -> BenchState:
    if column not in _COLUMNS:
        msg = f"expected a column of {', '.join(_COLUMNS)}, got {column!r:.40}."
        raise DisplayError(msg)
    turned = column == state.column and not state.is_descending
    return dataclasses.replace(state, column=column, is_descending=turned)


def view(state: BenchState) -> Iterator[AnyPart]:
    """Draw the tasks, and below them the preview that is open."""
    yield Part("bench", f'<div class="kit-runs">{slot("tasks")}{slot("open")}</div>')
    yield Part("tasks", _table_html(state))
    yield Part("open", _opened_html(state))


def _table_html(state: BenchState) -> str:
    ladders = sorted(state.ladders, key=_COLUMNS["task"])
    ladders.sort(key=_COLUMNS[state.column], reverse=state.is_descending)
    count = len(ladders)
    told = f"{count:,} task{'' if count == 1 else 's'}"
    if state.climbing:
        told = f"climbing {html_text(label(state.climbing[0]))}"
    off = " disabled" if state.climbing or not ladders else ""
    problem = f'<p role="alert" class="kit-bad">{html_text(state.problem)}</p>'
    heads = "".join(_head(state, column) for column in _COLUMNS)
    rows = "".join(_row_html(state, ladder) for ladder in ladders)
    return (
        '<div class="kit-view-head"><p><b class="kit-view-name">Workbench</b> '
        f'<span class="kit-quiet" role="status">{told}</span></p>'
        f'<button type="button" data-kit-action="bench.ready" data-kit-primary{off} '
        'title="Climb the ladder of every task">Ready?</button></div>'
        f"{problem if state.problem else ''}"
        '<div class="kit-scroll" role="region" tabindex="0" aria-label="tasks">'
        f'<table class="kit-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _head(state: BenchState, column: str) -> str:
    way, mark = "none", ""
    if column == state.column:
        way, mark = ("descending", " ↓") if state.is_descending else ("ascending", " ↑")
    return (
        f'<th scope="col" aria-sort="{way}"><button type="button" class="kit-link" '
        f'data-kit-action="bench.sort" data-kit-value="{column}" '
        f'aria-label="Sort by {column}">{column}{mark}</button></th>'
    )


def _row_html(state: BenchState, ladder: Readiness) -> str:
    name = attribute(ladder.task)
    is_open = str(ladder.task == state.opened).lower()
    return (
        f'<tr data-kit-key="{name}" aria-selected="{is_open}"><th scope="row">'
        f'<button type="button" class="kit-link" data-kit-action="bench.open" '
        f'data-kit-value="{name}">{html_text(label(ladder.task))}</button></th>'
        f"<td>{ladder_html(ladder)}</td></tr>"
    )


def _opened_html(state: BenchState) -> str:
    if not state.opened:
        return ""
    inner = f'<div data-kit-widget="{attribute(state.preview)}"></div>'
    return (
        '<div class="kit-view-head"><p>preview of '
        f"<b>{html_text(label(state.opened))}</b></p>"
        '<button type="button" data-kit-action="bench.close">Close</button></div>'
        f"{inner if state.preview else ''}"
    )


class WorkbenchView(LiveView[BenchState]):
    """Draws a workbench, and follows what is recorded of its tasks.

    Args:
        bench: The workbench.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._preview: Any = None
        self._climbs = threading.Lock()  # one climb at a time
        self._unwatch = evidence.session.watch(self._recorded)
        state = BenchState(bench.ladders)
        super().__init__(state, update, view, label="workbench", perform=self._work)

    def close(self) -> None:
        """Close it, and the preview in it."""
        self._unwatch()
        self._close_preview()
        super().close()

    def _recorded(self, name: str) -> None:
        if name in self.state.names:
            self._look()

    def _look(self) -> None:
        self.post(Event("kernel", "ladders", self._bench.ladders))

    def _work(self, event: Event, _state: BenchState, _live: Any) -> None:
        """Do what an event asks for beyond the view."""
        if event.kind == "kernel":
            return
        if event.key in ("bench.open", "bench.close"):
            self._close_preview()
        if event.key == "bench.open":
            self._open(str(event.value))
        if event.key == "bench.ready" and self._climbs.acquire(blocking=False):
            threading.Thread(target=self._climb, name="kit-climb", daemon=True).start()

    def _open(self, name: str) -> None:
        from kit.widgets.preview import Preview

        task = {task.name: task for task in self._bench.tasks}[name]
        self._preview = preview = Preview(task, self._bench.settings)
        model = f"IPY_MODEL_{preview.opened().root.model_id}"
        self.post(Event("kernel", "preview", model))

    def _close_preview(self) -> None:
        if self._preview is not None:
            self._preview.close()
            self._preview = None

    def _climb(self) -> None:
        """Climb one ladder after the other, in a thread; what fails hides no other."""
        try:
            problems = list(self._climbed())
        finally:
            self._climbs.release()
        self.post(Event("kernel", "problem", "\n".join(problems)))
        self.post(Event("kernel", "climbing", ()))

    def _climbed(self) -> Iterator[str]:
        """Yield what could not be climbed, and why."""
        tasks = self._bench.tasks
        for index, task in enumerate(tasks):
            if self.is_closed:
                return
            rest = tuple(other.name for other in tasks[index:])
            self.post(Event("kernel", "climbing", rest))
            try:
                ready(task, settings=self._bench.settings)
            except KitError as error:
                yield f"{task.name}: {error}"
            self._look()
