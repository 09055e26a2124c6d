"""``kit diff``: what differs between two tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from kit.cli.error import report
from kit.cli.settings_flags import given, settings_flags
from kit.cli.status import ExitStatus
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.difference.difference import Difference

__all__ = ["command"]

_SAME, _DIFFERENT, _TROUBLE = 0, 1, 2

_EPILOG = """\b
Examples:
  kit diff v1.pb tasks.py:load
  kit diff git:HEAD~1:tasks.py:load tasks.py:load
  kit diff package.tgz::etl.load tasks.py:load --format json

Exit status, as of diff: 0 nothing differs; 1 something does; 2 trouble; 130 Ctrl-C.
"""


@click.command("diff", epilog=_EPILOG)
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    help="How to write it (default: text, or by the ending of --output).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file.",
)
@settings_flags(where="of the task (default: the file's)")
def command(
    old: str,
    new: str,
    form: str | None,
    output: Path | None,
    **settings: str | None,
) -> int:
    """Tell what differs between two tasks, and what that means.

    OLD and NEW are tasks (module:task or path/to/file.py:task), template files (.pb,
    .json, .yaml, .pbtxt), tasks of a package (package.tgz::task), or tasks of a git
    revision (git:REVISION:path/module.py:task), whose module is imported by a process
    of its own: it runs as you.

    Values with the name of a secret, such as DB_PASSWORD, are compared and not shown.
    """
    try:
        difference = _compare(old, new, given(settings))
        text = form or ("json" if _is_json(output) else "text")
        _write(difference, text, output)
    except KitError as error:
        status = ExitStatus(_TROUBLE)
        return report(error, status, detail=getattr(error, "detail", ""))
    return _DIFFERENT if difference else _SAME


def _compare(old: str, new: str, settings: dict[str, str]) -> Difference:
    from kit.difference.comparison import compare_sides
    from kit.difference.sides import read_sides

    return compare_sides(*read_sides(_side(new), _side(old), replaced=settings))


def _side(word: str) -> Any:
    """Return a task that is named here, or the word, which names a file or revision."""
    from kit.cli.target import load_task
    from kit.difference.sides import names_side

    return word if names_side(word) else load_task(word)


def _is_json(output: Path | None) -> bool:
    return output is not None and output.suffix.lower() == ".json"


def _write(difference: Difference, form: str, output: Path | None) -> None:
    if form == "json":
        text = json.dumps(difference.to_json(), indent=2, ensure_ascii=False)
        _write_json(f"{text}\n", output)
    else:
        _write_text(difference, output)


def _write_json(text: str, output: Path | None) -> None:
    from kit.storage import write_bytes

    data = text.encode(errors="backslashreplace")
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(str(output), data)


def _write_text(difference: Difference, output: Path | None) -> None:
    from kit.display.console import make_console, print_summary
    from kit.display.difference_summary import summarize_difference

    summary = summarize_difference(difference)
    if output is None:
        print_summary(summary)
        return
    with click.open_file(str(output), "w", encoding="utf-8", atomic=True) as file:
        print_summary(summary, make_console(cast("TextIO", file)))
