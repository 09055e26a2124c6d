"""The decks' fields that kit draws itself, as escaped HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from kit.renderers.arrow import ArrowRenderer, is_arrow_table
from kit.renderers.frame import TopFrameRenderer, is_frame
from kit.renderers.short import short_html
from kit.renderers.source_code import SourceCodeRenderer
from kit.renderers.table import table

__all__ = ["source_code", "values_table"]

_ROWS = 20  # of a DataFrame


def values_table(values: Mapping[str, Any]) -> str:
    """Draw named values with their types."""
    rows = (
        f"<tr><th>{escape(str(name))}</th><td>{escape(type(value).__name__)}</td>"
        f"<td>{_drawn(value)}</td></tr>"
        for name, value in values.items()
    )
    return table(("Name", "Type", "Value"), rows)


def source_code(executor_type: type) -> str:
    """Draw the executor's source as this process has it: a class, or its function."""
    import inspect

    logic: Any = getattr(executor_type, "execute_from_model", None)
    is_function = getattr(logic, "__qualname__", "") == executor_type.__qualname__
    try:
        source = inspect.getsource(logic if is_function else executor_type)
    except (OSError, TypeError):
        name = escape(executor_type.__qualname__)
        return f'<p class="kit">The source of {name} is not in this image.</p>'
    return SourceCodeRenderer().to_html(source)


def _drawn(value: Any) -> str:
    """Draw one value: a table as its first rows, anything else by its repr."""
    if is_frame(value):
        return TopFrameRenderer(max_rows=_ROWS).to_html(value)
    if is_arrow_table(value):
        return ArrowRenderer(max_rows=_ROWS).to_html(value)
    return short_html(value)
