"""The sides of a diff: tasks, files, packages and git revisions, as templates."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from flyteidl.admin.description_entity_pb2 import DescriptionEntity
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.settings import SerializationSettings
from kit.difference.history import PastDefinition
from kit.errors import RevisionError, TargetError
from kit.runners.environment import inherited_environment, python_path
from kit.runners.process import Process
from kit.targets import parse_target, read_target
from kit.task.flytekit_task import adapted
from kit.task.task import PythonCustomizedContainerTask
from kit.template.files import TemplateMessage, decode_message, template_of
from kit.template.serialize import LOCAL_SETTINGS, task_spec

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
        TargetError: It is not of that form.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        msg = (
            f"{text!r} names no task of a git revision: write "
            "git:REVISION:path/module.py:task, as in git:HEAD~1:tasks.py:load."
        )
        raise TargetError(msg)
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


_MOST_FILES = 5_000
_MOST_PYTHON_BYTES = 64 * 2**20
_REGULAR = ("100644", "100755")
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}


@dataclass(frozen=True)
class Blob:
    """A file of a revision.

    Attributes:
        object_id: Its name in git's store.
        size: Its size in bytes.
    """

    object_id: str
    size: int


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Attributes:
        top: Its outermost folder.
        prefix: The folder that relative paths start from, below ``top``.
    """

    top: Path
    prefix: str

    def commit(self, revision: str) -> str:
        """Return the id of the commit that a revision names.

        Raises:
            RevisionError: It names none.
        """
        if revision.startswith("-"):
            msg = f"{revision!r} is no git revision: those do not start with a dash."
            raise RevisionError(msg)
        words = ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
        done = _git(self.top, words)
        if done.returncode:
            msg = (
                f"{self.top} has no git revision {revision!r}. Name a commit, branch "
                "or tag that is there; `git fetch` gets those of a remote."
            )
            raise RevisionError(msg)
        return done.stdout.decode().strip()

    def python_files(self, commit: str) -> dict[PurePosixPath, Blob]:
        """Return the regular Python files of a commit by path."""
        words = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit]
        found = {}
        for entry in os.fsdecode(_checked(self.top, words)).split("\0"):
            description, _, name = entry.partition("\t")
            if name.endswith(".py") and description.startswith(_REGULAR):
                _, _, object_id, size = description.split()
                found[PurePosixPath(name)] = Blob(object_id, int(size))
        return found

    def write(self, files: Mapping[PurePosixPath, Blob], folder: Path) -> None:
        """Write files of the store into a folder.

        Raises:
            RevisionError: There are too many, or they are too large; or a path leads
                out of the folder.
        """
        size = sum(blob.size for blob in files.values())
        if len(files) > _MOST_FILES or size > _MOST_PYTHON_BYTES:
            msg = (
                f"There are {len(files):,} Python files of {size:,} bytes next to the "
                f"module: at most {_MOST_FILES:,} of {_MOST_PYTHON_BYTES:,} bytes are "
                "taken out of a revision. Put it into a package, or compare "
                "with a template file made there: kit show TASK -o task.pb."
            )
            raise RevisionError(msg)
        for path in files:
            if path.is_absolute() or ".." in path.parts:
                msg = f"The revision has a path out of its folder: {str(path)!r}."
                raise RevisionError(msg)
        contents = self._contents(list(files.values()))
        for path, content in zip(files, contents, strict=True):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _contents(self, blobs: Sequence[Blob]) -> list[bytes]:
        request = "".join(f"{blob.object_id}\n" for blob in blobs).encode()
        data = _checked(self.top, ["cat-file", "--batch"], request)
        contents, start = [], 0
        for blob in blobs:
            start = data.index(b"\n", start) + 1
            contents.append(data[start : start + blob.size])
            start += blob.size + 1
        return contents


def open_repository(folder: Path) -> Repository:
    """Find the repository that a folder is in.

    Raises:
        RevisionError: It is in none, or git is not installed.
    """
    done = _git(folder, ["rev-parse", "--show-toplevel", "--show-prefix"])
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise RevisionError(f"{folder} is in no git repository: {words}.")
    top, _, prefix = os.fsdecode(done.stdout).partition("\n")
    return Repository(Path(top), prefix.removesuffix("\n"))


def _checked(folder: Path, words: list[str], request: bytes = b"") -> bytes:
    done = _git(folder, words, request)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise RevisionError(f"git {words[0]} failed in {folder}: {said}.")
    return done.stdout


