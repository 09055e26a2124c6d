"""A file among the outputs: what it is, and what is in it."""

from __future__ import annotations

import json
import mimetypes
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from kit.display.outputs.tables import (
    ArrayRows,
    Rows,
    csv_rows,
    is_array,
    parquet_rows,
    rows_table,
)
from kit.display.outputs.values import bounded_tree
from kit.display.summary import (
    Code,
    Finding,
    Frame,
    Frames,
    Item,
    Picture,
    Tree,
    size_text,
)
from kit.errors import KitError
from kit.renderers.html import MarkdownRenderer, image_type
from kit.storage import is_remote, local_path
from kit.storage.urls import ELSEWHERE, redacted
from kit.types.blobs import Blob
from kit.types.files import FlyteFile

_HEAD = 4_096


@dataclass(frozen=True)
class Content:
    """A regular file, as it is now.

    Attributes:
        path: Where it is.
        size: Its size in bytes.
        name: What it is called.
    """

    path: Path
    size: int
    name: str

    @property
    def head(self) -> bytes:
        """Its first bytes."""
        return self.read(0, _HEAD)

    def read(self, start: int, count: int) -> bytes:
        """Return bytes from a position on; fewer where it ends.

        Raises:
            OSError: It cannot be read any more.
        """
        # What was a file when it was found may be a pipe by now, which would block.
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            file.seek(start)
            return file.read(count)


def content_of(path: Path, name: str = "") -> Content | None:
    """Return the content of a path; None if it is no regular file that can be read.

    Args:
        path: Where it is.
        name: What to call it; by default its name, without the folders above it.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or not os.access(path, os.R_OK):
        return None
    return Content(path, found.st_size, name or path.name)


def local_source(value: object) -> Path | None:
    """Return where the data of a file or folder is here, without fetching any.

    None if it is in another store and was not asked for yet.
    """
    if isinstance(value, Blob):
        remote = value.remote_source is not None
        if remote:
            return Path(os.fspath(value)) if value.downloaded else None
        return Path(local_path(str(value.path)))
    path = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    return None if is_remote(path) else Path(local_path(path))


def may_be_fetched(value: Blob) -> bool:
    """Say whether the data of a file or folder of another store may be fetched.

    What a stranger's run names on this machine is an address, and no more than shown.
    """
    return not str(value.remote_source).startswith(ELSEWHERE)


def _place_text(value: Blob) -> str:
    place = redacted(str(value.remote_source))
    if may_be_fetched(value):
        return f"{place}, not downloaded"
    return f"{place.removeprefix(ELSEWHERE)}, which is not one of the run's own files"


BINARY = "application/octet-stream"
SVG = "image/svg+xml"
TEXT = "text/plain"

_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"\x93NUMPY", "application/x-npy"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
_BY_END = {
    "md": "text/markdown",
    "markdown": "text/markdown",
    "json": "application/json",
    "ipynb": "application/json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
_LONGEST_CHARACTER = 4  # bytes of UTF-8
_TEXTS = ("application/json", "application/yaml", "application/xml")


def media_type(name: str, head: bytes, file_format: str = "") -> str:
    """Return the media type of a file.

    Args:
        name: Its name.
        head: Its first bytes, at least 1,000 of them if it has so many.
        file_format: What its Flyte type says: an extension, or nothing.

    >>> media_type("a.csv", b"x,y"), media_type("a", b"%PDF-1.7")
    ('text/csv', 'application/pdf')
    >>> media_type("a.png", b"no picture")
    'text/plain'
    """
    ends = (PurePath(name).suffix[1:].lower(), file_format.lower())
    image = image_type(head)
    if image is not None and (image != SVG or "svg" in ends):
        return image
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if _is_binary(head):
        return BINARY
    for end in ends:
        known = _BY_END.get(end) or mimetypes.guess_type(f"a.{end}")[0]
        if known is not None and is_text(known):
            return known
    return TEXT


def is_text(media: str) -> bool:
    """Say whether a media type is of text."""
    return media.startswith("text/") or media in _TEXTS


def _is_binary(head: bytes) -> bool:
    """Tell what is no UTF-8; the head may end inside a character."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data"
        return not (is_cut and error.start >= len(head) - _LONGEST_CHARACTER)
    return b"\0" in head


_MOST_CHARACTERS = 4_096
_MOST_LINES = 40


def text_code(name: str, data: str | bytes, size: int) -> Code:
    r"""Return the first lines of a text.

    Args:
        name: What the text is of.
        data: The text, or the first bytes of a file with it.
        size: The characters of the whole text, or the bytes of the whole file.

    >>> text_code("log", "a\nb", 3).caption
    'log: 2 lines, 3 characters'
    """
    text = data if isinstance(data, str) else data.decode("utf-8-sig", "replace")
    lines = text.removesuffix("\n").split("\n")
    shown = "\n".join(lines[:_MOST_LINES])[:_MOST_CHARACTERS]
    is_whole = len(data) == size
    counted = [_size(data, size)]
    if is_whole and len(lines) > 1:
        counted.insert(0, f"{len(lines):,} lines")
    if not is_whole or len(shown) < len("\n".join(lines)):
        count = shown.count("\n") + 1
        parts = f"{count:,} lines" if count > 1 else f"{len(shown):,} characters"
        counted.append(f"the first {parts} shown")
    return Code(shown, "text", f"{name}: {', '.join(counted)}")


