"""``kit register``: register tasks and workflows on Flyte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import ExitStatus, report
from kit.cli.completion import TaskTarget
from kit.cli.inputs import connected, remote_flags
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.flyte.register import Registrations

_EPILOG = """\b
Examples:
  kit register tasks.py:load --version v1 --dry-run
  kit register tasks.py:load tasks.py:flow --version auto
  kit register load.pb --version v1 --endpoint localhost:30080 --insecure
  kit register tasks.py:load --version v2 --format json

Exit status: 0 all is registered, or would be; 1 something is refused, or Flyte does
not answer; 2 wrong command line; 3 a task could not be loaded or defined; 130 Ctrl-C.
"""


@click.command("register", epilog=_EPILOG, params=[*remote_flags(), *output_flags()])
@click.argument(
    "targets", metavar="TASK...", type=TaskTarget(files=True), nargs=-1, required=True
)
@click.option(
    "--version",
    required=True,
    help="The version of all of them; auto makes one of the content.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show what Flyte would answer, and send nothing."
)
@click.option(
    "--anyway", is_flag=True, help="Send also what is foretold to be refused."
)
@click.option(
    "--runtime",
    type=click.Choice(["kit", "flytekit"]),
    help="What runs in the container (default: the task's own choice, or kit).",
)
def command(
    targets: tuple[str, ...],
    version: str,
    dry_run: bool,  # noqa: FBT001 - click passes by name
    anyway: bool,  # noqa: FBT001 - idem
    runtime: str | None,
    form: str | None,
    output: Path | None,
    **where: str | None,
) -> ExitStatus:
    """Foretell what Flyte will answer, register, and compare the two.

    TASK is module:task, path/to/file.py:task, a workflow in the same form, a template
    file (.pb, .json, .yaml, .pbtxt) or package.tgz::task. A workflow comes with its
    tasks and a launch plan. The Flyte is that of --endpoint, or of FLYTE_PLATFORM_URL,
    FLYTECTL_CONFIG or ~/.flyte/config.yaml.
    """
    from kit.definition.settings import SerializationSettings
    from kit.errors import RegisterError
    from kit.flyte.register import register

    form = form_of(form, output, message="A report")
    settings = SerializationSettings().replace(runtime=runtime)
    failure = None
    with prints_to_stderr(), connected(where) as remote:
        try:
            made = register(
                targets,
                version,
                remote=remote,
                dry_run=dry_run,
                anyway=anyway,
                settings=settings,
            )
        except RegisterError as error:
            failure, made = error, error.report
    write_result(form, output, summary=lambda: _summary(made), document=made.to_json)
    if failure is not None:
        return report(failure, ExitStatus.FAILED)
    return ExitStatus.OK if made.ok else ExitStatus.FAILED


def _summary(made: Registrations) -> Summary:
    from kit.display.of_flyte import summarize_registrations

    return summarize_registrations(made)
