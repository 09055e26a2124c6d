"""A folder among the outputs, as a tree of its files with their sizes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.display.outputs.content import local_source
from kit.display.summary import Finding, Item, Tree, size_text
from kit.storage.redaction import redacted

__all__ = ["Listing", "folder_items", "folder_text", "listing_of"]

_MOST_ENTRIES = 500
_DEEPEST = 12
_REST = "…"


class Listing:
    """What is in a folder, read once and within bounds; links are not followed.

    Attributes:
        tree: Names with the sizes of files in bytes, or with what is in folders.
        files: The files, by their paths below the folder.
        size: Of all files that were counted, in bytes.
        is_whole: Whether nothing was left out.
    """

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Path] = {}
        self.size = 0
        self.is_whole = True
        self._left = _MOST_ENTRIES
        self.tree: dict[str, Any] = self._read(folder, "", 0)

    @property
    def text(self) -> str:
        """Its size as a reader wants it."""
        count = len(self.files)
        more = "" if self.is_whole else "more than "
        files = "file" if count == 1 and self.is_whole else "files"
        return f"{more}{count:,} {files}, {more}{size_text(self.size)}"

    def _read(self, folder: Path, above: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            return {_REST: f"cannot be read: {error.strerror}"}
        for entry in entries:
            if self._left <= 0 or depth > _DEEPEST:
                self.is_whole = False
                made[_REST] = f"{len(entries) - len(made):,} more are not shown"
                break
            self._left -= 1
            try:
                made[_named(entry)] = self._entry(entry, above, depth)
            except OSError as error:
                made[entry.name] = f"cannot be read: {error.strerror}"
        return made

    def _entry(self, entry: os.DirEntry[str], above: str, depth: int) -> Any:
        if entry.is_symlink():
            return "a link, which is not followed"
        if entry.is_dir():
            return self._read(Path(entry.path), f"{above}{entry.name}/", depth + 1)
        if not entry.is_file():
            return "no regular file"
        size = entry.stat().st_size
        self.size += size
        self.files[f"{above}{entry.name}"] = Path(entry.path)
        return size


def _named(entry: os.DirEntry[str]) -> str:
    is_folder = entry.is_dir(follow_symlinks=False)
    return f"{entry.name}/" if is_folder else entry.name


def listing_of(value: Any) -> Listing | None:
    """Return what is in a folder; None if it is not on this machine."""
    path = local_source(value)
    return Listing(path) if path is not None and path.is_dir() else None


def folder_text(value: Any) -> str:
    """Say what a folder is: how many files it has, and their size."""
    if local_source(value) is None:
        return f"{redacted(value.remote_source)}, not downloaded"
    listing = listing_of(value)
    return listing.text if listing else "a folder that is not there"


def folder_items(name: str, value: Any) -> Iterator[Item]:
    """Yield the tree of a folder."""
    listing = listing_of(value)
    if listing is None:
        return
    if listing.tree:
        yield Tree(listing.tree, f"{name}: {listing.text}; sizes in bytes")
    else:
        yield Finding("note", f"{name}: the folder is empty.")
