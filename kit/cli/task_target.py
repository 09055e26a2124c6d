"""The words that name a task, or a file of one, and what a shell makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from kit.cli.task_names import file_of, tasks_in

__all__ = ["TEMPLATES", "TaskTarget"]

TEMPLATES = (".pb", ".json", ".yaml", ".yml", ".pbtxt")
"""The endings of files that hold a template."""


class TaskTarget(click.types.StringParamType):
    """``module:task`` or ``path/to/file.py:task``, completed from the files there.

    Args:
        files: Endings of the files that may stand for a task.
    """

    def __init__(self, files: tuple[str, ...] = ()) -> None:
        self._files = files

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - idem
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete folders, files, and the tasks of Python files."""
        place, colon, _ = incomplete.partition(":")
        words = _tasks(place, file_of(place)) if colon else self._in_folder(place)
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    def _in_folder(self, place: str) -> Iterator[str]:
        """Yield what is in a folder: tasks, files, and folders to go into."""
        folder, slash, _ = place.rpartition("/")
        try:
            entries = sorted(Path(folder or slash or ".").iterdir())
        except OSError:
            return
        for entry in entries:
            word = f"{folder}{slash}{entry.name}"
            if not word.startswith(place) or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield f"{word}/"
            elif entry.suffix == ".py":
                yield from _tasks(word, entry)
            elif entry.name.endswith(self._files):
                yield word


def _tasks(place: str, file: Path) -> Iterator[str]:
    return (f"{place}:{task}" for task in tasks_in(file))
