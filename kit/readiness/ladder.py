"""The readiness ladder: the state of each rung, by rules from the evidence there is.

Nothing runs here but the checks, which are always current. A rung has passed only if
evidence of this very definition says so: evidence of another one makes it stale.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.check import check
from kit.checks.report import CheckReport
from kit.definition.settings import SerializationSettings
from kit.difference.edits import compare_messages, without_secrets
from kit.errors import CallError, TemplateError, nearest, render_path
from kit.escape import one_line, shorten
from kit.evidence import (
    Definition,
    Earlier,
    Evidence,
    Rung,
    State,
    definition_of,
    module_file,
    nameless,
    session,
)
from kit.notebook import Shown
from kit.task.partial_template import partial_template
from kit.template.serialize import LOCAL_SETTINGS

_LONGEST_VALUE = 24
_MOST_TEMPLATE_BYTES = 2**20


@dataclass(frozen=True)
class Standing:
    """One rung of a task's ladder.

    Attributes:
        rung: Which.
        state: Its state.
        text: Why, in a few words, without times; may be empty.
        detail: The whole sentence, as of an error; may be empty.
        action: What to do about it, as code to call; empty if there is nothing.
        evidence: What the state follows from; that of the earlier definition if it is
            stale, None if there is none.
    """

    rung: Rung
    state: State
    text: str = ""
    detail: str = ""
    action: str = ""
    evidence: Evidence | None = None

    @property
    def holds(self) -> bool:
        """Whether it has passed, or is not available here."""
        return self.state in (State.PASSED, State.NOT_AVAILABLE)

    @property
    def label(self) -> str:
        """Its title, state and text: ``Check passed, 1 note``."""
        words = f"{self.rung.title} {self.state.value}"
        return f"{words}, {self.text}" if self.text else words

    def __repr__(self) -> str:
        return f"Standing({self.label})"


@dataclass(frozen=True, repr=False)
class Readiness(Shown):
    """Whether a task will run on Flyte, as far as this session knows.

    Attributes:
        task: Name of the task.
        digest: Digest of the template, in hexadecimal; empty if it cannot be made.
        standings: The rungs, from the bottom.
        until: The highest rung that was asked for.
        results: What the climb did, by its rung: the report of the check, the proof,
            the runs, the image; the check alone if nothing was climbed.
        notes: What else to know, as sentences.
    """

    task: str
    digest: str
    standings: tuple[Standing, ...]
    until: Rung = Rung.FLYTE
    results: Mapping[Rung, Any] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = ()

    def __getitem__(self, rung: Rung | str) -> Standing:
        """Return one rung, by its name.

        Raises:
            CallError: There is no such rung.
        """
        return self.standings[rung_named(rung).number]

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.standings)

    @property
    def asked(self) -> tuple[Standing, ...]:
        """The rungs up to the highest one that was asked for."""
        return self.standings[: self.until.number + 1]

    @property
    def ok(self) -> bool:
        """Whether every available rung that was asked for has passed."""
        return all(standing.holds for standing in self.asked)

    @property
    def next(self) -> Standing | None:
        """The lowest rung with something left to do; None if there is none."""
        return next((each for each in self.asked if not each.holds), None)

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        return _verdict(self)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "task": self.task,
            "digest": self.digest,
            "ok": self.ok,
            "until": self.until.value,
            "verdict": self.verdict,
            "notes": list(self.notes),
            "rungs": [_json(standing) for standing in self.standings],
        }

    def __repr__(self) -> str:
        states = ", ".join(f"{s.rung.value} {s.state.value}" for s in self.asked)
        return f"Readiness({self.task!r}: {states})"


def rung_named(name: Rung | str) -> Rung:
    """Return the rung of a name.

    Raises:
        CallError: There is no such rung.
    """
    if isinstance(name, Rung):
        return name
    names = [rung.value for rung in Rung]
    if name not in names:
        near = nearest(name, names) if isinstance(name, str) else ""
        msg = f"There is no rung {name!r}: expected one of {', '.join(names)}.{near}"
        raise CallError(msg)
    return Rung(name)


def readiness_of(
    task: Any,
    settings: SerializationSettings = LOCAL_SETTINGS,
    *,
    until: Rung = Rung.FLYTE,
    inputs: Mapping[str, Any] | None = None,
    template: TaskTemplate | None = None,
    report: CheckReport | None = None,
) -> Readiness:
    """Return the ladder of a task as it is now; nothing is climbed.

    Args:
        task: The task.
        settings: What its template is made with.
        until: The highest rung that is asked for.
        inputs: Values of a launch, which are checked too.
        template: The task's template, whole, if it has been made already.
        report: The report of its check, if it has been checked already.
    """
    if report is None:
        report = check(task, settings, inputs=inputs)
    failed = False
    if template is None:
        template, failures = partial_template(task, settings)
        failed = bool(failures)
    try:
        definition = None if failed else definition_of(template)
    except TemplateError:
        definition = None
    standings = (
        _of_check(report, task.name),
        *_of_evidence(template, definition),
    )
    digest = "" if definition is None else definition.digest
    return Readiness(task.name, digest, standings, until, {Rung.CHECK: report})


def _of_check(report: CheckReport, task: str) -> Standing:
    text = report.verdict if report.findings else ""
    if report.ok:
        return Standing(Rung.CHECK, State.PASSED, text)
    first = report.errors[0]
    detail = f"{first.message} {first.fix}".strip()
    return Standing(Rung.CHECK, State.FAILED, text, detail, call_of(Rung.CHECK, task))


_CALLS = {
    Rung.CHECK: "kit.check({})",
    Rung.PROOF: "kit.prove({})",
    Rung.RUN: "kit.run({}, …)",
    Rung.IMAGE: "kit.build_image({})",
    Rung.CONTAINER: 'kit.run({}, …, runner="docker")',
    Rung.FLYTE: "kit.register({}, …)",
}
_CLIMBED = tuple(rung for rung in Rung if rung is not Rung.CHECK)


def call_of(rung: Rung, task: str) -> str:
    """Return the call that climbs one rung.

    >>> call_of(Rung.PROOF, "etl.load")
    'kit.prove(load)'
    """
    return _CALLS[rung].format(task.rpartition(".")[2])


def _of_evidence(
    template: TaskTemplate, definition: Definition | None
) -> Iterable[Standing]:
    if definition is None:
        reason = "the template cannot be made; see Check"
        return [Standing(rung, State.NOT_TRIED, reason) for rung in _CLIMBED]
    found = session.of(definition)
    return [_standing(rung, found.get(rung), template, definition) for rung in _CLIMBED]


def _standing(
    rung: Rung,
    evidence: Evidence | None,
    template: TaskTemplate,
    definition: Definition,
) -> Standing:
    action = call_of(rung, definition.name)
    if evidence is not None:
        is_done = evidence.state is State.PASSED
        return Standing(
            rung,
            evidence.state,
            evidence.text,
            evidence.detail,
            "" if is_done else action,
            evidence,
        )
    earlier = session.earlier(definition, rung)
    if earlier is None:
        return Standing(rung, State.NOT_TRIED, action=action)
    changed = what_changed(earlier, definition, template)
    detail = (
        f"It {earlier.evidence.state.value} for an earlier definition of "
        f"{definition.name!r}; since then: {changed}."
    )
    return Standing(rung, State.STALE, changed, detail, action, earlier.evidence)


def what_changed(
    earlier: Earlier, definition: Definition, template: TaskTemplate
) -> str:
    """Say in a few words what differs from the definition that evidence belongs to.

    >>> from flyteidl.core.tasks_pb2 import TaskTemplate
    >>> from kit.evidence import definition_of
    >>> old, new = TaskTemplate(type="sql"), TaskTemplate(type="spark")
    >>> proof = Evidence(Rung.PROOF, State.PASSED)
    >>> before = Earlier(proof, definition_of(old), old.SerializeToString())
    >>> what_changed(before, definition_of(new), new)
    'type was sql'
    """
    if earlier.definition.digest == definition.digest:
        path = module_file(template)
        return f"{path.name if path else 'its module'} changed"
    if len(earlier.template) + template.ByteSize() > _MOST_TEMPLATE_BYTES:
        return "the template changed"
    old = TaskTemplate.FromString(earlier.template)
    edits = list(compare_messages(old, nameless(template)))
    if not edits:
        return "the template changed"
    inline = [edit for edit in edits if edit.steps[:2] == ("custom", "kit.inline")]
    others = [edit for edit in edits if edit not in inline]
    told = [_edited(edit.steps, edit.before) for edit in others]
    if inline:
        told.insert(0, "the source changed")
    more = f" and {len(told) - 1:,} more" if len(told) > 1 else ""
    return f"{told[0]}{more}"


def _edited(steps: tuple[str | int, ...], before: Any) -> str:
    place = one_line(shorten(render_path(_readable(steps)), 60))
    before = without_secrets(steps, before)
    if isinstance(before, str | int | float) and before != "":
        return f"{place} was {one_line(shorten(str(before), _LONGEST_VALUE))}"
    return f"{place} changed"


def _readable(steps: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Leave out the fields that say nothing: ``requests.CPU`` names an amount."""
    if steps[:2] == ("container", "resources"):
        steps = steps[2:]
    return steps[:-1] if len(steps) > 1 and steps[-1] == "value" else steps


