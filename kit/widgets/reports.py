"""Reports of checks and differences as live views: filtered, and repaired."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.checks.report import CheckReport, Finding, fixed
from kit.difference.diff import Difference
from kit.display.html import heading_html, item_html, section_html
from kit.display.of_reports import (
    WHEN,
    DrawnChange,
    change_groups,
    drawn_changes,
    headed,
    meaning_section,
    verdict_tone,
)
from kit.display.summary import Code, Style, Summary, Table
from kit.display.text import attribute, html_text
from kit.errors import DefinitionError, DisplayError
from kit.escape import label
from kit.widgets.live import AnyPart, Event, LiveView, Part, slot

_FILTER = "filter."
_MOST_ROWS = 200
_MOST_BUTTONS = 20
_COLUMNS = ("severity", "rule", "when", "where", "what will happen", "what to do")
_STYLES: tuple[Style, ...] = ("text", "code", "text", "code", "text", "text")
_KEEP = "write this into the task's definition, to keep what was fixed here"


@dataclass(frozen=True)
class Filters:
    """What a reader wants to see of a list.

    Attributes:
        menus: The words of each menu, by its label.
        chosen: The chosen words, by the label; all where there is none.
        text: What everything shown contains.
    """

    menus: Mapping[str, tuple[str, ...]]
    chosen: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def answered(self, event: Event) -> Filters:
        """Return them after a menu or the text was changed.

        Raises:
            DisplayError: There is no such menu, or no such word in it.
        """
        name = event.key.removeprefix(_FILTER)
        value = str(event.value)
        if name == "text":
            return dataclasses.replace(self, text=value)
        if value and value not in self.menus.get(name, ()):
            msg = f"expected a word of the menu {name!r:.40}, got {value!r:.40}."
            raise DisplayError(msg)
        return dataclasses.replace(self, chosen={**self.chosen, name: value})

    def admits(self, words: Mapping[str, Iterable[str]], text: str) -> bool:
        """Return whether something is to be shown.

        Args:
            words: What it is, by the label of each menu.
            text: What it says.
        """
        for name, chosen in self.chosen.items():
            if chosen and chosen not in words[name]:
                return False
        return self.text.strip().casefold() in text.casefold()

    def html(self) -> str:
        """Return them as a row of controls."""
        menus = "".join(self._menu(name) for name in self.menus)
        text = (
            '<label>text <input type="search" placeholder="any text" '
            f'aria-label="text" data-kit-field="{_FILTER}text" data-kit-live></label>'
        )
        return f'<p class="kit-choices">{menus}{text}</p>'

    def _menu(self, name: str) -> str:
        options = "".join(
            f'<option value="{attribute(word)}"'
            f"{' selected' if word == self.chosen.get(name) else ''}>"
            f"{html_text(label(word))}</option>"
            for word in self.menus[name]
        )
        return (
            f"<label>{html_text(name)} "
            f'<select aria-label="{attribute(name)}" '
            f'data-kit-field="{_FILTER}{attribute(name)}">'
            f'<option value="">all</option>{options}</select></label>'
        )


# --- differences ----------------------------------------------------------------------


@dataclass(frozen=True)
class DifferenceState:
    """What a difference shows.

    Attributes:
        head: Its title and what it means in all, drawn.
        drawn: Its changes.
        filters: Which of them are wanted.
    """

    head: str
    drawn: tuple[DrawnChange, ...]
    filters: Filters


def update_difference(state: DifferenceState, event: Event) -> DifferenceState:
    """Answer an event of a difference's view."""
    if event.key.startswith(_FILTER):
        return dataclasses.replace(state, filters=state.filters.answered(event))
    return state


def view_difference(state: DifferenceState) -> Iterator[AnyPart]:
    """Draw a difference."""
    found = [drawn for drawn in state.drawn if _admits(state.filters, drawn)]
    count = _counted(len(found), len(state.drawn), "change")
    groups = (group for group in change_groups(found) if group.items)
    yield Part("head", f"{state.head}{state.filters.html()}{slot('changes')}")
    yield Part(
        "changes",
        f'<p role="status">{count}</p>' + "".join(map(section_html, groups)),
    )


def _admits(filters: Filters, drawn: DrawnChange) -> bool:
    change, code = drawn
    words = {"impact": [impact.value for impact in change.impacts]}
    return filters.admits(words, f"{code.caption}\n{code.text}")


def _counted(shown: int, total: int, noun: str) -> str:
    nouns = noun if total == 1 else f"{noun}s"
    return f"{total:,} {nouns}" if shown == total else f"{shown:,} of {total:,} {nouns}"


class DifferenceView(LiveView[DifferenceState]):
    """Draws a difference.

    Args:
        difference: The difference.
    """

    def __init__(self, difference: Difference) -> None:
        title = "".join(heading_html(headed(difference)))
        menus = {"impact": tuple(impact.value for impact in difference.impacts)}
        state = DifferenceState(
            title + section_html(meaning_section(difference)),
            tuple(drawn_changes(difference)),
            Filters(menus),
        )
        super().__init__(
            state, update_difference, view_difference, label=f"diff {difference.name}"
        )


