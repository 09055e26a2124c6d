"""``kit run``: run a task the way the cluster would."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus, status_of
from kit.cli.inputs import TaskGroup, chosen_runner, docker_flags
from kit.cli.output import (
    form_of,
    is_text_here,
    output_flags,
    prints_to_stderr,
    write_result,
)
from kit.runners import RUNNERS

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.runners import LogLine
    from kit.runners.outcome import Outcome
    from kit.running.on_flyte import OnFlyte
    from kit.task.task import PythonCustomizedContainerTask


_HELP = """Run a task the way the cluster would.

TASK is module:task or path/to/file.py:task. Its inputs are flags of their own names:

  kit run TASK --help     lists them.
  kit run TASK --limit 3 --format json
  kit run TASK --runner docker -o run.html
  kit run TASK --runner docker --pull missing --network bridge
  kit run task.pb --trust    runs a template file of someone you trust

Lists, dicts and dataclasses are JSON, and null is None. @FILE is the content of a
file, @- that of standard input, and @@ a value that begins with @. Files and folders
are paths. An input with the name of an option, such as runner, is --input-runner.
"""


def _options() -> list[click.Option]:
    """Make the options of the command, which are taken before or after TASK."""
    return [
        click.Option(
            ["--runner", "runner"],
            type=click.Choice(list(RUNNERS)),
            help="Where to run it: a fresh process (the default), this one, or a "
            "container of its own image.",
        ),
        click.Option(
            ["--trust", "trust"],
            is_flag=True,
            help="Run a template file, that is, the code that it names or contains.",
        ),
        click.Option(
            ["--timeout", "timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop the run after SECONDS.",
        ),
        click.Option(
            ["--directory", "directory"],
            type=click.Path(file_okay=False, path_type=Path),
            help="Keep the run's files here (default: a new temporary folder).",
        ),
        click.Option(
            ["--details", "details"],
            is_flag=True,
            help="Also show the outputs as literals, and what is lost in them.",
        ),
        *docker_flags(),
        *output_flags(),
    ]


def _run(
    task: PythonCustomizedContainerTask[Any] | str,
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.running.cleanup import discarded, release
    from kit.running.start import run as run_task

    output = options.get("output")
    form = form_of(options.get("form"), output, message="A run")
    is_live = is_text_here(form, output)
    with contextlib.nullcontext() if is_live else prints_to_stderr():
        run = run_task(
            task,
            trust=bool(options.get("trust")),
            runner=chosen_runner(options),
            timeout=options.get("timeout"),
            directory=options.get("directory"),
            keep=True,  # its user looks for its outputs after this process
            on_log=_print_line if is_live else _print_to_stderr,
            inputs=inputs,
        )
    outcome = run.outcome
    if options.get("directory") is None:
        outcome = discarded(outcome)
        if outcome.directory is not None:
            release(outcome.directory)
    write_result(
        form,
        output,
        summary=lambda: _summary(outcome, run.on_flyte, is_live=is_live),
        document=lambda: _document(outcome, run.on_flyte),
        details=bool(options.get("details")),
    )
    return status_of(outcome)


_CLEAR = "\x1b[K"  # what was on the line before, up to its end


def _print_line(line: LogLine) -> None:
    """Print a task's line on the stream it came from."""
    _print(line, err=line.stream == "stderr")


def _print_to_stderr(line: LogLine) -> None:
    _print(line, err=True)


def _print(line: LogLine, *, err: bool) -> None:
    """Print a line with its colours; in a terminal a progress bar stays one line."""
    from kit.display.log import terminal_text

    text = terminal_text(line.text)
    if (sys.stderr if err else sys.stdout).isatty():
        end = "\r" if line.is_overwritten else "\n"
        click.echo(f"{text}{_CLEAR}{end}", nl=False, err=err)
    elif not line.is_overwritten:
        click.echo(text, err=err)


def _summary(run: Outcome, on_flyte: OnFlyte, *, is_live: bool) -> Summary:
    """Summarize a run, without its lines if they were printed as they came."""
    from kit.display.of_runs import summarize_run

    shown = is_live and _is_traceback_printed(run)
    return summarize_run(
        run, on_flyte=on_flyte, with_logs=not is_live, with_traceback=not shown
    )


def _is_traceback_printed(run: Outcome) -> bool:
    """Return whether the lines of the run, printed as they came, end with it."""
    if run.error is None or not run.error.traceback:
        return False
    return run.error.traceback.splitlines()[-1] in run.logs.text("stderr")


def _document(run: Outcome, on_flyte: OnFlyte) -> dict[str, object]:
    from kit.definition.json_values import to_json

    error = None
    if run.error is not None:
        error = {
            "type": run.error.type,
            "message": run.error.message,
            "origin": run.error.origin,
            "kind": run.error.kind,
        }
    return {
        "task": run.task,
        "phase": run.phase.value,
        "outputs": {name: to_json(value) for name, value in run.outputs.items()},
        "error": error,
        "on_flyte": on_flyte.to_json(),
        "directory": None if run.directory is None else str(run.directory),
    }


command = TaskGroup(
    "run", carry_out=_run, options=_options, takes_templates=True, help=_HELP
)
