"""``kit ready``: check, prove and run a task, and show what is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus
from kit.cli.inputs import TaskGroup
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result
from kit.evidence import Rung

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.readiness.ladder import Readiness
    from kit.runners.runner import Runner
    from kit.task.task import PythonCustomizedContainerTask


_HELP = """Check, prove and run a task, and show what is left to do.

TASK is module:task or path/to/file.py:task. Six rungs are climbed as far as possible:
Check, Proof, Run (a fresh process), Image (is what the task needs in it?), Container (a
run in that image) and Flyte (is this template registered?). Nothing is registered.

  kit ready TASK
  kit ready TASK --limit 3
  kit ready TASK --until proof
  kit ready TASK --pull missing --format json
  kit ready TASK -o evidence.json

Rungs that need inputs which are not given are not tried.
"""

_EPILOG = (
    "Exit status: 0 every available rung passed; 1 one failed or was not tried; "
    "2 wrong command line; 3 the task could not be loaded or defined; 130 Ctrl-C; "
    "143 SIGTERM."
)


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--until", "until"],
            type=click.Choice([rung.value for rung in Rung]),
            help="The highest rung to climb (default: flyte).",
        ),
        click.Option(
            ["--timeout", "timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop each run after SECONDS.",
        ),
        click.Option(
            ["--network", "network"],
            metavar="NAME",
            help="Network of the container: none (the default), bridge, host, or a "
            "name.",
        ),
        click.Option(
            ["--pull", "pull"],
            type=click.Choice(["never", "missing", "always"]),
            help="Whether to pull the image (default: never).",
        ),
        click.Option(
            ["--platform", "platform"],
            metavar="OS/ARCH",
            help="Platform to use from a multi-platform image, such as linux/arm64.",
        ),
        click.Option(
            ["--runtime", "runtime"],
            type=click.Choice(["kit", "flytekit"]),
            help="What runs in the container (default: the task's own choice, or kit).",
        ),
        *output_flags(),
    ]


def _ready(
    task: PythonCustomizedContainerTask[Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ExitStatus:
    from kit.readiness.climb import ready
    from kit.template.serialize import LOCAL_SETTINGS

    target = click.get_current_context().info_name or ""
    output = options.get("output")
    form = form_of(options.get("form"), output, message="Readiness")
    with prints_to_stderr():
        readiness = ready(
            task,
            until=options.get("until") or Rung.FLYTE,
            runner=_runner(options),
            timeout=options.get("timeout"),
            settings=LOCAL_SETTINGS.replace(runtime=options.get("runtime")),
            inputs=inputs,
        )
    write_result(
        form,
        output,
        summary=lambda: _summary(readiness, target),
        document=readiness.to_json,
    )
    return ExitStatus.OK if readiness.ok else ExitStatus.FAILED


def _runner(options: Mapping[str, Any]) -> Runner | None:
    names = ("network", "pull", "platform")
    given = {name: options[name] for name in names if options.get(name) is not None}
    if not given:
        return None
    from kit.runners.docker import DockerRunner

    return DockerRunner(**given)


def _summary(readiness: Readiness, target: str) -> Summary:
    from kit.display.ladder import summarize_readiness

    return summarize_readiness(readiness, target=target)


command = TaskGroup(
    "ready",
    carry_out=_ready,
    options=_options,
    requires_inputs=False,
    epilog=_EPILOG,
    help=_HELP,
)
