"""``kit pod``: show the Kubernetes pod that Flyte makes of a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import ExitStatus
from kit.cli.completion import TaskTarget
from kit.cli.inputs import chosen_platform, given, platform_flag, settings_flags
from kit.cli.output import (
    form_of,
    output_flags,
    prints_to_stderr,
    write_data,
    write_result,
)

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.pods import Pod

_EPILOG = """\b
Examples:
  kit pod tasks.py:load --platform sandbox
  kit pod tasks.py:load --platform ours.yaml --project lab -o pod.yaml
  kit pod task.pb --platform flyte-core --details
  kit pod package.tgz::etl.load --format json

Exit status: 0 Kubernetes would accept the pod; 1 there is no pod, or it is refused;
2 wrong command line; 3 the task could not be loaded or defined; 130 Ctrl-C.
"""


@click.command("pod", epilog=_EPILOG, params=[*output_flags()])
@click.argument("target", metavar="TASK", type=TaskTarget(files=True))
@platform_flag()
@click.option("--execution", metavar="NAME", help="Name of the execution.")
@click.option(
    "--attempt", type=click.IntRange(0, 99), default=0, help="Which attempt, from 0."
)
@click.option(
    "--details", is_flag=True, help="Show labels and the whole YAML, too, in text."
)
@settings_flags(where="of the task")
def command(
    target: str,
    form: str | None,
    output: Path | None,
    platform: str | None,
    execution: str | None,
    attempt: int,
    details: bool,  # noqa: FBT001 - click passes a flag
    **settings: str | None,
) -> ExitStatus:
    """Show the Kubernetes pod that Flyte makes of a task.

    TASK is module:task, path/to/file.py:task, a template file (.pb, .json, .yaml,
    .pbtxt) or package.tgz::task. Each line says where it comes from: the template, the
    platform, Flyte's engine or Kubernetes. Nothing runs, and nobody is asked.
    """
    from kit.forecast.pods.attempt import PodLaunch
    from kit.pods import SAMPLE_EXECUTION, pod
    from kit.targets import read_target
    from kit.template.serialize import LOCAL_SETTINGS

    form = form_of(form, output, message="A pod")
    described = chosen_platform(platform)
    launch = PodLaunch(execution=execution or SAMPLE_EXECUTION, attempt=attempt)
    with prints_to_stderr():
        made = pod(
            read_target(target),
            described,
            settings=LOCAL_SETTINGS.replace(**given(settings)),
            launch=launch,
        )
    if form == "yaml":
        write_data(made.yaml.encode(errors="backslashreplace"), output)
    else:
        write_result(
            form,
            output,
            summary=lambda: _summary(made),
            document=made.to_json,
            details=details,
        )
    return ExitStatus.OK if made.accepted else ExitStatus.FAILED


def _summary(made: Pod) -> Summary:
    from kit.display.of_pods import summarize_pod

    return summarize_pod(made)
