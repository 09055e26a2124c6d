"""``kit run``: run a task the way the cluster would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.status import ExitStatus, status_of
from kit.cli.task_group import TaskGroup

if TYPE_CHECKING:
    from kit.runners import LogLine
    from kit.running.run import Run
    from kit.task.customized_container import PythonCustomizedContainerTask

__all__ = ["command"]

_HELP = """Run a task the way the cluster would.

TASK is module:task or path/to/file.py:task. Its inputs are flags of their own names:

  kit run TASK --help     lists them.

Lists, dicts and dataclasses are written as JSON. After an @ stands a file that holds
the value (@- is standard input, @@ a value that begins with @); files and folders are
given by their path.
"""


def _options() -> list[click.Option]:
    """Make the options of the command, which stand before or behind TASK."""
    return [
        click.Option(
            ["--runner", "runner"],
            type=click.Choice(["subprocess", "in-process", "docker"]),
            help="Where to run it: a fresh process (the default), this one, or a "
            "container of its own image.",
        ),
        click.Option(
            ["--timeout", "timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop the run after so long.",
        ),
        click.Option(
            ["--directory", "directory"],
            type=click.Path(file_okay=False, path_type=Path),
            help="Keep the run's files here (default: a new temporary folder).",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            default=None,
            help="Write the result as JSON to standard output, logs to standard error.",
        ),
    ]


def _run(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.running.start import run as run_task

    as_json = bool(options.get("as_json"))
    run = run_task(
        task,
        runner=options.get("runner") or "subprocess",
        timeout=options.get("timeout"),
        directory=options.get("directory"),
        on_log=_print_to_stderr if as_json else _print_line,
        inputs=inputs,
    )
    if as_json:
        _print_json(run)
    else:
        _print_summary(run)
    return status_of(run)


def _print_line(line: LogLine) -> None:
    """Print a task's line on the stream it came from."""
    from kit.display.escape import visible

    click.echo(visible(line.text), err=line.stream == "stderr")


def _print_to_stderr(line: LogLine) -> None:
    from kit.display.escape import visible

    click.echo(visible(line.text), err=True)


def _print_summary(run: Run) -> None:
    from kit.display.console import print_summary
    from kit.display.run_summary import summarize_run

    summary = summarize_run(
        run, with_logs=False, with_traceback=not _is_traceback_printed(run)
    )
    print_summary(summary)


def _is_traceback_printed(run: Run) -> bool:
    """Tell whether the lines of the run, printed as they came, end with it."""
    if run.error is None or not run.error.traceback:
        return False
    return run.error.traceback.splitlines()[-1] in run.logs.text("stderr")


def _print_json(run: Run) -> None:
    from kit.cli.to_json import to_json

    error = None
    if run.error is not None:
        error = {
            "type": run.error.type,
            "message": run.error.message,
            "origin": run.error.origin,
            "kind": run.error.kind,
        }
    result = {
        "task": run.task,
        "phase": run.phase.value,
        "outputs": {name: to_json(value) for name, value in run.outputs.items()},
        "error": error,
        "directory": None if run.directory is None else str(run.directory),
    }
    click.echo(json.dumps(result, indent=2, ensure_ascii=True))


command = TaskGroup("run", carry_out=_run, options=_options, help=_HELP)
