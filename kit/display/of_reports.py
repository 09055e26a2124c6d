"""What is shown of checks, proofs, exports, images and differences."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.types_pb2 import LiteralType

from kit.checks.report import CheckReport
from kit.checks.report import Finding as Found
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import INLINE_KEY
from kit.difference.diff import Difference, value_json
from kit.difference.meaning import Change, Impact
from kit.display.outputs import output_items
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
    Tone,
    summarizes,
)
from kit.display.text import Block, blocks_of, marked_lines
from kit.display.types import type_name
from kit.escape import shorten
from kit.exporters.export import Export
from kit.images.image import BuiltImage
from kit.proof.outcome import Proof, Step
from kit.runners.log import LogLine

_LOG_LINES = 20


def summarize_proof(proof: Proof, *, with_machine: bool = True) -> Summary:
    """Summarize a proof.

    Args:
        proof: The proof.
        with_machine: Whether to show the time that each step took, and versions and
            places, which differ from machine to machine.
    """
    sections = [
        Section("Failure", tuple(_failure(proof))),
        Section("Outputs", output_items(proof.outputs)),
        Section("Custom", tuple(_custom(proof))),
        Section("Steps", (_steps(proof, with_machine=with_machine),)),
        Section("Notes", tuple(Finding("note", text) for text in proof.notes)),
        Section("Logs", tuple(_log(proof))),
    ]
    status = f"PROVEN {_PROVEN[proof.proven]}" if proof.ok else "NOT PROVEN"
    tone: Tone = "good" if proof.ok else "bad"
    return Summary("proof", proof.task, tuple(sections), status=status, tone=tone)


@summarizes(Proof)
def summarize_proof_shown(proof: Proof) -> Summary:
    """Summarize a proof for the end of a cell, where the same proof looks the same."""
    return summarize_proof(proof, with_machine=False)


_PROVEN = {
    "to load": "to load with all that it imports; it was not run",
    "to run": "to run on these inputs, with all that it imports",
}


def _failure(proof: Proof) -> Iterator[Item]:
    if proof.failure is None:
        return
    yield Finding("error", proof.failure.missing, proof.failure.repair)
    if proof.failure.traceback:
        yield Code(proof.failure.traceback.rstrip(), "text")


def _custom(proof: Proof) -> Iterator[Item]:
    use = proof.custom
    if use is None or not (use.read or use.unread or use.missing):
        return
    marked = (
        *((path, "read") for path in use.read),
        *((path, "missing: a KeyError") for path in use.missing),
        *((path, "not read in this run") for path in use.unread),
    )
    yield Table(("key", "by the executor"), marked)


def _steps(proof: Proof, *, with_machine: bool) -> Table:
    failed = None if proof.failure is None else proof.failure.step
    rows = [_row(step, failed, with_machine=with_machine) for step in proof.steps]
    times = ("time",) if with_machine else ()
    return Table(("step", "status", *times, "detail"), tuple(rows))


def _row(step: Step, failed: str | None, *, with_machine: bool) -> tuple[str, ...]:
    detail = "see above" if step.name == failed else step.detail
    if not with_machine:
        return (step.name, step.status, detail)
    detail = ": ".join(text for text in (detail, step.here) if text)
    return (step.name, step.status, _time(step.seconds), detail)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.1f} ms"


def _log(proof: Proof) -> Iterator[Item]:
    """Show what was written last, without the runtime's report of the failure."""
    written = list(takewhile(lambda line: not _is_report(line), proof.log))
    lines = written[-_LOG_LINES:]
    if not lines:
        return
    hidden = len(written) - len(lines) + proof.log.dropped
    text = "\n".join(f"{line.stream}  {line.text}" for line in lines)
    caption = f"the last {len(lines)} of {len(lines) + hidden:,} lines"
    yield Code(text, "text", caption if hidden else "")


def _is_report(line: LogLine) -> bool:
    return line.text.startswith("kit-execute: the task failed with ")


@summarizes(Export)
def summarize_export(export: Export) -> Summary:
    """Summarize what an export wrote."""
    files = Table(("file",), tuple((name,) for name in export.files))
    tasks = Facts(tuple(Fact("task", place) for place in export.tasks))
    executors = Facts(tuple(Fact("executor", place) for place in export.executors))
    needs = Facts(tuple(Fact("needs", name) for name in export.requirements))
    sections = (
        Section("Tasks", (tasks, executors)),
        Section("Files", (files,)),
        Section("Requirements", (needs,) if needs.rows else ()),
        Section("Notes", tuple(Finding("note", note) for note in export.notes)),
        Section("Next", _commands(export)),
    )
    return Summary(export.kind, str(export.path), sections)


