"""What is shown of a live Flyte: registrations, executions, versions."""

from __future__ import annotations

from collections.abc import Iterator

from kit.display.of_reports import change_groups, drawn_changes
from kit.display.of_runs import summarize_run
from kit.display.summary import (
    Code,
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
from kit.errors import KitError
from kit.escape import shorten
from kit.flyte.execution import Execution
from kit.flyte.register import Registration, Registrations
from kit.flyte.registered import Versions

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


@summarizes(Execution)
def summarize_execution(execution: Execution) -> Summary:
    """Summarize an execution as it stands; one that has ended shows what came of it.

    What Flyte cannot be asked is said, and hides nothing else.
    """
    facts = execution.to_json()
    about = [
        Fact("launched", f"{facts['launched']} {facts['version']}"),
        Fact("in", f"{facts['project']}/{facts['domain']}"),
        Fact("console", facts["link"]),
    ]
    notes = tuple(Finding("note", note) for note in execution.notes)
    sections = [Section("Execution", (Facts(tuple(about)), *notes))]
    sections.append(Section("Attempts", tuple(_attempts(execution))))
    if execution.is_done:
        ended = summarize_run(execution.outcome, with_files=False)
        sections += [one for one in ended.sections if one.items]
    return Summary("execution", execution.name, tuple(sections), status=facts["phase"])


def _attempts(execution: Execution) -> Iterator[Item]:
    try:
        attempts = execution.attempts
    except KitError as error:
        yield Finding("warning", "The attempts are not known.", words=str(error))
        return
    if len(attempts) > 1 or not execution.is_done:
        rows = tuple(
            (str(one.number), one.phase, one.messages[-1] if one.messages else "")
            for one in attempts
        )
        if rows:
            yield Table(("attempt", "phase", "last message"), rows)
    for one in attempts:
        if one.error and one.number < len(attempts) - 1:
            text = shorten(one.error, _LONGEST_WORDS)
            yield Code(text, "text", f"error of attempt {one.number}")
        for name, address in one.logs:
            yield Facts((Fact(name or "log", address),))


@summarizes(Versions)
def summarize_versions(found: Versions) -> Summary:
    """Summarize the versions of a task, and which is the one that is defined here."""
    rows = tuple(
        (
            one.version,
            one.created.strftime("%Y-%m-%d %H:%M"),
            one.image,
            "this definition" if one.is_current else "",
        )
        for one in found.entries[:_MOST_ENTRIES]
    )
    items: list[Item] = [Facts((Fact("on", found.remote),))]
    if rows:
        items.append(Table(("version", "registered", "image", ""), rows))
    else:
        items.append(Finding("note", "No version is registered there."))
    if found.has_more or len(found) > _MOST_ENTRIES:
        items.append(Finding("note", "There are older versions; limit= returns more."))
    count = f"{len(found):,} version{'' if len(found) == 1 else 's'}"
    return Summary("versions", found.name, (Section("Versions", tuple(items)),), count)
