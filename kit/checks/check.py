"""``kit.check``: findings about a task before anything runs."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.checks.report import CheckReport, Finding, Severity
from kit.checks.rule import Subject
from kit.checks.rules import rules
from kit.definition.settings import SerializationSettings
from kit.errors import AuthoringError, CallError, CustomWarning, ExecutorError, KitError
from kit.forecast.platform import Platform
from kit.shim.executable import RAISED, error_text
from kit.targets import task_or_message
from kit.task.partial_template import partial_template
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import LOCAL_SETTINGS, container_message
from kit.template.view import TaskTemplateView

Task = PythonCustomizedContainerTask[Any]


def check(
    thing: Task | TaskTemplate | TaskSpec | TaskTemplateView | str | os.PathLike[str],
    /,
    settings: SerializationSettings | None = None,
    platform: Platform | str | os.PathLike[str] | None = None,
    *,
    inputs: Mapping[str, Any] | None = None,
) -> CheckReport:
    """Report what will fail of a task, or will differ from what was written.

    The rules are those of Flyte's backend, as of version 1.16.8, that can be decided
    here, and kit's own. Nothing runs but the task's getters, and nothing is changed;
    what they raise is a finding.

    Args:
        thing: A task, or a template of any origin, or a TaskSpec; or a text that names
            one: ``tasks.py:load``, a template file, ``package.tgz::task``.
        settings: What a task's template is made with; those of a local run by default,
            whose project, domain and version count as given later.
        platform: The deployment it is for, a preset's name (``flyte-core``) or a
            file; by default none is known.
        inputs: The values of a launch of the task by itself, to check that, too.

    Raises:
        CallError: It is no task and no template, or a template with inputs.
        TargetError: The text names no task or template.

    Example:
        >>> from flyteidl.core.tasks_pb2 import TaskTemplate
        >>> report = check(TaskTemplate(type="python-task"))
        >>> report.errors[0].rule, report.errors[0].words
        ('TT007', 'invalid TaskSpecification, unable to determine Pod configuration')
    """
    thing = task_or_message(thing)
    once = (settings or LOCAL_SETTINGS).for_one_template()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CustomWarning)  # they are findings
        subject = _subject(thing, once, Platform.of(platform))
        if inputs is not None:
            subject = _with_inputs(subject, inputs)
        found = list(_findings(subject))
    name = subject.template.id.name
    again = functools.partial(check, thing, settings, platform, inputs=inputs)
    return CheckReport.of(name, found, task=subject.task, again=again)


def registration_errors(
    spec: TaskSpec, platform: Platform | None = None
) -> tuple[Finding, ...]:
    """Return why a registration will be refused; the other rules are not asked.

    Args:
        spec: What is registered, with its whole identifier.
        platform: The deployment.
    """
    subject = _subject(spec, LOCAL_SETTINGS, platform or Platform())
    found = (
        one
        for rule in rules()
        if rule.stage == "registration"
        for one in rule.findings(subject)
    )
    return tuple(one for one in found if one.severity is Severity.ERROR)


def _findings(subject: Subject) -> Iterator[Finding]:
    found = [*_failures(subject)]
    for rule in rules():
        found += rule.findings(subject)
    errors = [one for one in found if one.severity is Severity.ERROR]
    is_known = any(one.rule != _GENERAL for one in errors)
    for one in found:
        is_general = one.rule == _GENERAL and one.severity is Severity.ERROR
        if not (is_general and is_known):
            yield one


_GENERAL = "pod.refused"
"""The rule of what no other rule knows."""


def _subject(
    thing: Any, settings: SerializationSettings, platform: Platform
) -> Subject:
    if isinstance(thing, PythonCustomizedContainerTask):
        template, failures = partial_template(thing, settings)
        if "container" in failures:
            _add_container(template, thing, settings)
        return Subject(
            template=template,
            task=thing,
            settings=settings,
            platform=platform,
            failures=failures,
        )
    message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if isinstance(message, TaskTemplate):
        return Subject(template=message, platform=platform)
    if isinstance(message, TaskSpec):
        return Subject(
            template=message.template,
            description=message.description,
            has_template=message.HasField("template"),
            platform=platform,
        )
    msg = (
        "kit.check takes a task, as PythonCustomizedContainerTask(...) makes it, a "
        f"TaskTemplate or a TaskSpec, got {thing!r:.80}."
    )
    raise CallError(msg)


def _with_inputs(subject: Subject, inputs: Mapping[str, Any]) -> Subject:
    if subject.task is None:
        msg = "Only inputs of a task can be checked: a template has no Python types."
        raise CallError(msg)
    return dataclasses.replace(subject, given_inputs=inputs)


def _add_container(
    template: TaskTemplate, task: Task, settings: SerializationSettings
) -> None:
    """Write the container without its args, so that the rest of it is checked."""
    with contextlib.suppress(*RAISED):  # get_image may be the author's
        made = container_message(
            task.get_image(settings),
            (),
            task.resources,
            settings_env=settings.env,
            environment=task.environment,
        )
        template.container.CopyFrom(made)


def _failures(subject: Subject) -> Iterator[Finding]:
    """Yield the parts of the template that cannot be made; custom has its own rules."""
    told = set()
    for part, cause in subject.failures.items():
        said = error_text(cause)
        if part != "custom" and said not in told:
            told.add(said)
            yield _failure(part, cause)


def _failure(part: str, cause: BaseException) -> Finding:
    if isinstance(cause, ExecutorError | AuthoringError):
        message = f"The executor does not reach its container. {cause}"
        return Finding("PY001", Severity.ERROR, part, message, "template")
    if isinstance(cause, KitError):
        message = f"This part of the template cannot be made. {cause}"
        return Finding(f"{part}.fails", Severity.ERROR, part, message, "template")
    message = "A method of the task raises an exception where this part is made."
    words = error_text(cause)
    return Finding(f"{part}.fails", Severity.ERROR, part, message, "template", words)
