"""The archive of registered tasks that flytectl takes."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterable
from typing import Any

from kit.definition.settings import SerializationSettings
from kit.errors import ExportError
from kit.task.task import PythonCustomizedContainerTask
from kit.template.serialize import task_spec

Task = PythonCustomizedContainerTask[Any]


def archive_members(
    tasks: Iterable[Task], settings: SerializationSettings
) -> dict[str, bytes]:
    """Return the archive's files by their names.

    Raises:
        ExportError: Two tasks have one name.
        DefinitionError: The template of a task cannot be made.
    """
    by_name: dict[str, Task] = {}
    for task in tasks:
        if task.name in by_name:
            msg = (
                f"Two tasks are named {task.name!r}, and Flyte registers one by that "
                "name. Give one another name."
            )
            raise ExportError(msg)
        by_name[task.name] = task
    digits = len(str(len(by_name) - 1))  # as flytekit pads them
    return {
        f"{index:0{digits}}_{_plain(name)}_1.pb": _spec(task, settings)
        for index, (name, task) in enumerate(by_name.items())
    }


def archive(members: dict[str, bytes]) -> bytes:
    """Return a ``.tgz`` of files, the same for the same files at any time."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(members):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(members[name]), 0o644
            tar.addfile(entry, io.BytesIO(members[name]))
    return packed.getvalue()


def _plain(name: str) -> str:
    """Return a task's name as part of a file's: flytectl reads it from inside."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)[:200]


def _spec(task: Task, settings: SerializationSettings) -> bytes:
    return task_spec(task, settings).SerializeToString(deterministic=True)
