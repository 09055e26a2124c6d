"""Python files of a git revision, read without checking anything out.

Only commands that look into the object store are run (``rev-parse``, ``ls-tree``,
``cat-file``): they run no hooks and no filters, and nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kit.errors import RevisionError

__all__ = ["Repository", "open_repository"]

_MOST_FILES = 5_000
_MOST_BYTES = 64 * 2**20
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
        if len(files) > _MOST_FILES or size > _MOST_BYTES:
            msg = (
                f"There are {len(files):,} Python files of {size:,} bytes beside the "
                f"module, more than the {_MOST_FILES:,} of {_MOST_BYTES:,} bytes that "
                "are taken out of a revision. Put it into a package, or compare with a "
                "template file made there: kit show TASK -o task.pb."
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
