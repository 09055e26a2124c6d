"""What is shown of a task and of a template: the list of its sections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.arriving import Arrival
from kit.display.sections.arrival import arrival_marks
from kit.display.sections.command import command, loader_arguments, rendered
from kit.display.sections.custom import custom, inline_source
from kit.display.sections.environment import appended, environment, secrets
from kit.display.sections.interface import signature
from kit.display.sections.message import fields, forms, message
from kit.display.sections.metadata import metadata
from kit.display.sections.overview import badges, overview
from kit.display.sections.resources import resources
from kit.display.sections.subject import Subject
from kit.display.sections.targets import config, container, pod, sql
from kit.display.summary import (
    Finding,
    Section,
    Summary,
    highlight_changes,
    summarizes,
)
from kit.errors import TemplateError
from kit.notebook import Shown
from kit.readiness.ladder import readiness_of
from kit.targets import task_or_message
from kit.task.partial_template import partial_template
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import template_of
from kit.template.serialize import LOCAL_SETTINGS
from kit.template.view import TaskTemplateView


@summarizes(PythonCustomizedContainerTask)
def summarize_task(
    task: Any, settings: SerializationSettings = LOCAL_SETTINGS
) -> Summary:
    """Summarize a task by the template these settings make of it.

    What cannot be made of a broken task is an error in its place; the rest stands.

    Args:
        task: The task; its interface's types and defaults are shown too.
        settings: Where it will live; by default those of a local call.
    """
    return with_readiness(task_subject(task, settings))


def with_readiness(subject: Subject) -> Summary:
    """Summarize a subject with its author's sentence and its ladder, if it is a task.

    A live view draws the ladder by itself: it changes with each run.
    """
    summary = summarize_subject(subject)
    if subject.task is None or subject.settings is None:
        return summary
    template = None if subject.failures else subject.template
    docs = getattr(subject.task, "docs", None)
    return replace(
        summary,
        sentence=(docs.short_description if docs is not None else "") or "",
        ladder=readiness_of(subject.task, subject.settings, template=template),
    )


def task_subject(
    task: Any, settings: SerializationSettings = LOCAL_SETTINGS
) -> Subject:
    """Return what a task's view is made from."""
    template, failures = partial_template(task, settings)
    return replace(_made_of(template, task, settings), failures=failures)


def _made_of(
    template: TaskTemplate, task: Any, settings: SerializationSettings
) -> Subject:
    interface = task.python_interface
    return Subject(
        template=template,
        task=task,
        settings=settings,
        defaults=interface.default_inputs_as_kwargs,
        order=(*interface.inputs, *interface.outputs),
    )


@summarizes(TaskTemplate)
def summarize_template(
    template: TaskTemplate,
    *,
    defaults: Mapping[str, Any] | None = None,
    order: Sequence[str] = (),
) -> Summary:
    """Summarize a template of any origin.

    Args:
        template: The message.
        defaults: Default values of inputs, which templates do not carry.
        order: The order of the variables, which they do not carry either.
    """
    return summarize_subject(
        Subject(template=template, defaults=defaults or {}, order=tuple(order))
    )


class TaskView(Shown):
    """The static view of a task or a template: text, or HTML in a notebook.

    Args:
        subject: What is shown.

    Attributes:
        template: The message that is shown.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.template = subject.template

    def __repr__(self) -> str:
        return f"TaskView({self.template.id.name!r})"


def show(task: Any, /, *, settings: SerializationSettings | None = None) -> TaskView:
    """Show the template of a task: ``kit show`` in Python.

    Args:
        task: A task, a template, or a text that names one: ``tasks.py:load``, a
            template file, ``package.tgz::task``. Only Python is imported; files are
            read, and nothing that they name is imported.
        settings: What a task's template is made with; those of a local run by default.

    Raises:
        TargetError: The text names no task or template.
        TemplateError: It is no task and no template, or a template and settings.

    Example:
        >>> show(TaskTemplate(type="sql")).template.type
        'sql'
    """
    thing = task_or_message(task)
    if isinstance(thing, PythonCustomizedContainerTask):
        return TaskView(task_subject(thing, settings or LOCAL_SETTINGS))
    message: Any = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if not isinstance(message, (TaskTemplate, TaskSpec)):
        msg = f"kit.show takes a task or a TaskTemplate, got {thing!r:.80}."
        raise TemplateError(msg)
    if settings is not None:
        msg = f"{task!r:.80} is a finished template: leave settings out."
        raise TemplateError(msg)
    return TaskView(Subject(template=template_of(message)))


@summarizes(TaskView)
def summarize_task_view(view: TaskView) -> Summary:
    """Summarize what :func:`kit.show` shows."""
    return summarize_subject(view.subject)


@summarizes(TaskTemplateView)
def summarize_view(view: TaskTemplateView) -> Summary:
    """Summarize the executor's view of a template."""
    return summarize_template(view.to_flyte_idl())


@summarizes(Arrival)
def summarize_arrival(arrival: Arrival) -> Summary:
    """Summarize the template that arrives: what changed on its way, then all of it.

    What differs from the registered template is marked where it is, too.
    """
    subjects = (
        _subject_of(arrival, template)
        for template in (arrival.template, arrival.registered)
    )
    summary = highlight_changes(*map(summarize_subject, subjects))
    count = len(arrival.marks)
    status = f"{count:,} change{'' if count == 1 else 's'} on its way"
    sections = (arrival_marks(arrival), *summary.sections)
    return replace(summary, kind="arriving task", status=status, sections=sections)


def _subject_of(arrival: Arrival, template: TaskTemplate) -> Subject:
    if arrival.task is None or arrival.settings is None:
        return Subject(template=template)
    return _made_of(template, arrival.task, arrival.settings)


SECTIONS: tuple[Callable[[Subject], Section], ...] = (
    signature,
    message,
    overview,
    command,
    loader_arguments,
    rendered,
    custom,
    inline_source,
    resources,
    environment,
    appended,
    secrets,
    metadata,
    config,
    pod,
    sql,
    container,
    fields,
    forms,
)
"""The sections in their order; one without items is not shown.

The interface and the message are for everyone. The others tell the same in detail, and
are folded unless something is wrong in them.
"""


def summarize_subject(subject: Subject) -> Summary:
    """Summarize a template with whatever is known of its making."""
    first, second, *others = (section(subject) for section in SECTIONS)
    return Summary(
        kind="task",
        title=subject.template.id.name,
        badges=tuple(badges(subject)),
        sections=(first, second, *map(_folded, others)),
    )


def _folded(section: Section) -> Section:
    """Fold a section, unless it holds an error."""
    wrong = any(isinstance(i, Finding) and i.severity == "error" for i in section.items)
    return replace(section, detail=not wrong)