def _size(data: str | bytes, size: int) -> str:
    return f"{size:,} characters" if isinstance(data, str) else size_text(size)


_MOST_DECODED = 32_768  # bytes of a text
_MOST_TEXT = 4_000_000  # bytes that are read to be shown as a table or a tree
_MOST_EMBEDDED = 1_000_000  # bytes of an image or a page
_DUMPED = 128  # bytes
_TO_A_LINE = 16


def file_text(value: Any) -> str:
    """Say what a file is: its name, its size, its media type."""
    path = local_source(value)
    if path is None:
        return _place_text(value)
    content = content_of(path)
    if content is None:
        return f"{path.name}, which cannot be read here"
    return f"{content.name}, {size_text(content.size)}, {type_of(value, content)}"


def file_items(name: str, value: Any) -> Iterator[Item]:
    """Yield what is in a file, as far as a page can show it.

    Args:
        name: The output.
        value: A file, or the path of one.
    """
    path = local_source(value)
    content = None if path is None else content_of(path)
    if content is not None:
        yield from content_items(name, content, type_of(value, content))


def type_of(value: Any, content: Content) -> str:
    """Return the media type of a file's content."""
    file_format = type(value).extension() if isinstance(value, FlyteFile) else ""
    return media_type(content.name, content.head, file_format)


def content_items(name: str, content: Content, media: str) -> Iterator[Item]:
    """Yield what is in a file of a media type; as text or bytes if it is not so."""
    if not content.size:
        return
    rows = content_rows(content, media)
    if rows is not None:
        yield rows_table(name, rows)
        return
    drawn = _drawn(name, content, media)
    if drawn is not None:
        yield drawn
    elif is_text(media):
        yield text_code(name, content.read(0, _MOST_DECODED), content.size)
    elif media == BINARY:
        yield _dump(name, content)


def content_rows(content: Content, media: str) -> Rows | None:
    """Return the rows of a file that is a table; None if it is none."""
    if media in _DELIMITERS and content.size <= _MOST_TEXT:
        text = content.read(0, _MOST_TEXT).decode("utf-8-sig", "replace")
        return csv_rows(text, _DELIMITERS[media])
    if media == "application/vnd.apache.parquet":
        return parquet_rows([content.path])
    return _array_rows(content) if media == "application/x-npy" else None


_DELIMITERS = {"text/csv": ",", "text/tab-separated-values": "\t"}


def _array_rows(content: Content) -> Rows | None:
    """Return the rows of an array, mapped into memory; never one of pickles."""
    try:
        import numpy as np
    except ImportError:
        return None
    try:
        array = np.load(content.path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return ArrayRows(array) if is_array(array) and array.size else None


def _drawn(name: str, content: Content, media: str) -> Item | None:
    """Draw a file of a kind that has a drawing; None if it is too large or damaged."""
    draw = _DRAWN.get("image" if media.startswith("image/") else media)
    if draw is None or content.size > _MOST_EMBEDDED:
        return None
    return draw(name, content.read(0, _MOST_EMBEDDED))


def _picture(name: str, data: bytes) -> Item | None:
    media = image_type(data)
    if media is None:  # it has become another file
        return None
    return Picture(_titled(name, len(data), media), data, media)


def _markdown(name: str, data: bytes) -> Item | None:
    try:
        html = MarkdownRenderer().to_html(data.decode("utf-8", "replace"))
    except KitError:  # its package is not there
        return None
    return Frames((Frame(name, html, len(data)),))


def _page(name: str, data: bytes) -> Item:
    return Frames((Frame(name, data.decode("utf-8", "replace"), len(data)),))


def _json(name: str, data: bytes) -> Item | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, (dict, list)) or not value:
        return None
    shown = bounded_tree(value)
    cut = "" if shown.is_whole else ", of which a part is shown"
    return Tree(shown.value, _titled(name, len(data), "application/json") + cut)


_DRAWN: dict[str, Callable[[str, bytes], Item | None]] = {
    "image": _picture,
    SVG: _picture,
    "text/markdown": _markdown,
    "text/html": _page,
    "application/json": _json,
}


def _dump(name: str, content: Content) -> Item:
    """Show the first bytes in hexadecimal, beside what they are as ASCII."""
    data = content.read(0, _DUMPED)
    lines = []
    for start in range(0, len(data), _TO_A_LINE):
        part = data[start : start + _TO_A_LINE]
        signs = "".join(map(_sign, part))
        lines.append(f"{start:04x}  {part.hex(' '):<47}  {signs}")
    more = f", the first {len(data)} bytes" if len(data) < content.size else ""
    return Code("\n".join(lines), "text", f"{name}: {size_text(content.size)}{more}")


def _sign(byte: int) -> str:
    sign = chr(byte)
    return sign if sign.isascii() and sign.isprintable() else "."


def _titled(name: str, size: int, media: str) -> str:
    return f"{name}: {media}, {size_text(size)}"


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
        return _place_text(value)
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
