"""``kit image``: build an image that a task runs in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import ExitStatus
from kit.cli.completion import TaskTarget
from kit.cli.inputs import given, settings_flags
from kit.cli.output import (
    form_of,
    output_flags,
    prints_to_stderr,
    write_data,
    write_result,
)

if TYPE_CHECKING:
    from kit.display.summary import Summary
    from kit.images.image import BuiltImage


_EPILOG = """\b
Examples:
  kit image lab.py:load
  kit image lab.py:load -t acme/load:1 --base python:3.12-slim --source index
  kit image lab.py:load --package 'duckdb>=1' --package dist/acme-1.whl
  kit image lab.py:load --containerfile-only

Exit status: 0 built; 1 the image cannot be built, or no engine answers; 2 wrong
command line; 3 the task could not be loaded or defined; 130 Ctrl-C.
"""


@click.command("image", epilog=_EPILOG, params=[*output_flags()])
@click.argument("target", metavar="TASK", type=TaskTarget())
@click.option("-t", "--tag", help="Name of the image (default: the task's own image).")
@click.option(
    "--base", metavar="IMAGE", help="Image to build on (default: a slim python)."
)
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="NAME|WHEEL",
    help="A further package to install; may be repeated.",
)
@click.option(
    "--source",
    type=click.Choice(["local", "index"]),
    default="local",
    help="Take packages as they are installed here (the default), or from pip's index.",
)
@click.option("--user", help="User or UID the container runs as, such as 1000.")
@click.option(
    "--pull",
    type=click.Choice(["never", "missing", "always"]),
    default="missing",
    help="Whether to pull the base image (default: missing).",
)
@click.option(
    "--platform", metavar="OS/ARCH", help="Platform to build for, such as linux/arm64."
)
@click.option(
    "--no-check",
    is_flag=True,
    help="Do not check at the end that the task loads in it.",
)
@click.option(
    "--containerfile-only", is_flag=True, help="Write its Containerfile; build nothing."
)
@settings_flags(where="of the task")
def command(
    target: str,
    form: str | None,
    output: Path | None,
    base: str | None,
    user: str | None,
    *,
    containerfile_only: bool,
    no_check: bool,
    **said: Any,
) -> ExitStatus:
    """Build an image that a task runs in.

    It contains the task's runtime, the packages that the task imports in the versions
    that are installed here, and modules of your own. The build has no network.
    """
    from kit.images.image import build_image, containerfile
    from kit.targets import load_task
    from kit.template.serialize import LOCAL_SETTINGS

    options = {name: said.pop(name) for name in _OPTIONS}
    settings = LOCAL_SETTINGS.replace(**given(said))
    if containerfile_only:
        with prints_to_stderr():
            task = load_task(target)
            text = containerfile(task, base=base, user=user, settings=settings)
        write_data(text.encode(), output)
        return ExitStatus.OK
    form = form_of(form, output, message="An image")
    with prints_to_stderr():
        task = load_task(target)
    built = build_image(
        task,
        options.pop("tag"),
        base=base,
        user=user,
        settings=settings,
        check=not no_check,
        on_line=_print_line,
        **options,
    )
    write_result(
        form,
        output,
        summary=lambda: _summary(built, target),
        document=lambda: _document(built),
    )
    return ExitStatus.OK


_OPTIONS = ("tag", "packages", "source", "pull", "platform")


def _print_line(line: str) -> None:
    from kit.escape import visible

    click.echo(visible(line), err=True)


def _summary(built: BuiltImage, target: str) -> Summary:
    from kit.display.of_reports import summarize_image

    return summarize_image(built, target=target)


def _document(built: BuiltImage) -> dict[str, object]:
    import dataclasses

    document = dataclasses.asdict(built)
    for name in ("packages", "modules", "notes"):
        document[name] = list(document[name])
    return document
