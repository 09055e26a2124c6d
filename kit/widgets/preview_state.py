"""The state of a preview, and what each event makes of it."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.check import check
from kit.checks.report import CheckReport
from kit.definition.settings import SerializationSettings
from kit.difference.arriving import Arrival, arrival
from kit.difference.diff import Difference, compare_sides
from kit.difference.history import PastDefinition
from kit.difference.sources import Side
from kit.display.message_lines import (
    FORMS,
    Lines,
    MessageLine,
    compared,
    message_lines,
)
from kit.display.of_reports import summarize_difference, summarize_proof_shown
from kit.display.of_template import summarize_subject, task_subject
from kit.display.sections.subject import Subject
from kit.display.summary import Facts, Item, Section, Summary, highlight_changes
from kit.errors import DisplayError, KitError
from kit.evidence import Rung
from kit.forms.fields import custom_of_text, custom_text
from kit.forms.task_fields import FIELDS, Edits, Task, field_of
from kit.pods import pod
from kit.proof.outcome import Proof
from kit.readiness.ladder import Readiness, readiness_of
from kit.template.files import decode_message, template_of
from kit.template.serialize import LOCAL_SETTINGS
from kit.widgets.codegen import edited_code
from kit.widgets.live import Event
from kit.widgets.view_registry import shared

CHANGES = "Changes"
"""The title of the section with what differs."""
STAGES = {
    "registered": "As registered",
    "arrives": "As it arrives",
    "pod": "Its pod",
}
"""The states of the message to look at, and what a reader calls them."""
TABS = (
    "template",
    "interface",
    "command",
    "checks",
    "run",
    "changes",
    "history",
    "details",
)
LAZY = frozenset({"run", "changes", "history", "details"})
"""Tabs that are drawn when they are first looked at."""
CUSTOM = "custom."
"""How the key of a field begins that is one entry of ``custom``."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A task as it is shown at one moment.

    Attributes:
        label: Which state of it this is.
        subject: What it is made from.
    """

    label: str
    subject: Subject

    @property
    def template(self) -> TaskTemplate:
        """Its template."""
        return self.subject.template

    @functools.cached_property
    def summary(self) -> Summary:
        """What is shown of it, made when it is first asked for."""
        return summarize_subject(self.subject)

    @functools.cached_property
    def report(self) -> CheckReport | None:
        """What the checks find; nothing is checked of an earlier definition."""
        if self.subject.task is None:
            return None
        return check(self.subject.task, self.subject.settings or LOCAL_SETTINGS)

    @functools.cached_property
    def arrival(self) -> Arrival:
        """The template as it arrives in the container."""
        return arrival(self.template)

    @functools.cached_property
    def _lines(self) -> dict[str, Lines]:
        return {}

    def lines(self, form: str) -> Lines:
        """Return the lines of its message.

        Raises:
            KitError: The form has no way to write it.
        """
        if form not in self._lines:
            self._lines[form] = message_lines(self.template, form)
        return self._lines[form]

    @functools.cached_property
    def pod_lines(self) -> Lines:
        """The pod that the engine makes of it, or why it makes none."""
        made = pod(self.template)
        if not made.lines:
            return (MessageLine(f"# {made.words or 'There is no pod.'}"),)
        return tuple(
            MessageLine(
                line.text, source="" if line.source is None else str(line.source)
            )
            for line in made.lines
        )

    def is_same(self, other: Snapshot) -> bool:
        """Return whether both say the same."""
        return self is other or (
            self.template == other.template
            and self.subject.order == other.subject.order
            and repr(self.subject.defaults) == repr(other.subject.defaults)
            and self.subject.failures.keys() == other.subject.failures.keys()
        )


def snapshot_of_task(
    task: Task, settings: SerializationSettings, label: str
) -> Snapshot:
    """Show a task with these settings; what cannot be made is told in its place."""
    return shared(
        (id(task), id(settings), label),
        lambda: Snapshot(label, task_subject(task, settings)),
    )


def snapshot_of_definition(definition: PastDefinition) -> Snapshot:
    """Show an earlier definition of this session."""
    label = f"definition {definition.number}"
    template = template_of(decode_message(definition.data, "pb", label))
    return Snapshot(label, Subject(template=template))


def _bytes(snapshot: Snapshot) -> bytes:
    return snapshot.template.SerializeToString(deterministic=True)


@dataclass(frozen=True, eq=False)
class Look:
    """What a preview shows of the task, and what it is compared with.

    Attributes:
        now: What is shown.
        before: What it is compared with, if there is anything.
        drawn: What has been drawn of it, by what it is.
    """

    now: Snapshot
    before: Snapshot | None = None
    drawn: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def at(cls, now: Snapshot, before: Snapshot | None) -> Look:
        """Return the look of a snapshot; views that show the same have one together."""
        key = (id(now), b"" if before is None else _bytes(before))
        return shared(key, lambda: cls(now, before))

    @functools.cached_property
    def difference(self) -> Difference | None:
        """What differs, with its meaning."""
        if self.before is None:
            return None
        now, before = self.now, self.before
        found = compare_sides(
            Side(now.label, now.template), Side(before.label, before.template)
        )
        return found or None

    def lines(self, form: str, stage: str) -> Lines:
        """Return the lines of the message, with what differs marked.

        Raises:
            KitError: The form has no way to write it.
        """
        if stage == "pod":
            return self.now.pod_lines
        lines = self.now.lines(form)
        if stage == "arrives":
            return compared(message_lines(self.now.arrival.template, form), lines)
        return (
            lines if self.before is None else compared(lines, self.before.lines(form))
        )

    def readiness(self) -> Readiness | None:
        """Return the ladder by the evidence of now; None of an earlier definition."""
        subject = self.now.subject
        if subject.task is None:
            return None
        return shared(
            (id(self), "readiness"),
            lambda: readiness_of(
                subject.task,
                subject.settings or LOCAL_SETTINGS,
                template=None if subject.failures else subject.template,
                report=self.now.report,
            ),
        )

    @property
    def summary(self) -> Summary:
        """What is shown, for faces that are no pages: changes first, and marked."""
        if self.before is None:
            return self.now.summary
        marked = highlight_changes(self.now.summary, self.before.summary)
        changes = Section(CHANGES, tuple(self.changes))
        return dataclasses.replace(marked, sections=(changes, *marked.sections))

    @property
    def changes(self) -> Iterator[Item]:
        """What changes and what that means, without the names of the sides."""
        if self.difference is None:
            return
        for section in summarize_difference(self.difference).sections:
            yield from (item for item in section.items if not isinstance(item, Facts))


def with_proof(summary: Summary, proof: Proof) -> Summary:
    """Return what is shown with a proof, behind the changes if there are any."""
    shown = proof_section(proof)
    first, *rest = summary.sections
    ordered = (first, shown, *rest) if first.title == CHANGES else (shown, first, *rest)
    return dataclasses.replace(summary, sections=ordered)


def proof_section(proof: Proof) -> Section:
    """Return a proof as one section."""
    text = f"proven {proof.proven}" if proof.ok else "not proven"
    sections = summarize_proof_shown(proof).sections
    items = tuple(item for section in sections for item in section.items)
    return Section(f"Proof: {text}", items)


@dataclass(frozen=True, eq=False)
class PreviewState:
    """What a preview shows, and how.

    Attributes:
        edits: The task, the settings, and what was typed over them.
        base: The task without the edits.
        look: What is shown of it.
        previous: What the task was before it was defined again; None at first.
        definitions: The definitions of its name in this session, the oldest first.
        past: Which of them is shown, from 1; None for the present.
        form: How the message is written.
        stage: Which state of the message is shown.
        added: Fields that are shown though nothing is set in them.
        opened: Tabs that have been looked at.
        asked: The tab that the view asks for, and how often it asked by now.
        proof: The last proof of what is shown.
        working: What is being done, by its rung.
        trouble: Why the last work could not be done.
        panel: The model of the run panel; empty until it is there.
    """

    edits: Edits
    base: Snapshot
    look: Look
    previous: Snapshot | None = None
    definitions: tuple[PastDefinition, ...] = ()
    past: int | None = None
    form: str = "yaml"
    stage: str = "registered"
    added: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    asked: tuple[str, int] = ("template", 0)
    proof: Proof | None = None
    working: frozenset[Rung] = frozenset()
    trouble: str = ""
    panel: str = ""

    @classmethod
    def of(
        cls,
        task: Task,
        settings: SerializationSettings,
        definitions: tuple[PastDefinition, ...] = (),
    ) -> PreviewState:
        """Return the first state of a task's preview."""
        base = snapshot_of_task(task, settings, "the definition")
        edits = Edits.of(task, settings)
        look = Look.at(base, None)
        return cls(edits, base, look, definitions=definitions)

    @property
    def task(self) -> Task:
        """The task, without the edits."""
        return self.edits.task

    @property
    def template(self) -> TaskTemplate:
        """The template that is shown."""
        return self.look.now.template

    @property
    def is_past(self) -> bool:
        """Whether an earlier definition is shown, which cannot be edited."""
        return self.past is not None

    @property
    def count(self) -> int:
        """How many definitions there are."""
        return max(len(self.definitions), 1)

    @property
    def position(self) -> int:
        """Which of them is shown, from 1."""
        return self.count if self.past is None else self.past

    @functools.cached_property
    def code(self) -> str:
        """The code that makes the edits permanent; empty if there are none."""
        edits = self.edits
        if not edits.held:
            return ""
        return edited_code(edits.task, edits.settings, edits.draft, edits.held)

    @functools.cached_property
    def custom(self) -> dict[str, Any]:
        """The entries of ``custom``, as typed; empty if that is not valid."""
        try:
            return custom_of_text(self.edits.text("custom"))
        except KitError:
            return {}

    def is_set(self, key: str) -> bool:
        """Return whether a field has something to show."""
        if key in self.edits.typed or key in self.added:
            return True
        text = self.edits.text(key)
        return bool(text) and text not in ("{}", *_QUIET.get(key, ()))

    def about(self, path: str) -> str:
        """Return the field that makes the value at a path of the message."""
        draft = self.edits.draft
        key = field_of(path, draft)
        if key == "custom":
            entry = path.removeprefix(CUSTOM).partition(".")[0].partition("[")[0]
            if isinstance(self.custom.get(entry), str | int | float):
                return f"{CUSTOM}{entry}"
        return key


