"""What an engine builds an image of: one tar file, the same for the same files."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Mapping
from typing import IO

from kit.authoring.container_image.layer import Layer

__all__ = ["CONTAINERFILE", "context_archive"]

CONTAINERFILE = "Containerfile"

_IN_MEMORY = 32 * 2**20
_TIME = 315_532_800  # 1980, the first that zip files know


def context_archive(
    text: str, layers: Mapping[str, Layer], tag: str | None
) -> IO[bytes]:
    """Return the tar file; all in it is root's, and for everyone to read.

    Args:
        text: The Containerfile.
        layers: Files by the name of their folder.
        tag: What the names of compiled files have in them; None leaves them out.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_file(tar, CONTAINERFILE, text.encode(), is_program=False)
        for folder, layer in layers.items():
            known: set[str] = set()
            _add_folders(tar, f"{folder}/", known)
            for name, data, is_program in layer.contents(tag):
                _add_folders(tar, f"{folder}/{name}", known)
                _add_file(tar, f"{folder}/{name}", data, is_program=is_program)
    file.seek(0)
    return file


def _add_folders(tar: tarfile.TarFile, name: str, known: set[str]) -> None:
    """Add the folders above a file, which have modes of their own."""
    steps = name.split("/")[:-1]
    for end in range(1, len(steps) + 1):
        folder = "/".join(steps[:end])
        if folder not in known:
            known.add(folder)
            info = tarfile.TarInfo(folder)
            info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, _TIME
            tar.addfile(info)


def _add_file(
    tar: tarfile.TarFile, name: str, data: bytes, *, is_program: bool
) -> None:
    info = tarfile.TarInfo(name)
    info.mode = 0o755 if is_program else 0o644
    info.size, info.mtime = len(data), _TIME
    tar.addfile(info, io.BytesIO(data))
