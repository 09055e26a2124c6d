"""What is shown of a live Flyte: registrations, executions, versions."""

from __future__ import annotations

from collections.abc import Iterator

from kit.display.of_reports import change_groups, drawn_changes
from kit.display.summary import (
    Fact,
    Facts,
    Finding,
    Item,
    Section,
    Severity,
    Summary,
    Table,
    summarizes,
)
from kit.escape import shorten
from kit.flyte.register import Registration, Registrations

_MOST_ENTRIES = 200
_MOST_DIFFERENCES = 5
_LONGEST_WORDS = 4_000


@summarizes(Registrations)
def summarize_registrations(report: Registrations) -> Summary:
    """Summarize registrations: each with what was foretold and what came."""
    title = report.entries[0].name
    if len(report.entries) > 1:
        title = f"{len(report.entries):,} entities"
    sections = [
        Section("Registrations", tuple(_table(report))),
        Section("To know", tuple(_findings(report))),
    ]
    for entry in [e for e in report.entries if e.difference][:_MOST_DIFFERENCES]:
        groups = change_groups(drawn_changes(entry.difference))  # type: ignore[arg-type]
        items = [item for group in groups for item in group.items]
        name = f"{entry.name}: registered as {entry.version}, and now"
        sections.append(Section(name, tuple(items)))
    kind = "registrations foretold" if report.dry_run else "registrations"
    return Summary(kind, title, tuple(sections), status=report.verdict)


def _table(report: Registrations) -> Iterator[Item]:
    yield Facts((Fact("on", report.remote),))
    columns: tuple[str, ...] = ("kind", "name", "version", "foretold", "came")
    columns = columns[:-1] if report.dry_run else columns
    rows = tuple(
        (one.kind, one.name, one.version, one.foretold, one.outcome)[: len(columns)]
        for one in report.entries[:_MOST_ENTRIES]
    )
    yield Table(columns, rows)
    more = len(report.entries) - _MOST_ENTRIES
    if more > 0:
        yield Finding("note", f"{more:,} more are not shown.")


def _findings(report: Registrations) -> Iterator[Item]:
    for entry in report.entries[:_MOST_ENTRIES]:
        if entry.words:
            yield Finding(
                _severity(entry),
                f"{entry.name} {entry.version}",
                entry.fix,
                words=shorten(entry.words, _LONGEST_WORDS),
            )
        if entry.surprise:
            yield Finding("warning", f"{entry.name} {entry.version}: {entry.surprise}")


def _severity(entry: Registration) -> Severity:
    return "note" if entry.ok else "error"
