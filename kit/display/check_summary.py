"""What is shown of a report of checks."""

from __future__ import annotations

from kit.checks.finding import Finding as Found
from kit.checks.report import CheckReport
from kit.display.summary import Finding, Item, Section, Summary

__all__ = ["summarize_check"]

_MOST_FINDINGS = 50
"""Of one severity; the others are counted."""


def summarize_check(report: CheckReport) -> Summary:
    """Summarize a report: its findings by their severity, the gravest first.

    Those beyond fifty of a severity are counted; ``CheckReport.findings`` has them all.
    """
    sections = (
        Section("Errors", _items(report.errors)),
        Section("Warnings", _items(report.warnings)),
        Section("Notes", _items(report.notes)),
    )
    return Summary("check", report.subject, sections, status=report.verdict)


def _items(found: tuple[Found, ...]) -> tuple[Item, ...]:
    items = [_item(finding) for finding in found[:_MOST_FINDINGS]]
    more = len(found) - _MOST_FINDINGS
    if more > 0:
        items.append(Finding("note", f"{more:,} more are not shown."))
    return tuple(items)


def _item(found: Found) -> Finding:
    return Finding(
        found.severity.value,
        found.message,
        found.fix,
        rule=found.rule,
        path=found.path,
        words=found.words,
    )
