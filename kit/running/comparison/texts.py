"""Texts of a run without what is another one in every run."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["normal_text", "short"]

_LONGEST = 80
_FOLDER = re.compile(r"/[\w./-]*?/kit-(?:run-)?\w{8}(?![\w-])")
"""A temporary folder of kit's: of a run, or of what goes on inside."""
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def normal_text(text: str, directory: Path | None = None) -> str:
    """Return a text in which the run's own folders and addresses in memory are alike.

    >>> normal_text("<a at 0x7f12ab34cd> in /tmp/kit-run-abcd1234/raw")
    '<a at 0x…> in <run>/raw'
    """
    if directory is not None:
        text = text.replace(str(directory), "<run>")
    return _ADDRESS.sub("0x…", _FOLDER.sub("<run>", text))


def short(text: str) -> str:
    """Cut a text to what fits into a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
