"""``kit show``: show the template of a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from kit.cli.app import EPILOG, ExitStatus, report
from kit.cli.completion import TaskTarget
from kit.cli.options import given, settings_flags
from kit.cli.output import VIEWS, form_of, output_flags, write_result
from kit.errors import TargetError

_HELP = """Show the template a task makes.

TASK is module:task or path/to/file.py:task.

\b
  kit show TASK
  kit show TASK --details
  kit show TASK --format html -o task.html
  kit show TASK --version v7 -o task.pb
"""


@click.command("show", help=_HELP, epilog=EPILOG, params=[*output_flags(messages=True)])
@click.argument("target", metavar="TASK", type=TaskTarget())
@settings_flags(where="to put into the template")
@click.option(
    "--details",
    is_flag=True,
    help="Show every field and where it comes from, too, and the message as text.",
)
def command(
    target: str,
    form: str | None,
    output: Path | None,
    details: bool,  # noqa: FBT001 - click passes a flag
    **settings: str | None,
) -> ExitStatus:
    """Show the template a task makes."""
    from kit.targets import load_task
    from kit.template.serialize import LOCAL_SETTINGS, task_template

    chosen = LOCAL_SETTINGS.replace(**given(settings))
    task = load_task(target)
    form = form_of(form, output)
    if form in VIEWS:
        return _show_view(task, chosen, form, output, details=details)
    _write_message(task_template(task, chosen), form, output)
    return ExitStatus.OK


def _show_view(
    task: object, settings: Any, form: str, output: Path | None, *, details: bool
) -> ExitStatus:
    """Show what can be made of the task, and then what went wrong, if something did."""
    from kit.display.of_template import summarize_subject, task_subject

    subject = task_subject(task, settings)
    write_result(
        form, output, summary=lambda: summarize_subject(subject), details=details
    )
    if not subject.failures:
        return ExitStatus.OK
    from kit.display.sections.subject import error_text

    part, error = next(iter(subject.failures.items()))
    msg = f"The {part} of {subject.template.id.name!r} cannot be made: "
    return report(TargetError(msg + error_text(error)), ExitStatus.DEFINITION)


def _write_message(message: object, form: str, output: Path | None) -> None:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from kit.storage import write_bytes
    from kit.template.files import encode_template

    data = encode_template(cast("TaskTemplate", message), form)
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(str(output), data)