def with_notes(
    readiness: Readiness, notes: Mapping[Rung, Standing], **changes: Any
) -> Readiness:
    """Return the same where rungs that were not tried say why not."""
    standings = tuple(
        notes[standing.rung]
        if standing.rung in notes and standing.state is State.NOT_TRIED
        else standing
        for standing in readiness.standings
    )
    return dataclasses.replace(readiness, standings=standings, **changes)


def _verdict(readiness: Readiness) -> str:
    absent = [s for s in readiness.asked if s.state is State.NOT_AVAILABLE]
    *first, last = [standing.rung.title for standing in absent] or [""]
    names = f"{', '.join(first)} and {last}" if first else last
    left_out = f" {names} {'is' if len(absent) == 1 else 'are'} not available here."
    if readiness.ok:
        whole = "Ready" if not absent else "Ready as far as it can be tried here"
        is_whole = readiness.until is Rung.FLYTE
        scope = "" if is_whole else f", up to {readiness.until.title}"
        return f"{whole}{scope}.{left_out if absent else ''}"
    failed = [s for s in readiness.asked if s.state is State.FAILED]
    lowest = failed[0] if failed else readiness.next
    return f"Not ready: {'' if lowest is None else lowest.label}."


def _json(standing: Standing) -> dict[str, Any]:
    evidence = standing.evidence
    found: dict[str, Any] = {
        "rung": standing.rung.value,
        "asks": standing.rung.asks,
        "state": standing.state.value,
        "text": standing.text,
        "detail": standing.detail,
        "action": standing.action,
    }
    if evidence is not None:
        recorded = dt.datetime.fromtimestamp(evidence.recorded, dt.timezone.utc)
        found["evidence"] = {
            "state": evidence.state.value,
            "inputs": dict(evidence.inputs),
            "run": evidence.run,
            "seconds": evidence.seconds,
            "recorded": recorded.isoformat(timespec="seconds"),
        }
    return found
