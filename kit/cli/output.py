"""Write what a command found: as text, a page, data, or a message; to where it is told.

Every command that shows something has the same two flags, ``--format`` and
``--output``, and each format holds the same facts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kit.display.summary import Summary

VIEWS = ("text", "html")
DATA = ("json", "yaml")
MESSAGES = ("pbtxt", "pb")

_FORMATS = (*VIEWS, *DATA, *MESSAGES)
_ENDINGS = {"yml": "yaml", "txt": "text", "htm": "html"}


def output_flags(*, messages: bool = False) -> list[click.Option]:
    """Make ``--format`` and ``--output``.

    Args:
        messages: Whether help names :data:`MESSAGES`, for what has those forms.
    """
    named = _FORMATS if messages else (*VIEWS, *DATA)
    return [
        click.Option(
            ["--format", "form"],
            type=click.Choice(_FORMATS),  # all: form_of says what has the others
            metavar=f"[{'|'.join(named)}]",
            help="How to write it (default: text, or by the ending of --output).",
        ),
        click.Option(
            ["-o", "--output", "output"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write to this file.",
        ),
    ]


def form_of(form: str | None, output: Path | None, *, message: str = "") -> str:
    """Return the format that is meant.

    Args:
        form: What ``--format`` says, if it was given.
        output: What ``--output`` says, whose ending tells it otherwise.
        message: What is written, where that is no protobuf message.

    Raises:
        UsageError: The ending tells none, or what is written has no such form.
    """
    chosen = form or _form_of_ending(output)
    if message and chosen in MESSAGES:
        names = ", ".join((*VIEWS, *DATA))
        msg = (
            f"{message} is no protobuf message, as {chosen!r} would have it: take one "
            f"of {names}. The task's own message is written by 'kit show'."
        )
        raise click.UsageError(msg)
    return chosen


def _form_of_ending(output: Path | None) -> str:
    if output is None:
        return "text"
    ending = output.suffix.removeprefix(".").lower()
    ending = _ENDINGS.get(ending, ending)
    if ending not in _FORMATS:
        msg = f"'{output}' does not say which format: end it in .json or give --format."
        raise click.UsageError(msg)
    return ending


def write_result(
    form: str,
    output: Path | None,
    *,
    summary: Callable[[], Summary],
    document: Callable[[], object] = dict,
    details: bool = False,
) -> None:
    """Write a view of something, or its data.

    Args:
        form: One of :data:`VIEWS` or :data:`DATA`.
        output: The file, replaced whole or not at all; standard output by default.
        summary: Makes what views show.
        document: Makes what data holds, of plain values.
        details: Whether text shows what is folded, too.

    Raises:
        StorageError: The file cannot be written.
    """
    if form == "text" and output is None:
        from kit.display.console import print_summary

        print_summary(summary(), details=details)
        return
    _write(_text(form, summary, document, details=details), output)


def _text(
    form: str,
    summary: Callable[[], Summary],
    document: Callable[[], object],
    *,
    details: bool,
) -> str:
    if form == "html":
        from kit.display.html import page

        return page(summary())
    if form == "text":
        from kit.display.console import plain_text

        return plain_text(summary(), details=details) + "\n"
    if form == "yaml":
        import yaml

        return yaml.safe_dump(document(), sort_keys=False, allow_unicode=True)
    return json.dumps(document(), indent=2, ensure_ascii=True) + "\n"


def _write(text: str, output: Path | None) -> None:
    from kit.storage import write_bytes

    data = text.encode(errors="backslashreplace")
    if output is None:
        click.echo(data, nl=False)
    else:
        write_bytes(str(output), data)
