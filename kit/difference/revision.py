"""A task as a module of a git revision defines it.

The module is imported by a process of its own, from a folder that has the revision's
Python files and is deleted afterwards; nothing is checked out, and this process runs
none of that code.  It is still code that runs as you: compare with revisions of
repositories that you would run.
"""

from __future__ import annotations

import os
import pickle
import re
import sys
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flyteidl.admin.task_pb2 import TaskSpec

from kit.definition.settings import SerializationSettings
from kit.difference.git_files import Repository, open_repository
from kit.errors import RevisionError, SideError
from kit.runners.environment import inherited_environment, python_path
from kit.runners.process import Process

__all__ = ["Revision", "parse_revision", "task_of_revision"]

_FORM = re.compile(r"git:(?P<revision>.+?):(?P<path>[^:]+\.py)(?::(?P<task>[\w.]+))?")
_SECONDS = 60
_SHOWN_LINES = 12
_CHILD = "kit.difference.revision_child"


@dataclass(frozen=True)
class Revision:
    """Where a task is: ``git:REVISION:path/module.py:task``.

    Attributes:
        revision: Whatever git takes as one: a commit, a branch, ``HEAD~2``.
        path: The module's path, from the current folder or absolute.
        task: The task's name in the module; empty if it is the only one.
    """

    revision: str
    path: str
    task: str


def parse_revision(text: str) -> Revision:
    """Read ``git:REVISION:path/module.py:task``.

    Raises:
        SideError: It is not of that form.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        msg = (
            f"{text!r} names no task of a git revision: write "
            "git:REVISION:path/module.py:task, as in git:HEAD~1:tasks.py:load."
        )
        raise SideError(msg)
    return Revision(found["revision"], found["path"], found["task"] or "")


def task_of_revision(revision: Revision, settings: SerializationSettings) -> TaskSpec:
    """Return what the task of a revision is, with these settings.

    Raises:
        RevisionError: There is no such repository, revision, file or task, or its
            module cannot be imported; the last lines it wrote are told.
    """
    repository = open_repository(Path.cwd())
    path = _path_in(repository, revision.path)
    files = repository.python_files(repository.commit(revision.revision))
    if path not in files:
        msg = f"The git revision {revision.revision!r} has no file {str(path)!r}."
        raise RevisionError(msg)
    root = path.parent
    while root / "__init__.py" in files:
        root = root.parent
    parts = path.relative_to(root).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    beside = {name: blob for name, blob in files.items() if root in name.parents}
    with tempfile.TemporaryDirectory(prefix="kit-revision-") as folder:
        tree, work = Path(folder, "tree"), Path(folder, "work")
        work.mkdir()
        repository.write(beside, tree)
        (work / "settings").write_bytes(pickle.dumps(settings))
        words = [str(tree / root), str(repository.top / root), module, revision.task]
        _run_child(words, work)
        return TaskSpec.FromString((work / "spec.pb").read_bytes())


def _path_in(repository: Repository, path: str) -> PurePosixPath:
    """Return a path as git has it: from the repository's outermost folder."""
    whole = Path(os.path.normpath(repository.top / repository.prefix / path))
    if Path(path).is_absolute():
        whole = Path(path).resolve()
    try:
        return PurePosixPath(whole.relative_to(repository.top).as_posix())
    except ValueError as error:
        msg = f"{path!r} is not in the git repository {repository.top}."
        raise RevisionError(msg) from error


def _run_child(words: list[str], folder: Path) -> None:
    """Let another interpreter import the module and write its task's spec."""
    lines: deque[str] = deque(maxlen=_SHOWN_LINES)
    environment = {**inherited_environment(os.environ), "PYTHONPATH": python_path()}
    with Process(
        [sys.executable, "-m", _CHILD, *words],
        cwd=folder,
        env=environment,
        on_line=lambda line: lines.append(line.text),
    ) as process:
        done = process.wait(_SECONDS)
    if done.status == 0 and (folder / "spec.pb").is_file():
        return
    ended = f"after {_SECONDS} s" if done.stopped else f"with status {done.status}"
    said = "\n".join(lines)
    msg = f"The module {words[2]} of the revision gives no task: it ended {ended}."
    raise RevisionError(f"{msg}\n{said}".rstrip())
