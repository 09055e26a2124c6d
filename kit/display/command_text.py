"""A command over several lines that a shell takes as one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["command_text"]

_HARMLESS = re.compile(r"[\w@%+=:,./{}-]+\Z", re.ASCII)


def command_text(
    words: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> str:
    r"""Write a command with one option to a line.

    Args:
        words: Program and arguments; macros such as ``{{.input}}`` stay as they are.
        environment: Variables to set for it.

    >>> print(command_text(["run", "--in", "{{.input}}", "--", "a b"]))
    run \
      --in {{.input}} \
      -- \
      'a b'
    """
    if not words:
        return ""
    groups = [*_variables(environment or {}), *_options(words)]
    return " \\\n  ".join(" ".join(map(_quoted, group)) for group in groups)


def _variables(environment: Mapping[str, str]) -> Iterable[list[str]]:
    if environment:
        yield ["env"]
    for name, value in environment.items():
        yield [f"{name}={value}"]


def _options(words: Sequence[str]) -> Iterable[list[str]]:
    """Put a value on the line of its option, up to the ``--`` after which all are."""
    group: list[str] = []
    takes_value = False
    for index, word in enumerate(words):
        if word == "--":
            yield group
            yield from ([rest] for rest in words[index:])
            return
        if word.startswith("-") or not (takes_value or index == 0):
            if group:
                yield group
            group = []
        group.append(word)
        takes_value = word.startswith("-")
    yield group


def _quoted(word: str) -> str:
    return word if _HARMLESS.match(word) else shlex.quote(word)
