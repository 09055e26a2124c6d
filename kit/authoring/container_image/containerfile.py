"""The text that an engine builds a task's image by."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kit.errors import CallError

__all__ = ["HOME", "LABEL", "check_user", "containerfile_text"]

HOME = "/opt/kit"
LABEL = "kit.image"

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?"


def containerfile_text(
    task: str, base: str, folders: Iterable[str], user: str | None
) -> str:
    """Return the text of a Containerfile.

    It runs nothing: any builder can carry it out, without a network, on any base that
    has Python.

    Args:
        task: The task's name.
        base: The base image.
        folders: What is copied, the one that changes least first.
        user: Who runs in it; None leaves it to the base image.
    """
    lines = [
        f"# An image for the task {_line(task)}, written by kit.",
        f"FROM {base}",
        f'LABEL {LABEL}="true"',
        f'ENV PATH="{HOME}/bin:${{PATH:-{_DEFAULT_PATH}}}"',
        f'ENV PYTHONPATH="{HOME}/site${{PYTHONPATH:+:$PYTHONPATH}}"',
        "# What changes least comes first, so that engines need not copy it again.",
        *(f"COPY {folder}/ {HOME}/" for folder in folders),
        f"LABEL kit.task={_quoted(task)}",
        *([f"USER {user}"] if user else []),
    ]
    return "\n".join(lines) + "\n"


def check_user(user: object) -> None:
    """Refuse what is no user's name or number.

    Raises:
        CallError: Saying what one is.
    """
    if user is None or (isinstance(user, str) and re.fullmatch(_USER, user)):
        return
    msg = f"user must be a name or number such as '1000' or '1000:1000', got {user!r}."
    raise CallError(msg)


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"$])', r"\\\1", _line(text)) + '"'
