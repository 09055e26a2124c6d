"""``kit export``: write tasks as a package, a module or an archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from kit.cli.app import EPILOG, ExitStatus
from kit.cli.completion import TaskTarget
from kit.cli.inputs import given, settings_flags
from kit.cli.output import prints_to_stderr

if TYPE_CHECKING:
    from kit.exporters.export import Export


_HELP = """Write tasks as a package, a module or an archive.

TASK is module:task or path/to/file.py:task. PATH decides what is written:

\b
  kit export lab.py:load acme_sql/    an installable package
  kit export lab.py:load acme.py      one module
  kit export lab.py:load tasks.tgz    what flytectl registers

Several tasks go together when they are named before PATH.
"""


@click.command("export", help=_HELP, epilog=EPILOG)
@click.argument(
    "targets", metavar="TASK...", nargs=-1, required=True, type=TaskTarget()
)
@click.argument("path", type=click.Path())
@click.option("--overwrite", is_flag=True, help="Replace an earlier export there.")
@settings_flags(where="to put into an archive's templates")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the result.",
)
def command(
    targets: tuple[str, ...],
    path: str,
    form: str,
    *,
    overwrite: bool,
    **said: str | None,
) -> ExitStatus:
    """Write tasks to files."""
    from kit.definition.settings import SerializationSettings
    from kit.exporters.export import export
    from kit.targets import load_task

    chosen = given(said)
    with prints_to_stderr():
        done = export(
            [load_task(target) for target in targets],
            path,
            overwrite=overwrite,
            settings=SerializationSettings().replace(**chosen) if chosen else None,
        )
    if form == "json":
        _print_json(done)
    else:
        _print_summary(done)
    return ExitStatus.OK


def _print_summary(export: Export) -> None:
    from kit.display.console import print_summary
    from kit.display.of_reports import summarize_export

    print_summary(summarize_export(export))


def _print_json(export: Export) -> None:
    written = {
        "path": str(export.path),
        "kind": export.kind,
        "files": export.files,
        "tasks": export.tasks,
        "executors": export.executors,
        "requirements": export.requirements,
        "notes": export.notes,
    }
    click.echo(json.dumps(written, indent=2, ensure_ascii=True))
