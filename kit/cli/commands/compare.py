"""``kit compare``: run a task in several places, and compare the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus
from kit.cli.inputs import TaskGroup
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result
from kit.runners import RUNNERS, local_runners

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.running.compare import RunComparison
    from kit.task.task import PythonCustomizedContainerTask


_HELP = """Run a task in several places, and compare the results.

TASK is module:task or path/to/file.py:task. Its inputs are flags of their own names:

  kit compare TASK --limit 3
  kit compare TASK --runner in-process --runner subprocess
  kit compare TASK --limit 3 --measured -o comparison.html
"""
_EPILOG = (
    "Exit status: 0 all agree; 1 they disagree; 2 a place was not available, or the "
    "command line is wrong; 3 the task could not be loaded or defined; 130 Ctrl-C."
)

_AGREE, _DISAGREE, _UNAVAILABLE = 0, 1, 2


def _options() -> list[click.Option]:
    """Make the options of the command, which are taken before or after TASK."""
    return [
        click.Option(
            ["--runner", "runners"],
            type=click.Choice(list(RUNNERS)),
            multiple=True,
            help="Where to run it; twice or more (default: in each of them).",
        ),
        click.Option(
            ["--timeout", "timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop a run after SECONDS, except one in this process.",
        ),
        click.Option(
            ["--side-by-side", "side_by_side"],
            is_flag=True,
            default=None,
            help="Run at the same time, not one after the other.",
        ),
        click.Option(
            ["--measured", "measured"],
            is_flag=True,
            default=None,
            help="Show seconds and memory, too (JSON always has them).",
        ),
        *output_flags(),
    ]


def _compare(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.running.compare import compare_runs

    output = options.get("output")
    form = form_of(options.get("form"), output, message="A comparison")
    with prints_to_stderr():
        comparison = compare_runs(
            task,
            runners=options.get("runners") or local_runners(),
            timeout=options.get("timeout"),
            side_by_side=bool(options.get("side_by_side")),
            inputs=inputs,
        )
    write_result(
        form,
        output,
        summary=lambda: _summary(comparison, measured=bool(options.get("measured"))),
        document=comparison.to_json,
    )
    return _status(comparison)


def _summary(comparison: RunComparison, *, measured: bool) -> Summary:
    import dataclasses

    from kit.display.of_runs import summarize_comparison, summarize_measured

    summary = summarize_comparison(comparison)
    if not measured:
        return summary
    sections = (*summary.sections, *summarize_measured(comparison.measured).sections)
    return dataclasses.replace(summary, sections=sections)


def _status(comparison: RunComparison) -> ExitStatus:
    if comparison.disagreements:
        return ExitStatus(_DISAGREE)
    return ExitStatus(_UNAVAILABLE if comparison.unavailable else _AGREE)


command = TaskGroup(
    "compare", carry_out=_compare, options=_options, epilog=_EPILOG, help=_HELP
)
