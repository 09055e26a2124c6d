"""A report of checks as a table to filter, with a button for what can be repaired."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets

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
)
from kit.display.summary import Code, Style, Summary, Table
from kit.display.text import html_text
from kit.errors import DefinitionError
from kit.widgets.base import Styles, close_tree, live_box, named


class Choices:
    """A row of menus, each with "all", and a field of text.

    Args:
        menus: The options of each menu, by its label.
        changed: Called when the reader has chosen otherwise, in any thread.
        styles: What all widgets of the view share.

    Attributes:
        widget: The row.
    """

    def __init__(
        self,
        menus: Mapping[str, Iterable[str]],
        changed: Callable[[], None],
        styles: Styles,
    ) -> None:
        self._menus = {
            label: ipywidgets.Dropdown(
                options=[("all", ""), *((word, word) for word in words)],
                value="",
                description=label,
                **styles.choice,
            )
            for label, words in menus.items()
        }
        self._text = ipywidgets.Text(
            description="text",
            placeholder="any text",
            continuous_update=True,
            **styles.text,
        )
        for control in (*self._menus.values(), self._text):
            control.observe(lambda _change: changed(), "value")
        controls = (*self._menus.values(), self._text)
        self.widget: Any = ipywidgets.Box(
            controls, **styles.box, **named("kit-choices")
        )

    def admits(self, words: Mapping[str, Iterable[str]], text: str) -> bool:
        """Tell whether something is to be shown.

        Args:
            words: What it is, by the label of each menu.
            text: What it says.
        """
        for label, menu in self._menus.items():
            if menu.value and menu.value not in words[label]:
                return False
        return self._text.value.strip().casefold() in text.casefold()


class DifferenceView:
    """Draws a difference.

    Args:
        difference: The difference.

    Attributes:
        root: The widget.
    """

    def __init__(self, difference: Difference) -> None:
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._drawn = list(drawn_changes(difference))
        styles = Styles()
        head = ipywidgets.HTML(_head(difference), **styles.html)
        self._body = ipywidgets.HTML(**styles.html, **named("kit-report-body"))
        impacts = [impact.value for impact in difference.impacts]
        self._choices = Choices({"impact": impacts}, self._draw, styles)
        self.root: Any = live_box(styles, (head, self._choices.widget, self._body))
        self._draw()

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)

    def _draw(self) -> None:
        with self._lock:
            found = [drawn for drawn in self._drawn if self._admits(drawn)]
            count = f"{len(found):,} of {len(self._drawn):,} changes"
            groups = (group for group in change_groups(found) if group.items)
            self._body.value = f'<p role="status">{html_text(count)}</p>' + "".join(
                map(section_html, groups)
            )

    def _admits(self, drawn: DrawnChange) -> bool:
        change, code = drawn
        words = {"impact": [impact.value for impact in change.impacts]}
        return self._choices.admits(words, f"{code.caption}\n{code.text}")


def _head(difference: Difference) -> str:
    """Return the title and what the difference means in all."""
    title = "".join(heading_html(headed(difference)))
    return title + section_html(meaning_section(difference))


_COLUMNS = ("severity", "rule", "when", "where", "what will happen", "what to do")
_MOST_ROWS = 200
_MOST_BUTTONS = 20


class ReportView:
    """Draws a report; what is repaired from it changes the task of this session.

    Args:
        report: The report.

    Attributes:
        root: The widget.
    """

    def __init__(self, report: CheckReport) -> None:
        self._report = report
        self._lock = threading.RLock()  # handlers run in threads of the kernel
        self._styles = styles = Styles()
        self._written: list[str] = []
        self._problem = ""
        self._head = ipywidgets.HTML(**styles.html)
        self._body = ipywidgets.HTML(**styles.html, **named("kit-report-body"))
        self._code = ipywidgets.HTML(**styles.html)
        self._buttons: Any = ipywidgets.Box(**styles.box, **named("kit-tools"))
        found = report.findings
        self._choices = Choices(
            {
                "severity": dict.fromkeys(f.severity.value for f in found),
                "when": dict.fromkeys(_when(f) for f in found),
            },
            self._draw_table,
            styles,
        )
        self.root: Any = live_box(
            styles,
            (
                *(self._head, self._choices.widget, self._body),
                *(self._buttons, self._code),
            ),
        )
        self._draw()

    def close(self) -> None:
        """Close every widget of it."""
        close_tree(self.root)
        self._styles.button["style"].close()  # no button may be left that has it

    def _draw(self) -> None:
        report = self._report
        summary = Summary("check", report.subject, (), status=report.verdict)
        self._head.value = "".join(heading_html(summary))
        self._draw_table()
        self._draw_buttons()
        code = item_html(Code("\n".join(self._written), "python", _KEEP))
        problem = f'<p role="alert">{html_text(self._problem)}</p>'
        self._code.value = (problem if self._problem else "") + (
            code if self._written else ""
        )

    def _draw_table(self) -> None:
        with self._lock:
            found = self._report.findings
            rows = [row for row in map(_row, found) if self._admits(row)]
            count = f"{len(rows):,} of {len(found):,} findings"
            if len(rows) > _MOST_ROWS:
                count += f", the first {_MOST_ROWS} of them here"
            table = item_html(Table(_COLUMNS, tuple(rows[:_MOST_ROWS]), styles=_STYLES))
            shown = table if rows else ""
            self._body.value = f'<p role="status">{html_text(count)}</p>{shown}'

    def _admits(self, row: tuple[str, ...]) -> bool:
        severity, _, when, *_ = row
        words = {"severity": (severity,), "when": (when,)}
        return self._choices.admits(words, " ".join(row))

    def _draw_buttons(self) -> None:
        gone = self._buttons.children
        task, found = self._report.task, self._report.findings
        repairable = [f for f in found if f.repair is not None and task is not None]
        self._buttons.children = [
            self._button(finding) for finding in repairable[:_MOST_BUTTONS]
        ]
        for button in gone:
            button.close()

    def _button(self, finding: Finding) -> Any:
        where = f" at {finding.path}" if finding.path else ""
        button = ipywidgets.Button(
            description=f"Fix {finding.rule}{where}",
            tooltip=finding.fix or finding.message,
            **self._styles.button,
        )
        button.on_click(functools.partial(self._fix, finding))
        return button

    def _fix(self, finding: Finding, _button: Any) -> None:
        """Change the task, and check it again."""
        if finding.repair is None:
            return
        with self._lock:
            fix = fixed(self._report.task, [finding.repair])
            try:
                fix.apply(self._report.task)
            except DefinitionError as error:
                self._problem = str(error)
            else:
                self._problem = ""
                self._written += [fix.python] if fix.python not in self._written else []
                self._report = self._checked_again()
            self._draw()

    def _checked_again(self) -> CheckReport:
        again = self._report.again
        return self._report if again is None else again()


_KEEP = "write this into the task's definition, to keep what was fixed here"
_STYLES: tuple[Style, ...] = ("text", "code", "text", "code", "text", "text")


def _when(finding: Finding) -> str:
    return WHEN.get(finding.stage, "any time")


def _row(finding: Finding) -> tuple[str, ...]:
    message = (
        f"{finding.message} “{finding.words}”" if finding.words else finding.message
    )
    return (
        *(finding.severity.value, finding.rule, _when(finding), finding.path),
        *(message, finding.fix),
    )
