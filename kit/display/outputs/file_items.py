"""A file among the outputs: what it is, and what is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from kit.display.outputs.bounded_tree import bounded_tree
from kit.display.outputs.content import Content, content_of, local_source
from kit.display.outputs.frame_rows import ArrayRows, is_array
from kit.display.outputs.media import BINARY, SVG, is_text, media_type
from kit.display.outputs.rows import Rows
from kit.display.outputs.rows_table import rows_table
from kit.display.outputs.stored_rows import csv_rows, parquet_rows
from kit.display.outputs.text_code import text_code
from kit.display.summary import Code, Frame, Frames, Item, Picture, Tree, size_text
from kit.errors import KitError
from kit.renderers.image import image_type
from kit.renderers.markdown import MarkdownRenderer
from kit.storage.redaction import redacted
from kit.types.files import FlyteFile

__all__ = ["content_items", "content_rows", "file_items", "file_text", "type_of"]

_MOST_DECODED = 32_768  # bytes of a text
_MOST_TEXT = 4_000_000  # bytes that are read to be shown as a table or a tree
_MOST_EMBEDDED = 1_000_000  # bytes of an image or a page
_DUMPED = 128  # bytes
_TO_A_LINE = 16


def file_text(value: Any) -> str:
    """Say what a file is: its name, its size, its media type."""
    path = local_source(value)
    if path is None:
        return f"{redacted(value.remote_source)}, not downloaded"
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
