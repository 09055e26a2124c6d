"""What is shown of a check and of its findings."""

from __future__ import annotations

from collections.abc import Sequence

from kit.checks.report import CheckReport
from kit.checks.report import Finding as Found
from kit.display.summarizers import summarizes
from kit.display.summary import (
    Code,
    Finding,
    Item,
    Section,
    Summary,
)

WHEN = {
    "registration": "at registration",
    "launch": "at launch",
    "run": "in the run",
    "silent": "silently",
    "template": "in the template",
    "python": "in Python",
}
"""When a finding happens, by its stage, for a reader."""
_MOST_FINDINGS = 50
"""Of one severity; the others are counted."""


@summarizes(CheckReport)
def summarize_check(report: CheckReport) -> Summary:
    """Summarize a report: its findings by their severity, the gravest first.

    Those beyond fifty of a severity are counted; ``CheckReport.findings`` has them all.
    """
    sections = (
        Section("Errors", finding_items(report.errors)),
        Section("Warnings", finding_items(report.warnings)),
        Section("Notes", finding_items(report.notes)),
    )
    status = report.verdict
    return Summary("check", report.subject, (*sections, _repairs(report)), status)


def finding_items(found: Sequence[Found]) -> tuple[Item, ...]:
    """Return what is shown of findings, of which there may be too many."""
    items = [finding_item(finding) for finding in found[:_MOST_FINDINGS]]
    more = len(found) - _MOST_FINDINGS
    if more > 0:
        items.append(Finding("note", f"{more:,} more are not shown."))
    return tuple(items)


def finding_item(found: Found) -> Finding:
    """Return what is shown of one finding."""
    return Finding(
        found.severity.value,
        found.message,
        found.fix,
        rule=_named(found),
        path=found.path,
        words=found.words,
    )


def _repairs(report: CheckReport) -> Section:
    """Show the arguments that take findings away."""
    fix = report.fix()
    code = Code(fix.python, "python", "arguments of the task that take findings away")
    return Section("Repairs", (code,) if fix else ())


def _named(found: Found) -> str:
    """Return the rule's name, and when what it says happens."""
    return f"{found.rule} ({WHEN[found.stage]})" if found.stage else found.rule
