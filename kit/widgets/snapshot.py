"""A task as a preview shows it at one moment, and what changed since another."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass

from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.diff import Difference, compare_sides
from kit.difference.history import PastDefinition
from kit.difference.sources import Side
from kit.display.highlight_changes import highlight_changes
from kit.display.of_difference import summarize_difference
from kit.display.of_reports import summarize_proof_shown
from kit.display.of_template import summarize_subject, task_subject
from kit.display.sections.subject import Subject
from kit.display.summary import Facts, Item, Section, Summary
from kit.forms.task_fields import Task
from kit.proof.outcome import Proof
from kit.template.files import decode_message, template_of

CHANGES = "Changes"
"""The title of the section that tells what differs."""


@dataclass(frozen=True)
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

    def is_same(self, other: Snapshot) -> bool:
        """Tell whether both say the same."""
        return self.template == other.template and self.summary == other.summary


def snapshot_of_task(
    task: Task, settings: SerializationSettings, label: str
) -> Snapshot:
    """Show a task with these settings; what cannot be made is told in its place."""
    return Snapshot(label, task_subject(task, settings))


def snapshot_of_definition(definition: PastDefinition) -> Snapshot:
    """Show an earlier definition of this session."""
    label = f"definition {definition.number}"
    template = template_of(decode_message(definition.data, "pb", label))
    return Snapshot(label, Subject(template=template))


def compared(view: Snapshot, before: Snapshot | None) -> Summary:
    """Return what is shown of a view: its changes first, and marked in their places."""
    if before is None:
        return view.summary
    difference = compare_sides(
        Side(view.label, view.template), Side(before.label, before.template)
    )
    marked = highlight_changes(view.summary, before.summary)
    changes = Section(CHANGES, _changes(difference))
    return dataclasses.replace(marked, sections=(changes, *marked.sections))


def with_proof(summary: Summary, proof: Proof) -> Summary:
    """Return what is shown with a proof, behind the changes if there are any."""
    text = f"proven {proof.proven}" if proof.ok else "not proven"
    sections = summarize_proof_shown(proof).sections
    items = tuple(item for section in sections for item in section.items)
    shown = Section(f"Proof: {text}", items)
    first, *rest = summary.sections
    ordered = (first, shown, *rest) if first.title == CHANGES else (shown, first, *rest)
    return dataclasses.replace(summary, sections=ordered)


def _changes(difference: Difference) -> tuple[Item, ...]:
    """Return what changes and what that means, without the names of the sides."""
    if not difference:
        return ()
    sections = summarize_difference(difference).sections
    items = (item for section in sections for item in section.items)
    return tuple(item for item in items if not isinstance(item, Facts))