_QUIET = {
    "retries": ("0",),
    "project": ("PLACEHOLDER_PROJECT",),
    "version": ("PLACEHOLDER_VERSION",),
    "domain": ("LOCAL",),
}


def update(state: PreviewState, event: Event) -> PreviewState:
    """Return the next state.

    Raises:
        DefinitionError: An edit of no field.
        DisplayError: An event of no element.
    """
    if event.kind == "field":
        return _edited(state, event.key, str(event.value))
    handler = _HANDLERS.get(f"{event.kind} {event.key}")
    if handler is None:
        msg = f"A preview has nothing to do for {event.kind} {event.key!r:.80}."
        raise DisplayError(msg)
    return handler(state, event.value)


def _edited(state: PreviewState, key: str, text: str) -> PreviewState:
    if state.is_past:
        return state
    if key.startswith(CUSTOM):
        key, text = "custom", _with_entry(state, key.removeprefix(CUSTOM), text)
    return _after(state, state.edits.edit(key, text))


def _with_entry(state: PreviewState, name: str, text: str) -> str:
    """Return the text of ``custom`` with one entry that says something else.

    What was a text stays one; a number or truth value may become any plain value.
    """
    custom = state.custom
    if name not in custom:
        msg = f"custom has no entry {name!r:.80}."
        raise DisplayError(msg)
    value: Any = text
    if not isinstance(custom[name], str):
        try:
            value = json.loads(text)
        except ValueError:
            value = text
    return custom_text({**custom, name: value})


