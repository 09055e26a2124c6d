"""Images in decks."""

from __future__ import annotations

import base64
import io
import os
from typing import Any

from kit.errors import DeckError
from kit.renderers.expected import refusal
from kit.storage import current_storage

__all__ = ["ImageRenderer", "image_type"]

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)
_EXPECTED = (
    "the path or the bytes of a PNG, JPEG, GIF, WebP, BMP or SVG image, a FlyteFile, "
    "a PIL image or a matplotlib figure"
)


class ImageRenderer:
    r"""Draws an image, which travels inside the deck.

    Example:
        >>> ImageRenderer().to_html(b"GIF89a")
        '<img alt="" src="data:image/gif;base64,R0lGODlh">'
    """

    def to_html(self, image_src: Any) -> str:
        """Return the image as an element of HTML.

        Args:
            image_src: A path or URL, bytes, a file input, a PIL image or a matplotlib
                figure.

        Raises:
            DeckError: It is none of these, or a kind of image browsers don't show.
            StorageError: It cannot be read.
        """
        data = self._data(image_src)
        kind = image_type(data)
        if kind is None:
            msg = (
                f"The {len(data):,} bytes given to ImageRenderer are no image that "
                f"browsers show. Give it {_EXPECTED}."
            )
            raise DeckError(msg)
        encoded = base64.b64encode(data).decode("ascii")
        return f'<img alt="" src="data:{kind};base64,{encoded}">'

    def _data(self, source: Any) -> bytes:
        if isinstance(source, (bytes, bytearray, memoryview)):
            return bytes(source)
        if isinstance(source, (str, os.PathLike)):
            return current_storage().read_bytes(os.fspath(source))
        if hasattr(source, "savefig"):
            return _saved(source.savefig)
        if hasattr(source, "save") and hasattr(source, "mode"):
            return _saved(source.save)
        raise refusal(self, source, _EXPECTED)


def _saved(save: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, format="png")
    return buffer.getvalue()


def image_type(data: bytes) -> str | None:
    """Tell what an image is by its first bytes, as browsers do."""
    for start, kind in _KINDS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if b"<svg" in data[:1000] else None