def _commands(export: Export) -> tuple[Facts, ...]:
    """Return what to do with it, as commands."""
    path = str(export.path)
    # A name without a slash is that of a package of an index.
    here = path if export.path.is_absolute() else f"./{path}"
    lines = {
        "package": (
            ("install", f"pip install {shlex.quote(f'{here}[test]')}"),
            ("test", f"pytest {shlex.quote(path)}"),
            *(("run", f"kit run {place} --help") for place in export.tasks),
        ),
        "module": tuple(
            ("run", f"kit run {shlex.quote(_in_file(path, place))} --help")
            for place in export.tasks
        ),
        "archive": (
            (
                "register",
                _registration(path, export.settings or SerializationSettings()),
            ),
        ),
    }
    facts = tuple(Fact(name, line) for name, line in lines[export.kind])
    return (Facts(facts),)


def _in_file(path: str, place: str) -> str:
    """Return the task at ``module:task`` by the path of its file."""
    return f"{path}:{place.partition(':')[2]}"


def _registration(path: str, settings: SerializationSettings | None) -> str:
    """Return the command that registers an archive: flytectl requires both places.

    Those that the settings leave open are the sandbox's.
    """
    settings = settings or SerializationSettings()
    project = settings.project or "flytesnacks"
    domain = settings.domain or "development"
    version = settings.version or "v1"
    where = f"-p {shlex.quote(project)} -d {shlex.quote(domain)}"
    return (
        f"flytectl register files {shlex.quote(path)} --archive {where} "
        f"--version {shlex.quote(version)}"
    )


_ORIGINS = {
    "local": "this environment",
    "index": "the index",
    "wheel": "a wheel",
    "base": "the base image",
}


@summarizes(BuiltImage)
def summarize_image(image: BuiltImage, *, target: str = "") -> Summary:
    """Summarize an image; not its id, which differs from build to build.

    Args:
        image: The image.
        target: What a command calls the task.
    """
    about = (
        Fact("task", image.task),
        Fact("base", image.base),
        Fact("python", image.python),
        Fact("size", f"{image.size / 1e6:,.0f} MB, with the base image"),
        *(Fact("module", name) for name in image.modules),
    )
    rows = [(one.name, one.version, _ORIGINS[one.origin]) for one in image.packages]
    packages = Table(("package", "version", "from"), tuple(rows))
    sections = (
        Section("Image", (Facts(about),)),
        Section("Packages", (packages,) if rows else ()),
        Section("Containerfile", (Code(image.containerfile.rstrip()),), detail=True),
        Section("Notes", tuple(Finding("note", note) for note in image.notes)),
        Section("Next", (Facts(_next_steps(image, target)),)),
    )
    return Summary("image", image.tag, sections)


def _next_steps(image: BuiltImage, target: str) -> tuple[Fact, ...]:
    """Return what to do with it: in a shell, if the task has a name there."""
    how = 'kit.run(task, runner="docker")'
    if target:
        how = f"kit run --runner docker {shlex.quote(target)} --help"
    if not image.is_the_tasks:
        how = f"set image={image.tag!r} where the task is defined"
    push = f"{image.program} push {image.tag}"
    return (Fact("run", how), Fact("push", push))


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
    return Summary(
        "check",
        report.subject,
        (*sections, _repairs(report)),
        report.verdict,
        tone=verdict_tone(report),
    )


def verdict_tone(report: CheckReport) -> Tone:
    """Return how the verdict of a report is drawn."""
    if report.errors:
        return "bad"
    return "notable" if report.warnings else "good"


def summarize_checks(name: str, reports: Sequence[CheckReport]) -> Summary:
    """Summarize the reports of several tasks: one row each, then what was found."""
    rows = tuple((report.subject, report.verdict) for report in reports)
    found = (
        Section(f"{report.subject} ({place})", finding_items(report.findings))
        for place, report in enumerate(reports, 1)
    )
    status = f"{len(reports):,} tasks"
    table = Section("Tasks", (Table(("task", "found"), rows),))
    return Summary("check", name, (table, *found), status)


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


DrawnChange = tuple[Change, Code]
"""A change, and what is shown of it."""
_INLINE = ("custom", INLINE_KEY)
_SOURCE = (*_INLINE, "source")
_MOST_CHANGES = 100
"""Of one kind; the others are counted."""


@summarizes(Difference)
def summarize_difference(difference: Difference) -> Summary:
    """Summarize a difference: what it means first, and then each change.

    Changes are grouped by their gravest impact; the name and hash of inline source are
    left to its own change.  Those beyond a hundred of a kind are
    counted, and lines beyond forty of a value too; ``Difference.to_json`` has them all.
    """
    groups = change_groups(drawn_changes(difference))
    return headed(difference, (meaning_section(difference), *groups))


def headed(difference: Difference, sections: tuple[Section, ...] = ()) -> Summary:
    """Return sections under the title of a difference."""
    count = sum(1 for _ in drawn_changes(difference))
    status = f"{count:,} change{'s' if count > 1 else ''}" if count else "identical"
    tone: Tone = "notable" if count else "good"
    return Summary("diff", difference.name, sections, status=status, tone=tone)


