"""``kit show``: the template a task makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from kit.cli.error import LoadError, report
from kit.cli.settings_flags import given, settings_flags
from kit.cli.status import EPILOG, ExitStatus

__all__ = ["command"]

_VIEWS = ("text", "html")
_FORMATS = (*_VIEWS, "json", "yaml", "pbtxt", "pb")


_HELP = """Show the template a task makes.

TASK is module:task or path/to/file.py:task.

\b
  kit show TASK
  kit show TASK --details
  kit show TASK --format html -o task.html
  kit show TASK --version v7 -o task.pb
"""


@click.command("show", help=_HELP, epilog=EPILOG)
@click.argument("target", metavar="TASK")
@settings_flags(where="to put into the template")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="How to write it (default: text, or by the ending of --output).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file.",
)
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
    from kit.cli.target import load_task
    from kit.template.serialize import LOCAL_SETTINGS, task_template

    chosen = LOCAL_SETTINGS.replace(**given(settings))
    task = load_task(target)
    form = form or _form_of(output)
    if form in _VIEWS:
        return _show_view(task, chosen, form, output, details=details)
    _write_message(task_template(task, chosen), form, output)
    return ExitStatus.OK


def _form_of(output: Path | None) -> str:
    if output is None:
        return "text"
    ending = output.suffix.removeprefix(".").lower()
    ending = {"yml": "yaml", "txt": "text", "htm": "html"}.get(ending, ending)
    if ending not in _FORMATS:
        msg = f"'{output}' does not say which format: end it in .json or give --format."
        raise click.UsageError(msg)
    return ending


def _show_view(
    task: object, settings: Any, form: str, output: Path | None, *, details: bool
) -> ExitStatus:
    """Show what can be made of the task, and then what went wrong, if something did."""
    from kit.display.template_summary import summarize_subject, task_subject

    subject = task_subject(task, settings)
    summary = summarize_subject(subject)
    if form == "html":
        from kit.display.html import page

        _write_text(page(summary), output)
    elif output is None:
        from kit.display.console import print_summary

        print_summary(summary, details=details)
    else:
        from kit.display.console import plain_text

        _write_text(plain_text(summary, details=details) + "\n", output)
    if not subject.failures:
        return ExitStatus.OK
    from kit.display.sections.failure import error_text

    part, error = next(iter(subject.failures.items()))
    msg = f"The {part} of {subject.template.id.name!r} cannot be made: "
    return report(LoadError(msg + error_text(error)), ExitStatus.DEFINITION)


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    with click.open_file(str(output), "w", encoding="utf-8", atomic=True) as file:
        file.write(text)


def _write_message(message: object, form: str, output: Path | None) -> None:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from kit.storage import write_bytes
    from kit.template.files import encode_template

    data = encode_template(cast("TaskTemplate", message), form)
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(str(output), data)
