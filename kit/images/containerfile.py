"""The Containerfile of a task's image, and the files of its build."""

from __future__ import annotations

import io
import json
import re
import stat
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from kit.errors import CallError
from kit.images.build import CONTAINERFILE, LABEL

SITE = "/opt/kit/site"
_WHEELS = "/opt/kit/wheels"
_EPOCH = 315_532_800
"""1980, for files that do not differ from build to build."""
_IN_MEMORY = 32 * 2**20
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?"
_COMPILE = (
    "import compileall, py_compile as p; compileall.compile_dir('.', quiet=2, "
    "invalidation_mode=p.PycInvalidationMode.UNCHECKED_HASH)"
)
"""Compiled files without times in them, so that an engine reuses an equal layer."""


def containerfile_text(task: str, base: str, user: str | None) -> str:
    """Return the text of a Containerfile.

    Its context has the folder ``wheels``, with pip and a list of what it installs, and
    the folder ``task`` with modules of one's own.  Nothing in it needs a network, a
    shell or the pip of the base image.

    Args:
        task: The task's name.
        base: The base image.
        user: Who runs in it; None leaves it to the base image.
    """
    install = ["python3", f"{_WHEELS}/pip.whl/pip", "install", "--isolated"]
    install += ["--no-index", "--no-deps", "--no-compile", "--target=."]
    install += [f"--find-links={_WHEELS}", f"--requirement={_WHEELS}/requirements.txt"]
    lines = [
        f"# An image for the task {_line(task)}, written by kit.",
        f"FROM {base} AS packages",
        f'LABEL {LABEL}="packages"',
        "USER 0",
        f"WORKDIR {SITE}",
        f"COPY wheels/ {_WHEELS}/",
        f"RUN {json.dumps(install)}",
        f"RUN {json.dumps(['python3', '-c', _COMPILE])}",
        "",
        f"FROM {base}",
        f'LABEL {LABEL}="true"',
        f'ENV PATH="{SITE}/bin:${{PATH:-{_DEFAULT_PATH}}}"',
        f'ENV PYTHONPATH="{SITE}${{PYTHONPATH:+:$PYTHONPATH}}"',
        f"COPY --from=packages {SITE}/ {SITE}/",
        f"COPY task/ {SITE}/",
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


def tree_files(name: str, source: Path) -> dict[str, Path]:
    """Return a file, or all files of a folder but hidden and compiled ones.

    Args:
        name: Its path in a build's context.
        source: The file or folder.
    """
    if source.is_file():
        return {name: source}
    files = {}
    for path in sorted(source.rglob("*")):
        steps = path.relative_to(source).parts
        is_hidden = any(s.startswith(".") or s == "__pycache__" for s in steps)
        if path.is_file() and not is_hidden:
            files["/".join((name, *steps))] = path
    return files


def context_archive(text: str, files: Mapping[str, Path | bytes]) -> IO[bytes]:
    """Return the tar file of a build; all in it is root's, and for everyone to read.

    Args:
        text: The Containerfile.
        files: The other files, by their paths in the context.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(files):
            info = tarfile.TarInfo(folder)
            info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, _EPOCH
            tar.addfile(info)
        for name, source in {CONTAINERFILE: text.encode(), **files}.items():
            data = source if isinstance(source, bytes) else source.read_bytes()
            info = tarfile.TarInfo(name)
            info.mode = 0o755 if _is_program(source) else 0o644
            info.size, info.mtime = len(data), _EPOCH
            tar.addfile(info, io.BytesIO(data))
    file.seek(0)
    return file


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _quoted(text: str) -> str:
    return '"' + re.sub(r'([\\"$])', r"\\\1", _line(text)) + '"'


def _folders(files: Iterable[str]) -> list[str]:
    """Return the folders of a context, which have modes of their own."""
    parents = {str(folder) for name in files for folder in PurePosixPath(name).parents}
    return sorted({"wheels", "task", *parents} - {"."})


def _is_program(source: Path | bytes) -> bool:
    return isinstance(source, Path) and bool(source.stat().st_mode & stat.S_IXUSR)
