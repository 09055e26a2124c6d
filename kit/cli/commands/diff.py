"""``kit diff``: show what differs between two tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.cli.app import ExitStatus, report
from kit.cli.completion import TaskTarget
from kit.cli.inputs import given, settings_flags
from kit.cli.output import form_of, output_flags, prints_to_stderr, write_result
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.difference.diff import Difference
    from kit.display.summary import Summary


_SAME, _DIFFERENT, _TROUBLE = 0, 1, 2

_EPILOG = """\b
Examples:
  kit diff v1.pb tasks.py:load
  kit diff git:HEAD~1:tasks.py:load tasks.py:load
  kit diff package.tgz::etl.load tasks.py:load --format json
  kit diff v1.pb tasks.py:load -o changes.html

Exit status, as of diff: 0 nothing differs; 1 something does; 2 trouble; 130 Ctrl-C.
"""


@click.command("diff", epilog=_EPILOG, params=[*output_flags()])
@click.argument("old", type=TaskTarget(files=True))
@click.argument("new", type=TaskTarget(files=True))
@settings_flags(where="of the task (default: the file's)")
def command(
    old: str,
    new: str,
    form: str | None,
    output: Path | None,
    **settings: str | None,
) -> int:
    """Show what differs between two tasks, and what that means.

    OLD and NEW are tasks (module:task or path/to/file.py:task), template files (.pb,
    .json, .yaml, .pbtxt), tasks of a package (package.tgz::task), or tasks of a git
    revision (git:REVISION:path/module.py:task), whose module is imported by a process
    of its own, with your permissions.

    Values whose names look secret, such as DB_PASSWORD, are compared but not shown.
    """
    form = form_of(form, output, message="A difference")
    try:
        with prints_to_stderr():
            difference = _compare(old, new, given(settings))
        write_result(
            form,
            output,
            summary=lambda: _summary(difference),
            document=difference.to_json,
        )
    except KitError as error:
        status = ExitStatus(_TROUBLE)
        return report(error, status, detail=getattr(error, "detail", ""))
    return _DIFFERENT if difference else _SAME


def _compare(old: str, new: str, settings: dict[str, str]) -> Difference:
    from kit.difference.diff import compare_sides
    from kit.difference.sources import read_sides

    return compare_sides(*read_sides(new, old, replaced=settings))


def _summary(difference: Difference) -> Summary:
    from kit.display.of_reports import summarize_difference

    return summarize_difference(difference)
