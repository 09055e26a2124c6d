"""What a file holds, by its first bytes and then by its name."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

from kit.renderers.image import image_type

__all__ = ["BINARY", "SVG", "TEXT", "is_text", "media_type"]

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
