"""Tasks in packages for ``flytectl register files``: archives of serialized tasks."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from kit.errors import TargetError, TemplateError, nearest
from kit.storage import read_bytes
from kit.template.files import TemplateMessage, decode_message, template_of
from kit.template.view import MAX_TEMPLATE_BYTES

_ENDINGS = (".tgz", ".tar.gz", ".tar")
_OTHER_ENTITY = re.compile(r"_[23]\.pb$")
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 256 * 2**20
"""Of an archive, and of what is in it: more is not read."""


def is_package(path: str) -> bool:
    """Tell whether a path names a package by its ending."""
    return path.lower().endswith(_ENDINGS)


def read_package_task(path: str, name: str = "") -> TemplateMessage:
    """Read a task out of a package.

    Args:
        path: The archive: a path, or any URL that fsspec knows.
        name: The task's name; not needed if there is only one task.

    Raises:
        StorageError: The archive cannot be read.
        TargetError: It has no such task, or several and none is named.
        TemplateError: It is no archive, or holds more than is read.
    """
    tasks = dict(_tasks(path))
    if name in tasks:
        return tasks[name]
    if not name and len(tasks) == 1:
        return next(iter(tasks.values()))
    offered = ", ".join(f"{path}::{task}" for task in sorted(tasks))
    if not tasks:
        msg = f"{path} has no tasks in it: a task is a member that ends in _1.pb."
    elif name:
        msg = f"{path} has no task {name!r}.{nearest(name, tasks)} It has: {offered}."
    else:
        msg = f"{path} has {len(tasks)} tasks; say which: {offered}."
    raise TargetError(msg)


def _tasks(path: str) -> Iterator[tuple[str, TemplateMessage]]:
    for member, data in _members(path):
        source = f"{member} in {path}"
        message = decode_message(data, "pb", source)
        yield template_of(message).id.name, message


def _members(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of what may be tasks; nothing is written anywhere."""
    data = _unzipped(read_bytes(path, limit=_MOST_BYTES), path)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                file = archive.extractfile(member) if _may_be_task(member) else None
                if file is not None:
                    yield member.name, file.read(MAX_TEMPLATE_BYTES + 1)
    except tarfile.TarError as error:
        msg = f"{path} is no package: {error}."
        raise TemplateError(msg) from error


def _unzipped(data: bytes, path: str) -> bytes:
    """Return an archive without gzip around it, and never more than is allowed."""
    if not data.startswith(_GZIP):
        return data
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        msg = f"{path} is no package: it is damaged: {error}."
        raise TemplateError(msg) from error
    if not unzip.eof:
        why = "holds too much" if unzip.unconsumed_tail else "is cut off"
        msg = f"{path} is no package: it {why} ({len(plain):,} bytes were read)."
        raise TemplateError(msg)
    return plain


def _may_be_task(member: tarfile.TarInfo) -> bool:
    name = PurePosixPath(member.name).name
    return member.isfile() and name.endswith(".pb") and not _OTHER_ENTITY.search(name)
