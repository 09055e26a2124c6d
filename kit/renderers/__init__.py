"""Renderers: values as HTML for decks, under the field's names.

Each has ``to_html(value)``; all that a value holds is escaped.  What a renderer draws
with is loaded when it draws.
"""

from __future__ import annotations

from kit.renderers.arrow import ArrowRenderer
from kit.renderers.dependencies import PythonDependencyRenderer
from kit.renderers.frame import TopFrameRenderer
from kit.renderers.gantt import GanttChartRenderer, Span
from kit.renderers.image import ImageRenderer
from kit.renderers.markdown import MarkdownRenderer
from kit.renderers.source_code import SourceCodeRenderer

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
