"""``kit show``: the template a task makes."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO, cast

import click

from kit.cli.status import EPILOG, ExitStatus

__all__ = ["command"]

_FORMATS = ("text", "json", "yaml", "pbtxt", "pb")


@click.command("show", epilog=EPILOG)
@click.argument("target", metavar="TASK")
@click.option(
    "--runtime",
    type=click.Choice(["kit", "flytekit"]),
    help="What runs in the container (default: the task's own choice, else kit).",
)
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
@click.option("--project", help="Project to put into the template.")
@click.option("--domain", help="Domain to put into the template.")
@click.option("--version", help="Version to put into the template.")
def command(
    target: str,
    runtime: str | None,
    form: str | None,
    output: Path | None,
    **identity: str | None,
) -> ExitStatus:
    """Show the template a task makes.

    TASK is module:task or path/to/file.py:task.
    """
    from kit.cli.target import load_task
    from kit.template.serialize import LOCAL_SETTINGS, task_template

    chosen = {name: value for name, value in identity.items() if value is not None}
    settings = LOCAL_SETTINGS.replace(runtime=runtime, **chosen)
    task = load_task(target)
    form = form or _form_of(output)
    if form == "text":
        _write_text(task, settings, output)
    else:
        _write_message(task_template(task, settings), form, output)
    return ExitStatus.OK


def _form_of(output: Path | None) -> str:
    if output is None:
        return "text"
    ending = output.suffix.removeprefix(".").lower()
    ending = {"yml": "yaml", "txt": "text"}.get(ending, ending)
    if ending not in _FORMATS:
        msg = f"'{output}' does not say which format: end it in .json or give --format."
        raise click.UsageError(msg)
    return ending


def _write_text(task: object, settings: object, output: Path | None) -> None:
    from kit.display.console import make_console, print_summary
    from kit.display.template_summary import summarize_task

    summary = summarize_task(task, settings)
    if output is None:
        print_summary(summary)
        return
    with click.open_file(str(output), "w", encoding="utf-8", atomic=True) as file:
        print_summary(summary, make_console(cast("TextIO", file)))


def _write_message(message: object, form: str, output: Path | None) -> None:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from kit.storage import write_bytes
    from kit.template.files import encode_template

    data = encode_template(cast("TaskTemplate", message), form)
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(str(output), data)
