"""Renderers: values as HTML for decks, under the field's names."""

from __future__ import annotations

from kit.renderers.html import (
    ArrowRenderer,
    GanttChartRenderer,
    ImageRenderer,
    MarkdownRenderer,
    PythonDependencyRenderer,
    SourceCodeRenderer,
    Span,
    TopFrameRenderer,
)

__all__ = [
    "ArrowRenderer",
    "GanttChartRenderer",
    "ImageRenderer",
    "MarkdownRenderer",
    "PythonDependencyRenderer",
    "SourceCodeRenderer",
    "Span",
    "TopFrameRenderer",
]
