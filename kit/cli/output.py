"""The results of commands: as text, HTML, data or a message; to stdout or a file.

Every command that shows something has the same two flags, ``--format`` and
``--output``, and each format has the same facts. Standard output has nothing else: what
the code of a task prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

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
        messages: Whether the help lists :data:`MESSAGES`.
    """
    named = _FORMATS if messages else (*VIEWS, *DATA)
    return [
        click.Option(
            ["--format", "form"],
            type=click.Choice(_FORMATS),  # all: form_of explains what has them
            metavar=f"[{'|'.join(named)}]",
            help="How to write it (default: text, or by the ending of --output).",
        ),
        click.Option(
            ["-o", "--output", "output"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write to this file.",
        ),
    ]


def is_text_here(form: str, output: Path | None) -> bool:
    """Return whether a result is text on standard output, after a task's own lines."""
    return form == "text" and output is None


def form_of(form: str | None, output: Path | None, *, message: str = "") -> str:
    """Return the format that is meant.

    Args:
        form: The value of ``--format``, if it was given.
        output: The value of ``--output``, whose ending decides otherwise.
        message: What is written, if it is not a protobuf message.

    Raises:
        UsageError: The ending is unknown, or what is written has no such format.
    """
    chosen = form or _form_of_ending(output)
    if message and chosen in MESSAGES:
        names = ", ".join((*VIEWS, *DATA))
        msg = (
            f"{message} is not a protobuf message and cannot be written as {chosen!r}: "
            f"use one of {names}. 'kit show' writes the task's own message."
        )
        raise click.UsageError(msg)
    return chosen


def _form_of_ending(output: Path | None) -> str:
    if output is None:
        return "text"
    ending = output.suffix.removeprefix(".").lower()
    ending = _ENDINGS.get(ending, ending)
    if ending not in _FORMATS:
        msg = f"'{output}' has no known ending: end it in .json, or pass --format."
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
        document: Makes the data, of plain values.
        details: Whether text shows what is folded, too.

    Raises:
        StorageError: The file cannot be written.
    """
    if form == "text" and output is None:
        from kit.display.console import print_summary

        print_summary(summary(), details=details)
        return
    text = _text(form, summary, document, details=details)
    write_data(text.encode(errors="backslashreplace"), output)


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


@contextlib.contextmanager
def prints_to_stderr() -> Iterator[None]:
    """Send what is printed meanwhile to standard error, by child processes too."""
    sys.stdout.flush()
    with contextlib.redirect_stdout(sys.stderr), _stdout_as_stderr():
        yield


@contextlib.contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Let the descriptor of standard output be that of standard error."""
    streams = sys.__stdout__, sys.__stderr__
    try:
        out, err = (cast("TextIO", stream).fileno() for stream in streams)
        saved = os.dup(out)
    except (AttributeError, OSError, ValueError):  # one of them is closed
        yield
        return
    os.dup2(err, out)
    try:
        yield
    finally:
        cast("TextIO", sys.__stdout__).flush()
        os.dup2(saved, out)
        os.close(saved)


def write_data(data: bytes, output: Path | None) -> None:
    """Write bytes to a file, whole or not at all, or to standard output.

    Raises:
        StorageError: The file cannot be written.
    """
    from kit.storage import write_bytes

    if output is not None:
        write_bytes(str(output), data)
    elif sys.stdout.isatty():
        click.echo(_for_a_terminal(data), nl=False)
    else:
        click.echo(data, nl=False)


def _for_a_terminal(data: bytes) -> str | bytes:
    r"""Escape what a terminal would obey, as JSON and YAML do: ``\u202e``."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    shown = (c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)
    return "".join(shown)
