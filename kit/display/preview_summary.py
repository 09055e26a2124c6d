"""What is shown of a live view where it is not live."""

from __future__ import annotations

from typing import Protocol

from kit.display.summary import Summary

__all__ = ["summarize_preview"]


class _Previewed(Protocol):
    @property
    def summary(self) -> Summary: ...


def summarize_preview(preview: _Previewed) -> Summary:
    """Return what a view shows now: the widgets are above this floor."""
    return preview.summary