def _after(state: PreviewState, edits: Edits) -> PreviewState:
    """Return a state with other edits."""
    if edits is state.edits:
        return state
    return looked(dataclasses.replace(state, edits=edits, proof=None, trouble=""))


def looked(state: PreviewState) -> PreviewState:
    """Return a state that shows what it has to, compared with what came before."""
    edits = state.edits
    if state.past is not None:
        shown = state.definitions[: state.past]
        now = snapshot_of_definition(shown[-1])
        before = snapshot_of_definition(shown[-2]) if len(shown) > 1 else None
        return dataclasses.replace(state, look=Look.at(now, before))
    if not edits.held:
        return dataclasses.replace(state, look=Look.at(state.base, state.previous))
    draft = edits.draft
    now = snapshot_of_task(draft.task, draft.settings, "with the edits")
    return dataclasses.replace(state, look=Look.at(now, state.base))


def followed(
    state: PreviewState, task: Task, definitions: tuple[PastDefinition, ...]
) -> PreviewState:
    """Return the state with a newer definition, or the same task if it changed."""
    edits = state.edits
    base = snapshot_of_task(task, edits.settings, "the definition")
    if task is edits.task and base.template == state.base.template:
        return dataclasses.replace(state, definitions=definitions)
    previous = state.previous if base.is_same(state.base) else state.base
    return looked(
        dataclasses.replace(
            state,
            edits=edits.rebased(task, edits.settings),
            base=base,
            previous=previous,
            definitions=definitions,
            past=None,
            proof=None,
            trouble="",
        )
    )


