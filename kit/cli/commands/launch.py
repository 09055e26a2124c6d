"""``kit launch``: start an execution of a task on Flyte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus, status_of
from kit.cli.inputs import TaskGroup, connected, remote_flags
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.flyte.execution import Execution
    from kit.task.task import PythonCustomizedContainerTask

_HELP = """Start an execution of a task on Flyte.

TASK is module:task or path/to/file.py:task. Its inputs are flags of their own names:

  kit launch TASK --help     lists them.
  kit launch TASK --limit 3
  kit launch TASK --limit 3 --version v1 --wait
  kit launch TASK --limit 3 --endpoint localhost:30080 --insecure

Without --version the task is registered under a version from its content. What Flyte
would refuse is refused here. Local files and folders are uploaded.
"""
_EPILOG = (
    "Exit status: 0 it was started, or with --wait it succeeded; 1 Flyte refuses it or "
    "does not answer, or the task failed; 2 wrong inputs or command line; 3 the task "
    "could not be loaded or defined; 124 timeout; 130 Ctrl-C, or somebody ended it."
)


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--version", "version"],
            metavar="VERSION",
            help="The registered version to launch (default: one from the content).",
        ),
        click.Option(
            ["--name", "name"],
            metavar="NAME",
            help="Name of the execution (default: the task's, with random digits).",
        ),
        click.Option(
            ["--wait", "waits"], is_flag=True, help="Wait for its end, and show it."
        ),
        *remote_flags(),
        *output_flags(),
    ]


def _launch(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.flyte.launch import launch

    output = options.get("output")
    form = form_of(options.get("form"), output, message="An execution")
    with prints_to_stderr(), connected(options) as remote:
        execution = launch(
            task,
            options.get("version"),
            remote=remote,
            name=options.get("name"),
            inputs=inputs,
        )
        if options.get("waits"):
            click.echo(f"{execution.name} {execution.link}", err=True)
            execution.wait()
        document, summary = execution.to_json(), _summary(execution)
    write_result(form, output, summary=lambda: summary, document=lambda: document)
    return status_of(execution.outcome) if options.get("waits") else ExitStatus.OK


def _summary(execution: Execution) -> Summary:
    from kit.display.of_flyte import summarize_execution

    return summarize_execution(execution)


command = TaskGroup(
    "launch", carry_out=_launch, options=_options, epilog=_EPILOG, help=_HELP
)