def _git(
    folder: Path, words: list[str], request: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--no-pager", "-C", str(folder), *words]
    try:
        return subprocess.run(  # noqa: S603 - git's own reading commands
            command,
            input=request,
            capture_output=True,
            env={**os.environ, **_QUIET},
            check=False,
        )
    except OSError as error:
        msg = f"git cannot be run ({error}). Install it, or compare with a file."
        raise RevisionError(msg) from error


@dataclass(frozen=True)
class Side:
    """One side of a diff.

    Attributes:
        label: What it is, in a few words.
        template: A copy of its template.
        docs: What is registered with it; ``None`` if the side does not say.
        defaults: Inputs that have a default value in Python.
    """

    label: str
    template: TaskTemplate
    docs: DescriptionEntity | None = None
    defaults: frozenset[str] = frozenset()


Unmade = Callable[[SerializationSettings], Side]
"""A side that settings make: those of a task, here or in a git revision."""


def read_sides(
    new: Any,
    old: Any,
    settings: SerializationSettings | None = None,
    *,
    replaced: Mapping[str, Any] | None = None,
) -> tuple[Side, Side]:
    """Read both sides of a diff.

    Args:
        new: A task, TaskTemplate, TaskSpec, bytes, an earlier definition of this
            session, ``module:task``, a template file, ``package.tgz::task``, or
            ``git:REVISION:path/module.py:task``.
        old: The same.
        settings: What tasks are serialized with.  By default those of a local call,
            with the project, domain and version of the other side if that has its own.
        replaced: Fields of the settings to take in place of those.

    Raises:
        TargetError: A side is none of these.
        StorageError: A file cannot be read.
        TemplateError: A file or bytes hold no template.
        DefinitionError: A task cannot be serialized.
    """
    sources = [_source(new), _source(old)]
    made = [source for source in sources if isinstance(source, Side)]
    chosen = settings or _settings_like(made[0] if made else None)
    chosen = chosen.replace(**(replaced or {}))
    first, second = (s if isinstance(s, Side) else s(chosen) for s in sources)
    return first, second


def _settings_like(side: Side | None) -> SerializationSettings:
    """Return settings that put a task where another one is registered."""
    if side is None:
        return LOCAL_SETTINGS
    place = side.template.id
    return LOCAL_SETTINGS.replace(
        project=place.project, domain=place.domain, version=place.version
    )


def _source(thing: Any) -> Side | Unmade:
    thing = adapted(thing)
    if isinstance(thing, PythonCustomizedContainerTask):
        return lambda settings: _of_task(thing, settings)
    if isinstance(thing, str | os.PathLike):
        return _of_text(os.fspath(thing))
    if isinstance(thing, PastDefinition):
        label = f"definition {thing.number} of {thing.name}"
        return _of_message(decode_message(thing.data, "pb", label), label)
    if isinstance(thing, bytes | bytearray | memoryview):
        data = bytes(thing)
        return _of_message(decode_message(data, "pb", "The bytes"), "bytes")
    message = thing.to_flyte_idl() if hasattr(thing, "to_flyte_idl") else thing
    if isinstance(message, TaskTemplate | TaskSpec):
        return _of_message(message, f"a {type(message).__name__}")
    msg = (
        f"A {type(thing).__name__} is no side of a diff: {thing!r:.80}. Give a task, a "
        "TaskTemplate, a TaskSpec, bytes, a template file, package.tgz::task, or "
        "git:REVISION:path/module.py:task."
    )
    raise TargetError(msg)


def _of_task(task: Any, settings: SerializationSettings) -> Side:
    defaults = frozenset(task.python_interface.default_inputs_as_kwargs)
    return _of_message(task_spec(task, settings), f"task {task.name}", defaults)


def _of_text(text: str) -> Side | Unmade:
    target = parse_target(text)
    if target.kind == "revision":
        return _of_revision(text)
    found = read_target(target)
    if isinstance(found, PythonCustomizedContainerTask):
        return lambda settings: _of_task(found, settings)
    return _of_message(found, text)


def _of_revision(text: str) -> Unmade:
    revision = parse_revision(text)
    return lambda settings: _of_message(task_of_revision(revision, settings), text)


def _of_message(
    message: TemplateMessage, label: str, defaults: frozenset[str] = frozenset()
) -> Side:
    template = TaskTemplate()
    template.CopyFrom(template_of(message))
    docs = message.description if isinstance(message, TaskSpec) else None
    return Side(label, template, docs, defaults)
