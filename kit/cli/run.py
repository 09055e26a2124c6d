"""``kit run``: run a task the way the cluster would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.status import EPILOG, ExitStatus, status_of

if TYPE_CHECKING:
    from kit.runners import LogLine, Run
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
            type=click.Choice(["subprocess", "in-process"]),
            help="Where to run it: a fresh process (the default) or this one.",
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


class RunGroup(click.Group):
    """Takes the task's name for a subcommand, with the task's inputs for options."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List nothing: tasks are named, not known."""
        return []

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Load the task and make its command."""
        from kit.cli.target import load_task

        return _task_command(load_task(cmd_name), cmd_name, ctx.params)


def _task_command(
    task: PythonCustomizedContainerTask[Any], target: str, outer: Mapping[str, Any]
) -> click.Command:
    from kit.cli.input_flags import given_inputs, input_flags

    flags = input_flags(task.python_interface)
    taken = {option for flag in flags for option in flag.opts}
    options = [o for o in _options() if taken.isdisjoint(o.opts)]

    def callback(**values: Any) -> ExitStatus:
        context = click.get_current_context()
        inner = {str(o.name): values[str(o.name)] for o in options}
        chosen = {k: v for k, v in inner.items() if v is not None}
        return _run(task, given_inputs(context, flags, values), {**outer, **chosen})

    return click.Command(
        target,
        callback=callback,
        params=[*flags, *options],
        help=_task_help(task),
        epilog=EPILOG,
        context_settings={"help_option_names": [] if "--help" in taken else ["--help"]},
    )


def _task_help(task: PythonCustomizedContainerTask[Any]) -> str:
    from kit.display.escape import visible

    docstring = task.python_interface.docstring
    said = docstring.short_description if docstring else None
    return visible(said or f"Run the task {task.name}.")


def _run(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.runners import run as run_task

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


command = RunGroup(
    "run",
    help=_HELP.replace("\n  kit run", "\n\b\n  kit run"),
    epilog=EPILOG,
    params=list(_options()),
    subcommand_metavar="TASK [--INPUT VALUE]...",
    no_args_is_help=True,
)
