"""``kit show``: show the template of a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import EPILOG, ExitStatus, report
from kit.cli.completion import TaskTarget
from kit.cli.inputs import chosen_platform, given, platform_flag, settings_flags
from kit.cli.output import (
    VIEWS,
    form_of,
    output_flags,
    prints_to_stderr,
    write_data,
    write_result,
)
from kit.errors import TargetError

if TYPE_CHECKING:
    from kit.definition.settings import SerializationSettings
    from kit.difference.arriving import Arrival
    from kit.display.sections.subject import Subject
    from kit.forecast.platform import Platform
    from kit.targets import Task
    from kit.template.files import TemplateMessage

_HELP = """Show the template of a task.

TASK is module:task, path/to/file.py:task, a template file (.pb, .json, .yaml, .pbtxt)
or package.tgz::task. A module is imported; files are only read.

\b
  kit show TASK
  kit show TASK --details
  kit show TASK --format html -o task.html
  kit show TASK --version v7 -o task.pb
  kit show TASK --arrives --platform flyte-core
  kit show task.pb
"""


@click.command("show", help=_HELP, epilog=EPILOG, params=[*output_flags(messages=True)])
@click.argument("target", metavar="TASK", type=TaskTarget(files=True))
@settings_flags(where="to put into the template")
@click.option(
    "--details",
    is_flag=True,
    help="Show every field and where it comes from, too, and the message as text.",
)
@click.option(
    "--arrives",
    is_flag=True,
    help="Show the template as its container reads it, and what changed on the way.",
)
@platform_flag(what="that settles its resources (with --arrives)")
def command(
    target: str,
    form: str | None,
    output: Path | None,
    details: bool,  # noqa: FBT001 - click passes a flag
    arrives: bool,  # noqa: FBT001 - idem
    platform: str | None,
    **settings: str | None,
) -> ExitStatus:
    """Show the template of a task."""
    from kit.display.of_template import with_readiness
    from kit.template.files import encode_template
    from kit.template.serialize import LOCAL_SETTINGS

    form = form_of(form, output)
    chosen = LOCAL_SETTINGS.replace(**given(settings))
    described = chosen_platform(platform)
    if described is not None and not arrives:
        msg = "--platform settles what arrives: pass --arrives too."
        raise click.UsageError(msg)
    with prints_to_stderr():
        found = _read(target, given(settings))
        if arrives:
            arrived = _arrival(found, chosen, described)
    if arrives:
        return _write_arrival(arrived, form, output, details=details)
    with prints_to_stderr():
        if form not in VIEWS:
            data = encode_template(_message(found, chosen), form)
        else:
            subject = _subject(found, chosen)
            summary = with_readiness(subject)
    if form not in VIEWS:
        write_data(data, output)
        return ExitStatus.OK
    write_result(form, output, summary=lambda: summary, details=details)
    return _report_failure(subject)


def _read(target: str, replaced: dict[str, str]) -> Task | TemplateMessage:
    """Return what the target names.

    Raises:
        UsageError: It is a finished template, and settings are given.
    """
    from kit.targets import parse_target, read_target

    named = parse_target(target)
    if replaced and named.is_read:
        flags = ", ".join(f"--{name}" for name in replaced)
        msg = f"{target!r} contains a finished template: leave {flags} out."
        raise click.UsageError(msg)
    return read_target(named)


def _arrival(
    found: Task | TemplateMessage,
    settings: SerializationSettings,
    platform: Platform | None,
) -> Arrival:
    from kit.difference.arriving import arrives

    return arrives(found, settings, platform)


def _write_arrival(
    arrival: Arrival, form: str, output: Path | None, *, details: bool
) -> ExitStatus:
    from kit.display.of_template import summarize_arrival
    from kit.template.files import encode_template

    if form in VIEWS:
        summary = summarize_arrival(arrival)
        write_result(form, output, summary=lambda: summary, details=details)
    else:
        write_data(encode_template(arrival.template, form), output)
    return ExitStatus.OK


def _message(
    found: Task | TemplateMessage, settings: SerializationSettings
) -> TemplateMessage:
    from kit.task.task import PythonCustomizedContainerTask
    from kit.template.serialize import task_template

    if isinstance(found, PythonCustomizedContainerTask):
        return task_template(found, settings)
    return found


def _subject(found: Task | TemplateMessage, settings: SerializationSettings) -> Subject:
    from kit.display.of_template import show
    from kit.task.task import PythonCustomizedContainerTask

    is_task = isinstance(found, PythonCustomizedContainerTask)
    return show(found, settings=settings if is_task else None).subject


def _report_failure(subject: Subject) -> ExitStatus:
    """Report what of the task could not be made, below the view of what could."""
    from kit.display.sections.subject import error_text

    if not subject.failures:
        return ExitStatus.OK
    part, error = next(iter(subject.failures.items()))
    msg = f"The {part} of {subject.template.id.name!r} cannot be made: "
    return report(TargetError(msg + error_text(error)), ExitStatus.DEFINITION)