def _number(text: str) -> int:
    if not text.isdecimal():
        msg = f"expected the number of a definition, got {text!r:.80}"
        raise DisplayError(msg)
    return int(text)


def _go_to(state: PreviewState, position: int) -> PreviewState:
    past = position if 1 <= position < state.count else None
    if past == state.past:
        return state
    return looked(dataclasses.replace(state, past=past, proof=None))


def _opened(state: PreviewState, tab: str) -> PreviewState:
    if tab not in TABS:
        msg = f"A preview has no tab {tab!r:.80}. It has {', '.join(TABS)}."
        raise DisplayError(msg)
    return dataclasses.replace(state, opened=state.opened | {tab})


def shown(state: PreviewState, tab: str) -> PreviewState:
    """Return a state that asks the page to show a tab."""
    asked = (tab, state.asked[1] + 1)
    return dataclasses.replace(_opened(state, tab), asked=asked)


def _chosen(state: PreviewState, name: str, value: str, among: Any) -> PreviewState:
    if value not in among:
        msg = f"expected one of {', '.join(among)}, got {value!r:.80}"
        raise DisplayError(msg)
    changes: Mapping[str, Any] = {name: value}
    return dataclasses.replace(state, **changes)


_KEYS = frozenset(field.key for field in FIELDS)


def _added(state: PreviewState, key: str) -> PreviewState:
    if key not in _KEYS:
        msg = f"A preview has no field {key!r:.80}."
        raise DisplayError(msg)
    return dataclasses.replace(state, added=state.added | {key})


def _started(state: PreviewState, rung: Rung) -> PreviewState:
    return dataclasses.replace(state, working=state.working | {rung}, trouble="")


def _proved(state: PreviewState, result: Any) -> PreviewState:
    done = dataclasses.replace(state, working=state.working - {Rung.PROOF})
    if isinstance(result, Proof):
        return dataclasses.replace(shown(done, "checks"), proof=result)
    return shown(dataclasses.replace(done, trouble=str(result)), "checks")


def _climbed(state: PreviewState, result: Any) -> PreviewState:
    rung, trouble = result
    done = dataclasses.replace(state, working=state.working - {rung})
    if not trouble:
        return done
    return shown(dataclasses.replace(done, trouble=trouble), "checks")


def _rung(state: PreviewState, name: str) -> PreviewState:
    """Answer a click on a rung: what is long is begun, the rest is a tab."""
    rung = Rung(_one_of(name, [rung.value for rung in Rung]))
    if rung is Rung.CHECK or state.is_past:
        return shown(state, "checks")
    if rung in (Rung.RUN, Rung.CONTAINER):
        return shown(state, "run")
    if rung is Rung.FLYTE:
        return shown(state, "checks")
    return _started(state, rung)


def _one_of(value: str, among: Any) -> str:
    if value not in among:
        msg = f"expected one of {', '.join(among)}, got {value!r:.80}"
        raise DisplayError(msg)
    return value


_HANDLERS: dict[str, Callable[[PreviewState, Any], PreviewState]] = {
    "action undo": lambda s, _: s if s.is_past else _after(s, s.edits.undo()),
    "action redo": lambda s, _: s if s.is_past else _after(s, s.edits.redo()),
    "action reset": lambda s, _: s if s.is_past else _after(s, s.edits.clear()),
    "action add": _added,
    "action form": lambda s, value: _chosen(s, "form", value, FORMS),
    "action stage": lambda s, value: _chosen(s, "stage", value, STAGES),
    "action earlier": lambda s, _: _go_to(s, s.position - 1),
    "action later": lambda s, _: _go_to(s, s.position + 1),
    "action present": lambda s, _: _go_to(s, s.count),
    "select definition": lambda s, value: _go_to(s, _number(value)),
    "select tab": _opened,
    "action rung": _rung,
    "action prove": lambda s, _: s if s.is_past else _started(s, Rung.PROOF),
    "action run": lambda s, _: s if s.is_past else shown(s, "run"),
    "kernel position": _go_to,
    "kernel proved": _proved,
    "kernel climbed": _climbed,
    "kernel panel": lambda s, value: dataclasses.replace(s, panel=value),
    "kernel state": lambda _, value: value,
    "kernel evidence": lambda s, _: s,
}