def meaning_section(difference: Difference) -> Section:
    """Tell what a difference means in all."""
    return Section("Meaning", tuple(_meaning(difference)))


def drawn_changes(difference: Difference) -> Iterator[DrawnChange]:
    """Yield the changes and what is shown of each."""
    for change in difference.changes:
        if not _follows(change, difference):
            caption = f"{change.path}: {change.why}"
            if change.steps == _SOURCE:
                caption += ", whose name and hash differ with it"
            yield change, Code(change_lines(change), "diff", caption)


def change_groups(drawn: Iterable[DrawnChange]) -> tuple[Section, ...]:
    """Group changes by their gravest impact, the gravest first."""
    groups: dict[Impact, list[Item]] = {impact: [] for impact in Impact}
    for change, code in drawn:
        groups[change.impact].append(code)
    return tuple(
        Section(impact.value.capitalize(), _bounded(items))
        for impact, items in groups.items()
    )


def _bounded(items: list[Item]) -> tuple[Item, ...]:
    more = len(items) - _MOST_CHANGES
    if more <= 0:
        return tuple(items)
    note = Finding("note", f"{more:,} more changes of this kind are not shown.")
    return (*items[:_MOST_CHANGES], note)


def _meaning(difference: Difference) -> Iterator[Item]:
    yield Facts((Fact("old", difference.old), Fact("new", difference.new)))
    if difference.breaks_callers:
        broken = (c.path for c in difference.changes if Impact.BREAK in c.impacts)
        places = _some(list(broken))
        yield Finding("error", f"Callers of the old one break: {places}.")
    yield from _cache(difference)
    yield _verdict(difference)


def _cache(difference: Difference) -> Iterator[Finding]:
    if difference.cache_parts:
        parts = ", ".join(difference.cache_parts)
        yield Finding(
            "warning", f"Cached results are missed: the key differs in {parts}."
        )
    elif difference.takes_old_results:
        yield Finding(
            "warning",
            "Results cached by the old one are taken, though what runs differs.",
            "Give the task another cache version.",
        )


def _verdict(difference: Difference) -> Finding:
    verdict = difference.verdict
    severity: Severity = "warning" if verdict.outcome == "refused" else "note"
    return Finding(severity, verdict.meaning, words=verdict.words)


def _some(names: list[str]) -> str:
    shown, more = names[:5], len(names) - 5
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _follows(change: Change, difference: Difference) -> bool:
    """Tell the name and hash of inline source, which its own change says enough of."""
    if change.steps[:2] != _INLINE or change.steps == _SOURCE:
        return False
    return any(other.steps == _SOURCE for other in difference.changes)


_MOST_LINES = 40
_LONGEST = 400
_JSON_PLACES = ("custom", "k8s_pod")
_ONE_VALUE = {
    "flyteidl.core.KeyValuePair": "value",
    "flyteidl.core.Resources.ResourceEntry": "value",
    "flyteidl.core.RetryStrategy": "retries",
}


def change_lines(change: Change) -> str:
    """Return what changes as the lines of a diff, within bounds."""
    lines = marked_lines(_blocks(change), _MOST_LINES)
    return "\n".join(shorten(line, _LONGEST) for line in lines)


def _blocks(change: Change) -> Iterator[Block]:
    before, after = change.before, change.after
    if _is_long(before) and _is_long(after):
        found = list(blocks_of(before.splitlines(), after.splitlines()))
        other_ends = Block(old=["(other line ends)"], new=["(other line ends)"])
        is_told = any(block.old or block.new for block in found)
        yield from found if is_told else [other_ends]
    else:
        old = [] if change.kind == "added" else _lines(change, before)
        new = [] if change.kind == "removed" else _lines(change, after)
        yield Block(old=old, new=new)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _lines(change: Change, value: Any) -> list[str]:
    return _text(change, value).splitlines() or [""]


def _text(change: Change, value: Any) -> str:
    other = change.before if value is change.after else change.after
    text = _readable(change, value)
    if other is not None and text == _readable(change, other):
        return _as_json(value)  # a name that hides what differs
    return text


def _readable(change: Change, value: Any) -> str:
    if isinstance(value, str):
        quoted = change.steps[:1] and change.steps[0] in _JSON_PLACES
        plain = _is_long(value) or (not quoted and value.strip() == value != "")
        return value if plain else _as_json(value)
    if isinstance(value, LiteralType):
        return type_name(value)
    if isinstance(value, Variable):
        return type_name(value.type)
    if change.kind == "reordered":
        return ", ".join(map(str, value))
    kind = value.DESCRIPTOR.full_name if hasattr(value, "DESCRIPTOR") else ""
    if kind in _ONE_VALUE:
        return str(getattr(value, _ONE_VALUE[kind]))
    return _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value_json(value), ensure_ascii=False)