# --- reports --------------------------------------------------------------------------


@dataclass(frozen=True)
class ReportState:
    """What a report shows.

    Attributes:
        report: The report.
        filters: Which findings are wanted.
        written: What was changed by repairs, as source.
        problem: Why the last repair was not done.
    """

    report: CheckReport
    filters: Filters
    written: tuple[str, ...] = ()
    problem: str = ""

    @property
    def repairable(self) -> tuple[Finding, ...]:
        """The findings that can be repaired in this session."""
        if self.report.task is None:
            return ()
        return tuple(f for f in self.report.findings if f.repair is not None)


def report_state(report: CheckReport) -> ReportState:
    """Return a report as it is first shown."""
    found = report.findings
    menus = {
        "severity": tuple(dict.fromkeys(f.severity.value for f in found)),
        "when": tuple(dict.fromkeys(map(_when, found))),
    }
    return ReportState(report, Filters(menus))


def update_report(state: ReportState, event: Event) -> ReportState:
    """Answer an event of a report's view."""
    if event.key.startswith(_FILTER):
        return dataclasses.replace(state, filters=state.filters.answered(event))
    if event.kind == "fixed":
        written, report = event.value
        known = (*state.written, *([] if written in state.written else [written]))
        return dataclasses.replace(state, report=report, written=known, problem="")
    if event.kind == "not fixed":
        return dataclasses.replace(state, problem=str(event.value))
    return state


def view_report(state: ReportState) -> Iterator[AnyPart]:
    """Draw a report."""
    report = state.report
    summary = Summary(
        "check",
        report.subject,
        (),
        status=report.verdict,
        tone=verdict_tone(report),
    )
    yield Part(
        "report",
        f"{slot('head')}{state.filters.html()}{slot('table')}{slot('repairs')}",
    )
    yield Part("head", "".join(heading_html(summary)))
    yield Part("table", _table(state))
    yield Part("repairs", _repairs(state))


def _table(state: ReportState) -> str:
    found = state.report.findings
    rows = [row for row in map(_row, found) if _is_wanted(state.filters, row)]
    count = _counted(len(rows), len(found), "finding")
    if len(rows) > _MOST_ROWS:
        count += f", the first {_MOST_ROWS} of them here"
    table = Table(_COLUMNS, tuple(rows[:_MOST_ROWS]), styles=_STYLES)
    return f'<p role="status">{count}</p>{item_html(table) if rows else ""}'


def _is_wanted(filters: Filters, row: tuple[str, ...]) -> bool:
    severity, _, when, *_ = row
    words = {"severity": (severity,), "when": (when,)}
    return filters.admits(words, " ".join(row))


def _repairs(state: ReportState) -> str:
    """Return a button for what can be repaired, and what was repaired as source."""
    buttons = "".join(map(_button, enumerate(state.repairable[:_MOST_BUTTONS])))
    problem = f'<p role="alert" class="kit-bad">{html_text(state.problem)}</p>'
    code = Code("\n".join(state.written), "python", _KEEP)
    return (
        f'<p class="kit-buttons">{buttons}</p>'
        f"{problem if state.problem else ''}{item_html(code) if state.written else ''}"
    )


def _button(numbered: tuple[int, Finding]) -> str:
    number, finding = numbered
    where = f" at {finding.path}" if finding.path else ""
    title = attribute(label(finding.fix or finding.message))
    return (
        f'<button type="button" data-kit-action="fix" data-kit-value="{number}" '
        f'title="{title}">{html_text(label(f"Fix {finding.rule}{where}"))}</button>'
    )


class ReportView(LiveView[ReportState]):
    """Draws a report; what is repaired from it changes the task of this session.

    Args:
        report: The report.
    """

    def __init__(self, report: CheckReport) -> None:
        super().__init__(
            report_state(report),
            update_report,
            view_report,
            label=f"check {report.subject}",
            perform=_fix,
        )


def _fix(event: Event, state: ReportState, live: LiveView[Any]) -> None:
    """Change the task, and check it again."""
    number = str(event.value)
    if event.key != "fix" or event.kind != "action" or not number.isdecimal():
        return
    found = state.repairable[int(number) :][:1]
    for finding in found:
        if finding.repair is None:
            continue
        fix = fixed(state.report.task, [finding.repair])
        try:
            fix.apply(state.report.task)
        except DefinitionError as error:
            live.post(Event("not fixed", "report", str(error)))
        else:
            again = state.report.again
            report = state.report if again is None else again()
            live.post(Event("fixed", "report", (fix.python, report)))


def _when(finding: Finding) -> str:
    return WHEN.get(finding.stage, "any time")


def _row(finding: Finding) -> tuple[str, ...]:
    words = f" “{finding.words}”" if finding.words else ""
    return (
        *(finding.severity.value, finding.rule, _when(finding), finding.path),
        *(f"{finding.message}{words}", finding.fix),
    )
